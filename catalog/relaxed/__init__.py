"""What relaxations leave in a home: each finished one, the competing phases, and the table of results."""
