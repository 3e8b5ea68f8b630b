"""Studies of the relation: validation, calibration, pressure, the nickelate ceiling."""
