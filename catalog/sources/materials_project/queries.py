"""The filters by which the Materials Project gives the entries of a chemistry, each once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.sources.base import Chemistry
from catalog.sources.materials_project.documents import elements_of

ELEMENTS_CHARACTERS = 60
"""Longest list of elements that the service takes in a filter."""


@dataclass(frozen=True)
class Query:
    """One filter of the service. The queries of a pull share no document (see `queries`)."""

    elements: tuple[str, ...]
    excluded: tuple[str, ...]
    deprecated: bool

    def criteria(self) -> dict[str, Any]:
        """The filter as the client takes it; what is too long to send is left to `holds`."""
        found: dict[str, Any] = {"deprecated": self.deprecated}
        if self.elements:
            found["elements"] = list(self.elements)
        sent: list[str] = []
        for symbol in self.excluded:
            if len(",".join([*sent, symbol])) <= ELEMENTS_CHARACTERS:
                sent.append(symbol)
        return {**found, "exclude_elements": sent} if sent else found

    def holds(self, document: Mapping[str, Any]) -> bool:
        """Whether a document belongs to this query and not to an earlier one."""
        return set(self.excluded).isdisjoint(elements_of(document) or ())


def queries(chemistry: Chemistry | None) -> list[Query]:
    """Filters that together give each entry of the chemistry once, deprecated ones last.

    The service joins elements by "and" only: there is one query for each metal with each ligand, without
    the metals and the ligands of the queries before it.
    """
    pairs: list[tuple[tuple[str, ...], tuple[str, ...]]] = [((), ())]
    if chemistry is not None:
        metals, ligands = sorted(chemistry.metals), sorted(chemistry.ligands)
        pairs = [
            ((metal, ligand), (*metals[:first], *(symbol for symbol in ligands[:second] if symbol != metal)))
            for first, metal in enumerate(metals)
            for second, ligand in enumerate(ligands)
        ]
    return [Query(*pair, deprecated) for deprecated in (False, True) for pair in pairs]
