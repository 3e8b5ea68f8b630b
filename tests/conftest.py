"""What all tests share: hypothesis draws the same examples on every run and on every machine."""

from hypothesis import settings

settings.register_profile("polywell", derandomize=True, deadline=None, database=None)
settings.load_profile("polywell")
