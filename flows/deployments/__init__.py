"""What Prefect runs on a schedule."""
