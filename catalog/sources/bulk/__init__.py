"""Databases that come as one file: a source for each form."""
