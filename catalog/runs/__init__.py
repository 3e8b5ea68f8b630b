"""Published runs: written whole, read back, and compared."""
