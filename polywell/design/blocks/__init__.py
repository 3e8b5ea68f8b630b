"""Crystals taken apart: cut into sheets and blocks, folded into the smallest cell, told apart by topology."""
