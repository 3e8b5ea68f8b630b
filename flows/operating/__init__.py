"""What an operator does with a home beside screening into it."""
