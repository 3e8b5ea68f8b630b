"""Tables made of the other tables alone, kept since making them takes most of a second of every run.

`make built` writes them to `tables/built`. One that was made by another algorithm or of another library is
not taken but made anew, and a test holds each against one that is made anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter

from polywell import ALGORITHM_VERSION
from polywell.data.reference import digest
from polywell.data.tables import TABLES
from polywell.families import Families

Record = TypeVar("Record")


def kept(name: str, kind: type[Record], families: Families) -> tuple[Record, ...] | None:
    """The rows of a table; None where it was not made with this algorithm, λ table and library.

    Args:
        name: of the file, without its ending.
        kind: the dataclass that a row is.
        families: the λ table.
    """
    head, _, rows = (TABLES / "built" / f"{name}.json").read_bytes().partition(b"\n")
    if json.loads(head) != made_with(families):
        return None
    return TypeAdapter(tuple[kind, ...]).validate_json(rows)  # type: ignore[valid-type]


def text_of(kind: type[Record], rows: Sequence[Record], families: Families) -> str:
    """The text of a table: what it was made with, then its rows as JSON, one a line."""
    adapter: TypeAdapter[Record] = TypeAdapter(kind)
    lines = [adapter.dump_json(row, exclude_defaults=True).decode() for row in rows]
    return f"{json.dumps(made_with(families))}\n[\n" + ",\n".join(lines) + "\n]\n"


def made_with(families: Families) -> dict[str, Any]:
    """What all these tables depend on."""
    return {
        "algorithm_version": ALGORITHM_VERSION,
        "families_digest": families.digest,
        "reference_digest": digest(),
    }
