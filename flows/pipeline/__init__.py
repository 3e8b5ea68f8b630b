"""One run, from the first byte of a source to the page."""
