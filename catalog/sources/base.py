"""What a source is: a name, a description, a version, an index, and a stream of raw entries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import pyarrow as pa

from catalog.errors import ReadError, SourceChangedError
from catalog.sources.values import symbols, text, typed
from catalog.store.schema import storable
from polywell.records import Entry, Provenance

if TYPE_CHECKING:
    from pydantic import SecretStr

Kind = Literal["entry", "cif", "path", "pymatgen", "optimade", "error"]

Stamp = tuple[str, str | None]
"""An id, and what changes with the entry: a date or a digest; None where the source has neither."""

INDEX = pa.schema([("id", pa.string()), ("stamp", pa.string())])
"""Columns of an index: stamps as a table."""

SITE_BYTES = 1000
"""Bytes that a site of a structure takes in memory, roughly."""

INDEX_ROWS = 1000
"""Stamps given one by one that go into one batch of an index."""


@dataclass(frozen=True)
class RawEntry:
    """One entry as its source gives it, not yet read; small enough to send to a worker.

    `payload` depends on `kind`: "entry" an Entry, "cif" the text of a CIF, "path" the path of a file,
    "pymatgen" the dict of a pymatgen Structure, "optimade" the structure's attributes as OPTIMADE names
    them (see `catalog.readers.arrays.single`), "error" the error that the source itself met (a missing
    value, a second use of an id). A dict may be empty where `elements` say that no structure is needed.

    `elements` are those that the source declares beside the structure.
    """

    source: str
    id: str
    kind: Kind
    payload: Entry | str | Mapping[str, Any] | ReadError
    formula: str | None = None
    provenance: Provenance = field(default_factory=Provenance)
    elements: tuple[str, ...] | None = None

    @property
    def weight(self) -> int:
        """Bytes of the payload, roughly."""
        if isinstance(self.payload, str):
            return len(self.payload)
        if not isinstance(self.payload, Mapping):
            return 0
        sites = (self.payload.get(name) for name in ("sites", "species_at_sites"))
        return SITE_BYTES * sum(len(some) for some in sites if isinstance(some, list))

    def __post_init__(self) -> None:
        """Brings all but the payload to the types of the tables: whatever came, a row can be made of it."""
        if type(self.id) is not str:
            object.__setattr__(self, "id", str(self.id) if isinstance(self.id, str) else text(self.id) or "")
        object.__setattr__(self, "formula", text(self.formula))
        object.__setattr__(self, "provenance", typed(self.provenance))
        object.__setattr__(self, "elements", symbols(self.elements))


STAGE = "read"
"""The stage of every failure that happens here."""


@dataclass(frozen=True)
class Failure:
    """An entry that could not be read; `error_type` is the name of a `ReadError` or foreign exception."""

    source: str
    id: str
    formula: str
    elements: tuple[str, ...]
    provenance: Provenance
    error_type: str
    message: str
    stage: str = STAGE

    @property
    def entry(self) -> Entry:
        """The entry, without a structure."""
        return Entry(self.source, self.id, self.formula, self.elements, None, self.provenance)


@dataclass(frozen=True)
class Chemistry:
    """Which entries are worth asking for: those with one of the metals and one of the ligands.

    Services filter by it; files read the structures of such rows only, and give the others without one.
    """

    metals: frozenset[str]
    ligands: frozenset[str]

    def holds(self, elements: Collection[str]) -> bool:
        """Whether an entry of these elements has a metal and a ligand."""
        return not self.metals.isdisjoint(elements) and not self.ligands.isdisjoint(elements)


@dataclass(frozen=True)
class Asked:
    """What a source is opened with.

    Attributes:
        name: the spec as the user gave it; the name of the source.
        place: what stands behind the colon of the spec: a path, a name or an address; empty without one.
        chemistry: what is worth looking at; None means everything.
        key: the user's key for a service that needs one; from the environment if None.
        trusted: addresses (https://host) beside its own that a service may lead to.
    """

    name: str
    place: str = ""
    chemistry: Chemistry | None = None
    key: SecretStr | None = None
    trusted: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The place as a path; `~` stands for the user's folder."""
        return Path(self.place).expanduser()


class Source(Protocol):
    """A database or a folder that gives entries in a deterministic order."""

    name: str
    """Name of the source in every table; equal names mean the same source."""

    def raw_entries(self, ids: Collection[str] | None = None) -> Iterator[RawEntry]:
        """Streams the entries, in the same order each time. Ids are unique within the source.

        Args:
            ids: give these entries only, as `index` calls them.

        Raises:
            SourceError: the source breaks off, changes meanwhile, gives fewer entries than it promised, or
                does not hold one of `ids`.
        """
        ...

    def index(self) -> Iterator[pa.RecordBatch]:
        """Streams the stamps of all raw entries, as `INDEX`; where a stamp is unchanged, so is the entry.

        Raises:
            SourceError: as with `raw_entries`.
        """
        ...

    def version(self) -> str | None:
        """What changes whenever anything in the source does, if there is such a thing; cheap to ask."""
        return None

    def expected_count(self) -> int | None:
        """How many entries the source promises to give, where it says so beforehand."""
        return None

    def description(self) -> dict[str, str]:
        """What is known about the source as a whole, for the manifest; asks no service."""
        ...


@runtime_checkable
class ColumnSource(Protocol):
    """A source that gives entries as columns, many at a time."""

    def columns(self, ids: Collection[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Streams entries that nobody need look at one by one; `raw_entries` gives the others, and these.

        Args:
            ids: give these entries only, as `index` calls them.

        Yields:
            Columns `id`, `place` in the index, `formula`, `elements`, and what is known of the provenance; in
            batches of entries within the chemistry also `catalog.readers.arrays.columns.STRUCTURE`.

        Raises:
            SourceError: the source breaks off, or changes meanwhile.
        """
        ...


def in_batches(stamps: Callable[[Any], Iterator[Stamp]]) -> Callable[[Any], Iterator[pa.RecordBatch]]:
    """Makes of a method that streams stamps an `index`."""

    @wraps(stamps)
    def index(source: Any) -> Iterator[pa.RecordBatch]:
        stream = stamps(source)
        while part := list(islice(stream, INDEX_ROWS)):
            ids = [storable(text(id_) or "") for id_, _ in part]
            changing = [None if stamp is None else storable(stamp) for _, stamp in part]
            columns = [pa.array(column, pa.string()) for column in (ids, changing)]
            yield pa.RecordBatch.from_arrays(columns, schema=INDEX)

    return index


class UniqueIds:
    """Gives every entry of a source an id of its own, and tells which ones came again."""

    def __init__(self, wanted: Iterable[str] = (), repeated: Iterable[str] | None = None) -> None:
        """Takes what is known beforehand.

        Args:
            wanted: ids of the source that must not be given to an entry with another id.
            repeated: the ids that may come more than once; no other is then kept in memory. None if that
                is not known.
        """
        self._wanted = set(wanted)
        self._used: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._is_known = repeated is not None
        self.repeated = frozenset(repeated or ())

    def take(self, wanted: str) -> tuple[str, bool]:
        """The id to use, and whether `wanted` had been used before (then `#2`, `#3` ... is added)."""
        if self._is_known and wanted not in self.repeated:
            return wanted, False
        again = wanted in self._used
        id_, number = wanted, self._numbers.get(wanted, 1)
        while again and (id_ in self._used or id_ in self._wanted):
            number += 1
            id_ = f"{wanted}#{number}"
            self._numbers[wanted] = number
        self._used.add(id_)
        return id_, again


def all_found(name: str, wanted: Collection[str], found: Collection[str]) -> None:
    """Checks that a source gave everything that was asked for.

    Raises:
        SourceChangedError: some of `wanted` are not in `found`.
    """
    missing = sorted(set(wanted).difference(found))
    if missing:
        shown = ", ".join(repr(id_) for id_ in missing[:3])
        raise SourceChangedError(
            f"{name!r}: {len(missing)} of {len(wanted)} entries asked for are not there ({shown}"
            f"{' ...' if len(missing) > 3 else ''}); "
            "the source has changed since its index was read, run again"
        )


def asked_for(raws: Iterable[RawEntry], ids: Collection[str] | None, name: str) -> Iterator[RawEntry]:
    """Those of the raw entries whose ids are asked for, in their order; all of them if `ids` is None.

    Raises:
        SourceError: one of `ids` did not come.
    """
    wanted, found = None if ids is None else set(ids), set[str]()
    for raw in raws:
        if wanted is None:
            yield raw
        elif raw.id in wanted:
            found.add(raw.id)
            yield raw
    all_found(name, wanted or (), found)
