"""The five functions of a run, in the order of their calls: list, read, screen, rank, publish."""
