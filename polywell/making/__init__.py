"""What a bench needs of a candidate: its powder pattern, what to weigh, what that costs, and substrates."""
