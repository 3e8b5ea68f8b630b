"""Designs beside one compound: its series, and what one ion more or another would make of it."""
