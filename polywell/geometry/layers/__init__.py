"""What nets are stacked of: sheets, blocks of them, what stands between, and in which order."""
