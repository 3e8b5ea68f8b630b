"""How far to believe it: measured compounds, the calibrated estimate, its evaluation, computed databases."""
