"""The table of all sources: how each is called, what it gives, and an example."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.sources.optimade.providers import DATABASES


@dataclass(frozen=True)
class SourceKind:
    """One kind of source.

    `form` is how its spec is written; `needs` is what the user must have, empty for nothing.
    """

    form: str
    example: str
    meaning: str
    needs: str = ""


SOURCES: tuple[SourceKind, ...] = (
    SourceKind("reference", "reference", "The measured structures that come with polywell."),
    SourceKind("files:DIR", "files:~/structures", "A folder of structure files: CIF, POSCAR, and others."),
    SourceKind(
        "parquet:FILE",
        "parquet:lemat-bulk.parquet",
        "A Parquet file in the layout of LeMat-Bulk, or with the columns material_id and cif.",
    ),
    SourceKind(
        "materials-project",
        "materials-project",
        "The Materials Project, deprecated entries included and marked.",
        "a key in MP_API_KEY",
    ),
    SourceKind(
        "optimade:NAME or URL",
        "optimade:cod",
        f"Any OPTIMADE service: {', '.join(DATABASES)}, or a base URL.",
    ),
    SourceKind(
        "alexandria:FILE",
        "alexandria:alexandria_000.json.bz2",
        "A dump of computed structure entries as Alexandria publishes them.",
    ),
    SourceKind(
        "jsonl:FILE",
        "jsonl:summary.jsonl.gz",
        "Summary documents of the Materials Project, one a line, plain or gzipped.",
    ),
    SourceKind("ase:FILE", "ase:c2db.db", "A database of ASE (SQLite)."),
)

EXPECTED = tuple(kind.form for kind in SOURCES)
"""The forms of a source's spec."""
