"""Measurements of one's own: read from a table, kept in the home, and the calibration made with them."""
