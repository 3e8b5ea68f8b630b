"""Where entries come from: the reference library, files of many kinds, and services.

`catalog.sources.registry` is the table of all kinds; a new one is a module with the function `opened`, and a
row there.
"""

from catalog.errors import SourceError
from catalog.sources.base import Asked, Chemistry, RawEntry, Source, Stamp
from catalog.sources.registry import SourceKind, open_source

__all__ = [
    "Asked",
    "Chemistry",
    "RawEntry",
    "Source",
    "SourceError",
    "SourceKind",
    "Stamp",
    "open_source",
]
