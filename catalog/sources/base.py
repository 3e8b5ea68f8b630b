"""What a source is: a name, a description, and a stream of raw entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from catalog.errors import ReadError
from polywell.records import Entry, Provenance

Kind = Literal["entry", "cif", "path", "error"]


@dataclass(frozen=True)
class RawEntry:
    """One entry as its source gives it, not yet read; small enough to send to a worker.

    `payload` depends on `kind`: "entry" an Entry, "cif" the text of a CIF, "path" the path of a file,
    "error" the error that the source itself met (a missing value, a second use of an id).
    """

    source: str
    id: str
    kind: Kind
    payload: Entry | str | ReadError
    formula: str | None = None
    provenance: Provenance = field(default_factory=Provenance)


class Source(Protocol):
    """A database or a folder that gives entries in a deterministic order."""

    @property
    def name(self) -> str:
        """Name of the source in every table; equal names mean the same source."""
        ...

    def raw_entries(self) -> Iterator[RawEntry]:
        """Streams the entries, in the same order each time. Ids are unique within the source."""
        ...

    def description(self) -> dict[str, str]:
        """What is known about the source as a whole, for the manifest."""
        ...


class UniqueIds:
    """Gives every entry of a source an id of its own, and tells which ones came again."""

    def __init__(self, wanted: Iterable[str] = ()) -> None:
        """Takes all ids that the source itself will use, where they are known beforehand."""
        self._wanted = set(wanted)
        self._used: set[str] = set()

    def take(self, wanted: str) -> tuple[str, bool]:
        """The id to use, and whether `wanted` had been used before (then `#2`, `#3` ... is added)."""
        again = wanted in self._used
        id_, number = wanted, 1
        while again and (id_ in self._used or id_ in self._wanted):
            number += 1
            id_ = f"{wanted}#{number}"
        self._used.add(id_)
        return id_, again
