"""All tests; the folder is a package so that worker processes find it before any other `tests`."""
