"""How many documents of the Materials Project lack what others have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

LOOKED_FOR = (
    "structure",
    "formula_pretty",
    "elements",
    "last_updated",
    "energy_above_hull",
    "theoretical",
    "ordering",
    "deprecated",
)
"""Fields that every document should have; the others of `documents.FIELDS` are empty in most."""


class Lacking:
    """Counts the documents that are read, and the fields that are None or missing in them."""

    def __init__(self) -> None:
        """Begins with none."""
        self._documents, self._fields = 0, Counter[str]()

    def see(self, document: Mapping[str, Any]) -> None:
        """Counts a document."""
        self._documents += 1
        self._fields.update(name for name in LOOKED_FOR if document.get(name) is None)

    @property
    def sentence(self) -> str:
        """The fields with their numbers: `structure 2, ordering 40 of 1000 documents read`; empty if none."""
        found = [f"{name} {self._fields[name]}" for name in LOOKED_FOR if self._fields[name]]
        return f"{', '.join(found)} of {self._documents} documents read" if found else ""
