"""Rows on disk: the tables of a home, and the shards of unfinished work."""
