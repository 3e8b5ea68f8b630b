"""The Materials Project, through its own client."""
