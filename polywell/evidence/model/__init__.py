"""The calibrated model: from composition and cages to T_c, its interval and its best doping."""
