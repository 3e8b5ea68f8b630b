"""Where a candidate comes from: what its source gave, when the catalog saw it, and by which versions."""

from __future__ import annotations

import re
from dataclasses import fields

from polywell.columns import Column
from polywell.records import ENTRY_COLUMNS, Candidate, Entry, Screening
from reports.dossier.payload import Fact
from reports.html.cells import clipped
from reports.run.table import of_candidate

SOURCE_PAGES = {
    "materials-project": (
        re.compile(r"mp-\d+"),
        "Materials Project",
        "https://next-gen.materialsproject.org/materials/",
    ),
    "optimade:cod": (
        re.compile(r"\d{7}"),
        "Crystallography Open Database",
        "https://www.crystallography.net/cod/",
    ),
}
"""Sources whose entries have a page of their own (both addresses recalled): form of the id, name, address."""
_DOI = re.compile(r"\b10\.\d{4,9}/[-._;()/:A-Za-z0-9]*[A-Za-z0-9)]")

_OF_ENTRY = frozenset(field.name for field in fields(Entry))


def links(found: Screening) -> tuple[tuple[str, str], ...]:
    """Where the entry can be read: its page at its source, and the first DOI of its citation."""
    said = []
    known = SOURCE_PAGES.get(found.source)
    if known is not None and known[0].fullmatch(found.id):
        said.append((f"{found.id} at the {known[1]}", f"{known[2]}{found.id}"))
    doi = _DOI.search(found.provenance.citation or "")
    if doi is not None:
        said.append((f"doi:{doi.group()}", f"https://doi.org/{doi.group()}"))
    return tuple(said)


def provenance(one: Candidate) -> tuple[Fact, ...]:
    """The columns of an entry, of what the catalog remembers, and of versions, where they are given."""
    facts = []
    for column in sorted(filter(_is_origin, ENTRY_COLUMNS), key=lambda column: column.stage != "screening"):
        value = of_candidate(column)(one)
        if value is None or value in ("", ()) or value != value:
            continue
        text = " – ".join(value) if isinstance(value, tuple) else value
        text = ("yes" if value else "no") if isinstance(value, bool) else clipped(text)
        facts.append(Fact(column.label, f"{text} {column.unit}".strip(), column.meaning))
    return tuple(facts)


def _is_origin(column: Column) -> bool:
    if column.stage == "place":
        return False
    return column.path.split(".")[0] in _OF_ENTRY or column.stage == "sighting" or not column.result
