"""`polywell relax`: potentials by name, batches of relaxations, and what comes of them."""
