"""Measured rows with the features of a candidate: ours by their structures, SuperCon's by prototypes."""
