"""The row of a summary document, wherever it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.errors import MissingValueError, ReadError
from catalog.sources.base import RawEntry
from catalog.sources.materials_project.client import id_of
from catalog.sources.materials_project.documents import elements_of, provenance_of
from catalog.sources.rows import FileRow


def row_of(document: Mapping[str, Any], version: str | None) -> FileRow:
    """The document as a row, with the version of the database where the document does not say it itself."""
    structure = document.get("structure")
    return FileRow(
        id=id_of(document),
        payload=structure if isinstance(structure, dict) else None,
        formula=document.get("formula_pretty"),
        elements=elements_of(document),
        provenance=provenance_of(document, version),
    )


def raw_entry(source: str, id_: str, row: FileRow, wrong: ReadError | None) -> RawEntry:
    """What is to be read of a document; one with an error, or without a structure, is an entry that fails.

    Args:
        source: name of the source.
        id_: the entry's id, unique in the source.
        row: the document.
        wrong: what is wrong with the document's id; it goes before an error of the row.
    """
    error = row.error if wrong is None else wrong
    known = (row.formula, row.provenance, row.elements)
    if error is None and row.payload is not None:
        return RawEntry(source, id_, "pymatgen", row.payload, *known)
    missing = MissingValueError("the document has no structure")
    return RawEntry(source, id_, "error", missing if error is None else error, *known)
