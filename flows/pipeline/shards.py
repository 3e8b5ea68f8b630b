"""What a worker process does: a shard of raw entries in, rows out; a shard of rows in, predictions out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalog.errors import FileAccessError, MemoryLimitError, NotPeriodicError, TimeLimitError
from catalog.readers.composition import amounts_of, elements_and_formula
from catalog.readers.reading import STAGE, read_parts
from catalog.sources import RawEntry
from catalog.store.predictions import record_to_row, rejected_rows, results_hash, table_schema
from catalog.store.schema import Row, storable
from catalog.store.structures import (
    PROVENANCE_FIELDS,
    bare_rows,
    failure_to_row,
    part_to_row,
    row_to_entry,
    row_to_failure,
    row_to_provenance,
    structure_digest,
    structures_schema,
)
from flows.workers.limits import hang_limit, wall_limit
from flows.workers.worker import WORKER_DIED
from polywell import ALGORITHM_VERSION
from polywell.families import Families
from polywell.records import Outcome, Reason, Screening, Sighting
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


def read_shard(raws: Sequence[RawEntry], families: Families) -> list[Row]:
    """Reads raw entries into rows of the table `structures`.

    An entry that cannot be read is a row too, with its error. A structure that its composition already
    rejects is not parsed. A file with several structures gives several rows.
    """
    return [row for rows in _rows_of(raws, families) for row in rows]


def _rows_of(raws: Iterable[RawEntry], families: Families) -> Iterator[list[Row]]:
    """The rows of each raw entry."""

    def needs_structure(elements: Collection[str]) -> bool:
        return rejected_by_composition(elements, families) is None

    with hang_limit() as renew:
        for raw in raws:
            renew()
            yield [part_to_row(part) for part in read_parts(raw, needs_structure)]


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


def decided_batch(entries: Sequence[pa.RecordBatch], source: str, reading: str) -> pa.RecordBatch:
    """Rows of the table `structures` of entries that a `ColumnSource` decided, with their stamps."""
    batch = joined(entries)
    columns = {name: batch.column(name) for name in batch.schema.names if name != "stamp"}
    said = zip(columns["formula"].to_pylist(), columns["elements"].to_pylist(), strict=True)
    known = [
        elements_and_formula(amounts_of(formula) or dict.fromkeys(listed, 1.0)) for formula, listed in said
    ]
    columns["elements"] = pa.array([list(elements) for elements, _ in known], pa.list_(pa.string()))
    columns["formula"] = pa.array([formula for _, formula in known], pa.string())
    bookkeeping = {
        "raw_id": batch.column("id"),
        "stamp": batch.column("stamp"),
        "reading": pa.array([reading] * batch.num_rows, pa.string()),
    }
    return bare_rows(source, columns, bookkeeping)


def undecided_batch(
    entry: pa.RecordBatch, error_type: str, message: str, source: str, reading: str
) -> pa.RecordBatch:
    """The row of a decided entry whose reading ended its worker, as a batch."""
    [row] = entry.to_pylist()
    raw = RawEntry(source, row["id"], "error", "", row["formula"])
    return unread_batch((raw, row["stamp"]), error_type, message, reading)


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
    verdicts = _verdicts(batch, families)
    decided = [place for place, verdict in enumerate(verdicts) if verdict is not None]
    others = [place for place, verdict in enumerate(verdicts) if verdict is None]
    known = batch.take(pa.array(others, pa.int64())).to_pylist()
    predictions = [
        _judged(row, record) for row, record in zip(known, records_of(known, families), strict=True)
    ]
    screened = pa.RecordBatch.from_pylist(predictions, schema=table_schema())
    if not decided:
        return screened
    given = [verdict for verdict in verdicts if verdict is not None]
    rejected = _rejected_batch(batch.take(pa.array(decided, pa.int64())), given, families)
    both = joined([screened, rejected])
    return both.take(pa.array(np.argsort(others + decided)))


def _verdicts(batch: pa.RecordBatch, families: Families) -> list[tuple[Reason, str] | None]:
    """What the composition alone says of rows that were read without a structure; None of all others."""
    known: dict[tuple[str, ...], tuple[Reason, str] | None] = {}
    is_bare = pc.and_(batch.column("lattice").is_null(), batch.column("error_type").is_null())
    verdicts = []
    for bare, elements in zip(is_bare.to_pylist(), batch.column("elements").to_pylist(), strict=True):
        key = tuple(elements) if bare else ()
        if bare and key not in known:
            known[key] = composition_verdict(key, families)
        verdicts.append(known[key] if bare else None)
    return verdicts


def _rejected_batch(
    batch: pa.RecordBatch, verdicts: Sequence[tuple[Reason, str]], families: Families
) -> pa.RecordBatch:
    """Predictions of rows that their composition rejects, column by column."""
    columns = {name: batch.column(name) for name in ("source", "id", "formula", "elements")}
    columns |= {name: batch.column(name) for name in PROVENANCE_FIELDS}
    columns["reason"] = pa.array([reason.value for reason, _ in verdicts], pa.string())
    columns["message"] = pa.array([message for _, message in verdicts], pa.string())
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
    [prediction] = unscreened_rows(known, error_type, message, families)
    prediction["input_hash"], prediction["row_hash"] = known["row_hash"], results_hash(prediction)
    return pa.RecordBatch.from_pylist([prediction], schema=table_schema())


def _judged(row: Row, record: Screening) -> Row:
    prediction = record_to_row(record)
    prediction |= record_to_row(Sighting(structure_digest(row)))
    prediction["input_hash"], prediction["row_hash"] = row["row_hash"], results_hash(prediction)
    return prediction


def unscreened_rows(row: Row, error_type: str, message: str, families: Families) -> list[Row]:
    """The prediction of an entry whose screening ended its worker."""
    known = (row["source"], row["id"], row["formula"], tuple(row["elements"]), row_to_provenance(row))
    return [record_to_row(failed(*known, error_type, message, "screen", families))]


def records_of(rows: Sequence[Row], families: Families) -> list[Screening]:
    """What polywell says of rows of the table `structures`, in their order; those that were read, together.

    When that takes too long the worker ends, and its entries come again one by one: only then is it known
    whose time is over.
    """
    with hang_limit(), wall_limit() if len(rows) == 1 else nullcontext():
        entries = [row_to_entry(row) for row in rows if row["error_type"] is None]
        screened = iter(screen_many(entries, families))
    return [next(screened) if row["error_type"] is None else _unread(row, families) for row in rows]


def _unread(row: Row, families: Families) -> Screening:
    unread = row_to_failure(row)
    known = (unread.source, unread.id, unread.formula, unread.elements, unread.provenance)
    if unread.error_type == NotPeriodicError.__name__:
        return not_periodic(*known, families)
    return failed(*known, unread.error_type, unread.message, unread.stage, families)
