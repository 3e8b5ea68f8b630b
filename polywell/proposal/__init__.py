"""What the proposal says beyond T_c = λ/ξ², recomputed from structures, and its claim on nickelates."""
