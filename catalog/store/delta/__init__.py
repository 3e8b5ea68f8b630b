"""The Delta tables of a home: one commit a source, checked by digests, mended, freed of old versions."""
