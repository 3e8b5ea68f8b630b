"""How far to believe the calibration: predictions of compounds it never saw, beside those of baselines."""
