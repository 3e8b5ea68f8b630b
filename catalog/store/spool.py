"""Changes on their way to a table: checked, and in a file that a commit can read more than once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from catalog.errors import LakeError
from catalog.store.schema import conformed, short_digests

BATCH_ROWS = 1000
"""Rows of ids that leave, written at a time."""

DIGESTS = frozenset({"row_hash", "input_hash", "families_digest"})
"""Columns of hexadecimal digests."""

GONE = "gone"
"""Column of a spool: true where the id of the row leaves the table."""


def write_spool(
    spool: Path, batches: Iterable[pa.RecordBatch], gone: pa.Array, source: str, schema: pa.Schema
) -> int:
    """Writes changed rows, then ids that leave.

    Args:
        spool: the file.
        batches: the rows; what they lack of the schema is null.
        gone: ids that leave; those that are among the rows stay.
        source: the source of all rows.
        schema: columns of the table.

    Returns:
        The number of rows that come.

    Raises:
        LakeError: a row of another source, or an id given twice.
    """
    full = schema.append(pa.field(GONE, pa.bool_()))
    ids: list[pa.Array] = []
    with pa.OSFile(str(spool), "wb") as sink, pa.ipc.new_file(sink, full) as writer:
        for batch in batches:
            _check_source(batch, source)
            ids.append(batch.column("id"))
            here = pa.repeat(pa.scalar(False), batch.num_rows)
            writer.write_batch(
                pa.RecordBatch.from_arrays([*conformed(batch, schema).columns, here], schema=full)
            )
        came = pa.chunked_array(ids, pa.string())
        _check_once(came, source)
        leaving = gone.filter(pc.invert(pc.is_in(gone, value_set=came))).unique().sort()
        for start in range(0, len(leaving), BATCH_ROWS):
            part = leaving.slice(start, BATCH_ROWS)
            named = {"id": part, "source": pa.repeat(pa.scalar(source), len(part))}
            there = pa.repeat(pa.scalar(True), len(part))
            few = conformed(pa.RecordBatch.from_pydict(named), schema)
            writer.write_batch(pa.RecordBatch.from_arrays([*few.columns, there], schema=full))
    return len(came)


class Changes:
    """The rows of a spool: which of them move anything in the table.

    `moves` says of each row whether it comes, differs from what is stored, or leaves.
    """

    def __init__(self, spool: Path, schema: pa.Schema, marks: list[str]) -> None:
        """Reads ids and `marks`, the columns of which one at least differs where a row has changed.

        Args:
            spool: what `write_spool` wrote.
            schema: the columns of the table.
            marks: names of columns.
        """
        self._spool = spool
        self._marks = marks
        self.columns = pa.schema([schema.field(name) for name in ("id", *marks)])
        narrow = self.columns.append(pa.field(GONE, pa.bool_()))
        # Taken row by row, a column is a copy, which does not hold the whole batch in memory.
        batches = [
            _shortened(conformed(batch, narrow)).take(pa.array(np.arange(batch.num_rows)))
            for batch in _read(spool)
        ]
        self._known = pa.Table.from_batches(batches, narrow).combine_chunks()
        self._gone = np.asarray(self._known[GONE])
        self.moves = ~self._gone
        self._stays: list[NDArray[np.bool_]] = []

    def compare(self, stored: Iterable[pa.RecordBatch]) -> int:
        """Finds out what moves; returns the number of stored rows that are not in the spool."""
        others = 0
        for piece in _joined(map(_shortened, stored), len(self.moves) // 4):
            place = pc.index_in(piece["id"], value_set=self._known["id"])
            here, rows = piece.filter(place.is_valid()), np.asarray(place.drop_null())
            mine = self._known.take(rows)
            differs = np.zeros(len(rows), bool)
            for name in self._marks:
                differs |= _differs(mine[name], here[name])
            self.moves[rows] = moving = differs | self._gone[rows]
            stays = np.ones(piece.num_rows, bool)
            stays[np.asarray(place.is_valid())] = ~moving
            self._stays.append(stays)
            others += piece.num_rows - len(rows)
        return others

    def staying(self, stored: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The stored rows that nothing moves; to be given in the same order as to `compare`."""
        stays, start = np.concatenate([np.zeros(0, bool), *self._stays]), 0
        for batch in stored:
            yield batch.filter(pa.array(stays[start : start + batch.num_rows]))
            start += batch.num_rows

    def coming(self, schema: pa.Schema, everything: bool) -> Iterator[pa.RecordBatch]:
        """The rows that come or differ; all that do not leave if `everything`."""
        wanted = ~self._gone if everything else self.moves & ~self._gone
        start = 0
        for batch in _read(self._spool):
            chosen = wanted[start : start + batch.num_rows]
            start += batch.num_rows
            yield conformed(batch if chosen.all() else batch.filter(pa.array(chosen)), schema)


def _read(spool: Path) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(str(spool)) as opened, pa.ipc.open_file(opened) as file:
        for index in range(file.num_record_batches):
            yield file.get_batch(index)


def _shortened(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with its digests cut short."""
    for place, name in enumerate(batch.schema.names):
        if name in DIGESTS:
            short = short_digests(batch.column(place))
            batch = batch.set_column(place, batch.schema.field(place), short)
    return batch


def _joined(batches: Iterable[pa.RecordBatch], least: int) -> Iterator[pa.Table]:
    """Batches joined to tables of at least so many rows: a look-up costs as much as what is looked up in."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= least:
            yield pa.Table.from_batches(waiting)
            waiting, rows = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)


def _differs(one: pa.ChunkedArray, other: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Where two columns differ; null equals null."""
    unlike = pc.not_equal(one, other).fill_null(True)
    both = pc.and_(one.is_null(), other.is_null())
    return np.asarray(pc.and_not(unlike, both))


def _check_source(batch: pa.RecordBatch, source: str) -> None:
    is_foreign = pc.invert(pc.equal(batch.column("source"), source).fill_null(False))
    foreign = batch.select(["id", "source"]).filter(is_foreign).slice(0, 1).to_pylist()
    if foreign:
        raise _foreign(foreign[0]["id"], foreign[0]["source"], source)


def _foreign(id_: str, owner: str, source: str) -> LakeError:
    return LakeError(f"row {id_!r} belongs to source {owner!r}, expected {source!r}; merge them apart")


def _check_once(ids: pa.ChunkedArray, source: str) -> None:
    if len(ids.unique()) == len(ids):
        return
    counted = ids.value_counts()
    [again] = counted.filter(pc.greater(counted.field("counts"), 1)).slice(0, 1).to_pylist()
    raise LakeError(
        f"id {again['values']!r} of source {source!r} came twice in one merge; ids must be unique"
    )
