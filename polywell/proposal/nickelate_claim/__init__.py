"""The claim that nickelates will not exceed 100 K, weighed against the relation, measurements and ions."""
