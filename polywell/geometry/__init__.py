"""The geometry of a structure: ions, square nets, sheets, cages, and the phases they make."""
