"""Structures that come as arrays: one by one, in whatever part of the cell, and plain ones as columns."""
