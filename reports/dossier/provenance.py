"""Where a candidate comes from: what its source gave, when the catalog saw it, and by which versions."""

from __future__ import annotations

from dataclasses import fields

from polywell.columns import Column
from polywell.records import ENTRY_COLUMNS, Candidate, Entry
from reports.dossier.payload import Fact
from reports.html.cells import clipped
from reports.run.table import of_candidate

_OF_ENTRY = frozenset(field.name for field in fields(Entry))


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
