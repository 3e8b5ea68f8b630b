"""The page of the reproduction: what the proposal prints beside what was computed."""
