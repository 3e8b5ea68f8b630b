"""Compounds that nobody has listed: crystals built of the blocks of measured ones."""
