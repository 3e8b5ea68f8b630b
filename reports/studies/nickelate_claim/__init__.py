"""The page of the claim that nickelates will not exceed 100 K."""
