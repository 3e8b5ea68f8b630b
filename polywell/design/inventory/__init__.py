"""What blocks there are: those of measured crystals and, on request, of others, with their origin."""
