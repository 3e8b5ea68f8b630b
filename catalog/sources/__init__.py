"""Where entries come from: the reference library, folders of files, Parquet files."""

from __future__ import annotations

from pathlib import Path

from catalog.errors import SourceError
from catalog.sources.base import RawEntry, Source
from catalog.sources.files import FilesSource
from catalog.sources.parquet import ParquetSource
from catalog.sources.reference import ReferenceSource

__all__ = ["EXPECTED", "RawEntry", "Source", "SourceError", "open_source"]

EXPECTED = ("reference", "files:DIR", "parquet:FILE")
"""The forms of a source's spec."""


def open_source(spec: str) -> Source:
    """The source that `spec` names; its own name is the spec as it was given.

    Raises:
        SourceError: an unknown form, a missing path, or a missing column.
    """
    kind, _, place = spec.partition(":")
    if spec == "reference":
        return ReferenceSource()
    if kind == "files" and place:
        return FilesSource(Path(place).expanduser(), spec)
    if kind == "parquet" and place:
        return ParquetSource(Path(place).expanduser(), spec)
    raise SourceError(f"unknown source {spec!r}; expected one of {', '.join(EXPECTED)}")
