"""Where entries come from: the reference library, files of many kinds, and services."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import SourceError
from catalog.sources.base import Chemistry, RawEntry, Source, Stamp
from catalog.sources.files import FilesSource
from catalog.sources.listing import EXPECTED, SOURCES, SourceKind
from catalog.sources.parquet import open_parquet
from catalog.sources.reference import ReferenceSource

if TYPE_CHECKING:
    from pydantic import SecretStr

__all__ = [
    "EXPECTED",
    "SOURCES",
    "Chemistry",
    "RawEntry",
    "Source",
    "SourceError",
    "SourceKind",
    "Stamp",
    "open_source",
]


def open_source(
    spec: str,
    chemistry: Chemistry | None = None,
    key: SecretStr | None = None,
) -> Source:
    """The source that `spec` names; its own name is the spec as it was given.

    Args:
        spec: one of the forms of `EXPECTED`.
        chemistry: metals and ligands worth looking at. Services give the entries that have them and no
            others; files give the others without their structure. None means everything.
        key: the user's key for a service that needs one; from the environment if None.

    Raises:
        SourceError: an unknown form, a missing path, a missing column, or a missing key.
    """
    kind, _, place = spec.partition(":")
    path = Path(place).expanduser()
    if spec == "reference":
        return ReferenceSource()
    if spec == "materials-project":
        from catalog.sources.materials_project.source import MaterialsProjectSource

        return MaterialsProjectSource(chemistry, key)
    if kind == "optimade" and place:
        from catalog.sources.optimade.source import OptimadeSource

        return OptimadeSource(place, spec, chemistry)
    if kind == "files" and place:
        return FilesSource(path, spec)
    if kind == "parquet" and place:
        return open_parquet(path, spec, chemistry)
    if kind == "jsonl" and place:
        from catalog.sources.jsonl import JsonLinesSource

        return JsonLinesSource(path, spec, chemistry)
    if kind == "alexandria" and place:
        from catalog.sources.alexandria import AlexandriaSource

        return AlexandriaSource(path, spec, chemistry)
    if kind == "ase" and place:
        from catalog.sources.ase_db import AseDbSource

        return AseDbSource(path, spec, chemistry)
    raise SourceError(f"unknown source {spec!r}; expected one of {', '.join(EXPECTED)}")
