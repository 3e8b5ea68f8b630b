"""Every number that the proposal prints, computed again from its own inputs and from structures."""
