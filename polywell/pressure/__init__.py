"""Cages under pressure: measured and relaxed compressibilities, and ions that press from inside."""
