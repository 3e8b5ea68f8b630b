"""CIF: what can be known of a text, its values and symmetry, and the structures of its blocks."""
