"""A home's published list, served to others."""
