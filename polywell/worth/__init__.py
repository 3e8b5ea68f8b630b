"""What is worth making: whether a candidate is possible, how it is doped, and what one can expect to gain."""
