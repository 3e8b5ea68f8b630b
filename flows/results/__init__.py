"""What is asked of a published run: explanations, shortlists, differences."""
