"""What a worker process does: raw entries in, rows out; rows in, predictions out; or both at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeAlias, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalog.errors import FileAccessError, MemoryLimitError, NotPeriodicError, TimeLimitError
from catalog.readers.arrays.columns import STRUCTURE, payload_of, read_compositions, read_structures
from catalog.readers.reading import NeedsStructure, read_parts
from catalog.sources import RawEntry
from catalog.sources.base import STAGE, Failure
from catalog.store.predictions import rejected_rows, screened_rows
from catalog.store.schema import Row, storable
from catalog.store.structures import (
    ARRAYS,
    PROVENANCE_FIELDS,
    column_rows,
    failure_to_row,
    part_to_row,
    parts_of,
    row_to_provenance,
    structures_schema,
    whole_cells,
)
from flows.workers.limits import hang_limit, wall_limit
from flows.workers.worker import WORKER_DIED
from polywell import ALGORITHM_VERSION
from polywell.families import Families
from polywell.geometry.first_look import without_right_angles
from polywell.geometry.layers.layered import NO_NET, Verdict
from polywell.records import Electrons, Entry, Outcome, Provenance, Screening
from polywell.screening import (
    composition_verdict,
    failed,
    not_periodic,
    rejected_by_composition,
    screen_many,
)

Stamped = tuple[RawEntry, str | None]
"""A raw entry, and what changes with it (see `catalog.sources.base.Stamp`)."""

PASSING = frozenset(
    {WORKER_DIED, *(error.__name__ for error in (FileAccessError, MemoryLimitError, TimeLimitError))}
)
"""Errors that may not come again: entries that failed so are read anew by the next run."""


PART_WEIGHT = 16_000
"""Rows and sites that go to a worker together: enough to make the way cheap, few enough to see progress."""


Given: TypeAlias = Stamped | pa.RecordBatch
"""One entry that is to be read: as such, or as the row of a `ColumnSource` with the column `stamp`."""

Both = tuple[pa.RecordBatch, pa.RecordBatch | None]
"""Rows of the table `structures`; and their predictions, where they were screened at once."""


@dataclass(frozen=True)
class Reader:
    """How the entries of a source are read, by whoever does it.

    Attributes:
        source: name of the source.
        reading: digest of everything else that the reading depends on; kept with each row.
        families: the λ table, which says whose structure is needed.
        is_screening: whether rows are screened as soon as they are read.
    """

    source: str
    reading: str
    families: Families
    is_screening: bool

    def together(self, entries: Sequence[Given]) -> Both:
        """Reads entries, and screens them."""
        rows, _ = self.alone(entries)
        return rows, screen_batch(RowsOf(rows), self.families) if self.is_screening else None

    def alone(self, entries: Sequence[Given]) -> Both:
        """Reads entries that are screened later: those of which one did not get through both."""
        if isinstance(entries, RowsOf) or isinstance(entries[0], pa.RecordBatch):
            return column_batch(entries, self.families, self.source, self.reading), None
        return read_batch(entries, self.families, self.reading), None

    def rejected(self, rows: pa.RecordBatch) -> Both:
        """Reads rows of a `ColumnSource` that came without a structure, as their composition rejects them."""
        read = column_batch([rows], self.families, self.source, self.reading)
        verdicts, places = _distinct_verdicts(read.column("elements"), self.families)
        told = [verdict for verdict in verdicts if verdict]
        is_told = self.is_screening and len(told) == len(verdicts)
        return read, _rejected_batch(read, told, self.families, places) if is_told else None

    def lost(self, entry: Given, error_type: str, message: str) -> Both:
        """The row of an entry whose reading ended its worker."""
        [stamped] = _stamped(entry, self.source) if isinstance(entry, pa.RecordBatch) else [entry]
        return unread_batch(stamped, error_type, message, self.reading), None


def read_shard(raws: Sequence[RawEntry], families: Families) -> list[Row]:
    """Reads raw entries into rows of the table `structures`.

    An entry that cannot be read is a row too, with its error. A structure that its composition already
    rejects is not parsed. A file with several structures gives several rows.
    """
    return [row for rows in _rows_of(raws, families) for row in rows]


def _rows_of(raws: Iterable[RawEntry], families: Families) -> Iterator[list[Row]]:
    """The rows of each raw entry."""
    needs_structure = _needs_structure(families)
    with hang_limit() as renew:
        for raw in raws:
            renew()
            yield [part_to_row(part) for part in read_parts(raw, needs_structure)]


def _needs_structure(families: Families) -> NeedsStructure:
    def needs_structure(elements: Collection[str]) -> bool:
        return rejected_by_composition(elements, families) is None

    return needs_structure


def unread_rows(raw: RawEntry, error_type: str, message: str) -> list[Row]:
    """The row of an entry whose reading ended its worker."""
    return [failure_to_row(raw, error_type, message, STAGE)]


def read_batch(entries: Sequence[Stamped], families: Families, reading: str) -> pa.RecordBatch:
    """Reads raw entries into rows of the table `structures`, as one batch.

    Args:
        entries: raw entries with their stamps.
        families: the λ table, which says whose structure is needed.
        reading: digest of everything else that the reading depends on; kept with each row.
    """
    read = zip(entries, _rows_of((raw for raw, _ in entries), families), strict=True)
    rows = [_kept(row, raw.id, stamp, reading) for (raw, stamp), found in read for row in found]
    return pa.RecordBatch.from_pylist(rows, schema=structures_schema())


def column_batch(
    entries: Sequence[pa.RecordBatch], families: Families, source: str, reading: str
) -> pa.RecordBatch:
    """Rows of the table `structures` that a `ColumnSource` gave, in their order.

    Args:
        entries: rows of its batches, with the column `stamp`.
        families: the λ table, which says whose structure is needed.
        source: name of the source.
        reading: as for `read_batch`.
    """
    batch = joined(entries)
    if STRUCTURE[0] not in batch.schema.names:
        known = read_compositions(batch.column("formula"), batch.column("elements"))
        return _rows_of_columns(batch, known, source, reading)
    with hang_limit():
        places, read = read_structures(batch, _needs_structure(families))
    bare = batch.select([name for name in batch.schema.names if name in ("id", "stamp", *PROVENANCE_FIELDS)])
    together = _rows_of_columns(bare.take(pa.array(places)), read, source, reading)
    others = np.setdiff1d(np.arange(batch.num_rows), places)
    if not len(others):
        return together
    alone = read_batch(_stamped(batch.take(pa.array(others)), source), families, reading)
    return joined([together, alone]).take(pa.array(np.argsort(np.concatenate([places, others]))))


def _rows_of_columns(
    batch: pa.RecordBatch, read: Mapping[str, pa.Array], source: str, reading: str
) -> pa.RecordBatch:
    known = {name: batch.column(name) for name in PROVENANCE_FIELDS if name in batch.schema.names}
    bookkeeping = {
        "raw_id": batch.column("id"),
        "stamp": batch.column("stamp"),
        "reading": pa.repeat(pa.scalar(reading), batch.num_rows),
    }
    return column_rows(source, {"id": batch.column("id"), **known, **read}, bookkeeping)


def _stamped(batch: pa.RecordBatch, source: str) -> list[Stamped]:
    """Rows of a `ColumnSource` as the raw entries that it would give."""
    rows = [(row, *payload_of(row)) for row in batch.to_pylist()]
    return [
        (
            RawEntry(
                source=source,
                id=row["id"],
                kind=kind,
                payload=payload,
                formula=row["formula"],
                provenance=Provenance(**{name: row.get(name) for name in PROVENANCE_FIELDS}),
                elements=None if row["elements"] is None else tuple(row["elements"]),
            ),
            row["stamp"],
        )
        for row, kind, payload in rows
    ]


def in_parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cuts rows of a table into parts of about equal work: a row weighs as much as it has sites, and one."""
    held = [name for name in (STRUCTURE[1], "species") if name in batch.schema.names]
    sites = batch.column(held[0]).value_lengths().fill_null(0) if held else np.zeros(batch.num_rows)
    weights = np.cumsum(1 + np.asarray(sites))
    start = 0
    while start < batch.num_rows:
        before = weights[start - 1] if start else 0
        end = max(int(np.searchsorted(weights, before + PART_WEIGHT, "right")), start + 1)
        yield batch.slice(start, end - start)
        start = end


def joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """One batch of several, of which those that were sent in one piece are one already."""
    parts = [batches.batch] if isinstance(batches, RowsOf) else list(batches)
    [batch] = pa.Table.from_batches(parts).combine_chunks().to_batches()
    return batch


def unread_batch(entry: Stamped, error_type: str, message: str, reading: str) -> pa.RecordBatch:
    """The row of an entry whose reading ended its worker, as a batch."""
    rows = [_kept(row, entry[0].id, entry[1], reading) for row in unread_rows(entry[0], error_type, message)]
    return pa.RecordBatch.from_pylist(rows, schema=structures_schema())


def _kept(row: Row, raw_id: str, stamp: str | None, reading: str) -> Row:
    row["raw_id"], row["reading"] = storable(raw_id), reading
    row["stamp"] = None if row["error_type"] in PASSING else stamp
    return row


class RowsOf(Sequence[pa.RecordBatch]):
    """The rows of a batch, each a batch of its own; sent to a worker in one piece."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self.batch = batch

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    @overload
    def __getitem__(self, place: int) -> pa.RecordBatch: ...

    @overload
    def __getitem__(self, place: slice) -> list[pa.RecordBatch]: ...

    def __getitem__(self, place: int | slice) -> pa.RecordBatch | list[pa.RecordBatch]:
        if isinstance(place, slice):
            return [self[index] for index in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        return self.batch.slice(place, 1)


def screen_batch(rows: Sequence[pa.RecordBatch], families: Families) -> pa.RecordBatch:
    """Screens rows of the table `structures` into rows of the table `predictions`, one for one."""
    batch = joined(rows)
    with _limited(batch.num_rows):
        verdicts = _verdicts(batch, families)
        others = [place for place, verdict in enumerate(verdicts) if verdict is None]
        left = batch.take(pa.array(others, pa.int64()))
        records = dict(zip(others, _screened(parts_of(left), families), strict=True))
    for place, record in records.items():
        verdicts[place] = _bare_verdict(record)
    told = [place for place, verdict in enumerate(verdicts) if verdict is None]
    rejected = [place for place, verdict in enumerate(verdicts) if verdict is not None]
    bare, made = batch.drop_columns(list(ARRAYS)), []
    if told:
        own = bare.select(["structure_digest", "row_hash"]).take(pa.array(told))
        made.append(screened_rows([records[place] for place in told], *(one.to_pylist() for one in own)))
    if rejected:
        own = bare.take(pa.array(rejected))
        made.append(_rejected_batch(own, [verdict for verdict in verdicts if verdict], families))
    return made[0] if len(made) == 1 else joined(made).take(pa.array(np.argsort(told + rejected)))


def _bare_verdict(record: Screening) -> Verdict | None:
    """What is said of an entry of which nothing else was found; None where there is more to tell."""
    if record.reason is None or record.message is None or record.phases or record.family is not None:
        return None
    return (record.reason, record.message) if record.electrons == Electrons() else None


def _verdicts(batch: pa.RecordBatch, families: Families) -> list[Verdict | None]:
    """What the composition, or else a first look at the structure, says of rows; None where more is to do."""
    said = _by_composition(batch.column("elements"), families)
    is_read = batch.column("error_type").is_null().to_pylist()
    verdicts = [verdict if read else None for verdict, read in zip(said, is_read, strict=True)]
    places, cells = whole_cells(batch)
    for place in places[without_right_angles(cells)].tolist():
        verdicts[place] = verdicts[place] or NO_NET
    return verdicts


def _by_composition(elements: pa.Array, families: Families) -> list[Verdict | None]:
    known, places = _distinct_verdicts(elements, families)
    return [known[place] for place in places.to_pylist()]


def _distinct_verdicts(elements: pa.Array, families: Families) -> tuple[list[Verdict | None], pa.Array]:
    """What different compositions have said of them, and the place of that of each row."""
    coded = pc.binary_join(elements, " ").dictionary_encode()
    return list(map(_verdict_of(families), coded.dictionary.to_pylist())), coded.indices


@cache
def _verdict_of(families: Families) -> Callable[[str], Verdict | None]:
    """What is said of elements with blanks between them."""
    return lru_cache(maxsize=16384)(lambda text: composition_verdict(text.split(" "), families))


def _rejected_batch(
    batch: pa.RecordBatch, verdicts: Sequence[Verdict], families: Families, places: pa.Array | None = None
) -> pa.RecordBatch:
    """Predictions of rows that are rejected, column by column; `places` of their verdicts if not in turn."""
    columns = {name: batch.column(name) for name in ("source", "id", "formula", "elements")}
    columns |= {name: batch.column(name) for name in PROVENANCE_FIELDS}
    columns["structure_digest"] = batch.column("structure_digest")
    for place, name in enumerate(("reason", "message")):
        said = pa.array([verdict[place] for verdict in verdicts], pa.string())
        columns[name] = said if places is None else said.take(places)
    columns["input_hash"] = batch.column("row_hash")
    same = {
        "outcome": Outcome.REJECTED.value,
        "algorithm_version": ALGORITHM_VERSION,
        "families_digest": families.digest,
    }
    return rejected_rows(columns, same)


def unscreened_batch(
    row: pa.RecordBatch, error_type: str, message: str, families: Families
) -> pa.RecordBatch:
    """The prediction of an entry whose screening ended its worker, as a batch."""
    [known] = row.to_pylist()
    named = known["source"], known["id"], known["formula"], tuple(known["elements"])
    record = failed(Entry(*named, None, row_to_provenance(known)), error_type, message, "screen", families)
    return screened_rows([record], [None], [known["row_hash"]])


def records_of(parts: Sequence[Entry | Failure], families: Families) -> list[Screening]:
    """What polywell says of what was read, in its order; entries together."""
    with _limited(len(parts)):
        return _screened(parts, families)


@contextmanager
def _limited(entries: int) -> Iterator[None]:
    """When it takes too long the worker ends, and its entries come again one by one.

    Only then is it known whose time is over.
    """
    with hang_limit(), wall_limit() if entries == 1 else nullcontext():
        yield


def _screened(parts: Sequence[Entry | Failure], families: Families) -> list[Screening]:
    screened = iter(screen_many([part for part in parts if isinstance(part, Entry)], families))
    return [next(screened) if isinstance(part, Entry) else _unread(part, families) for part in parts]


def _unread(unread: Failure, families: Families) -> Screening:
    if unread.error_type == NotPeriodicError.__name__:
        return not_periodic(unread.entry, families)
    return failed(unread.entry, unread.error_type, unread.message, unread.stage, families)
