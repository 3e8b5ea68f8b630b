"""Who calls whom, and when: the Prefect flow, the command line and the settings."""
