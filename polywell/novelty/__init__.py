"""Novelty: the signature of a compound, its series, and what is known of both."""
