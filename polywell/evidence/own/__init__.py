"""Measurements of one's own: what was measured, what had been forecast of it, and rows that train."""
