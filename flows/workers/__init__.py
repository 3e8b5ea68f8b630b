"""Worker processes: who reads and screens shards, here or on a Dask cluster, and what that may cost."""
