"""Every byte in and out: sources, readers, Delta tables and the published catalog."""
