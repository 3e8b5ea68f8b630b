"""The row of a summary document, wherever it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
