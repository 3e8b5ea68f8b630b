"""Structures relaxed with a potential: their cages, corrected by measured ones, and their energy."""
