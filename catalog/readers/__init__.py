"""From the bytes of a source to a checked structure."""
