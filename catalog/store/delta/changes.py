"""Changes on their way to a table: checked, and compared with what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from catalog.errors import LakeError
from catalog.store.schema import conformed, shortened
from catalog.store.shards import ShardRows


class Changes:
    """Rows of a source that are new or may have changed, and ids that leave: which of them move anything."""

    def __init__(
        self,
        batches: Iterable[pa.RecordBatch],
        gone: pa.Array,
        source: str,
        schema: pa.Schema,
        marks: list[str],
    ) -> None:
        """Reads ids and `marks`, the columns of which one at least differs where a row has changed.

        Args:
            batches: the rows, which are gone through again when they are written; no iterator.
            gone: ids that leave; those that are among the rows stay.
            source: the source of all rows.
            schema: the columns of the table; what the rows lack of them is null.
            marks: names of columns.

        Raises:
            LakeError: a row of another source, or an id given twice.
        """
        self._batches, self._schema, self._marks = batches, schema, marks
        self.columns = pa.schema([schema.field(name) for name in ("id", *marks)])
        names = ["source", *self.columns.names]
        given = batches.columns(names) if isinstance(batches, ShardRows) else batches
        known = [shortened(conformed(_checked(one, source), self.columns)) for one in given]
        self._known = pa.Table.from_batches(known, self.columns).combine_chunks()
        self.rows = self._known.num_rows
        _check_once(self._known["id"], source)
        self._gone = gone.filter(pc.invert(pc.is_in(gone, value_set=self._known["id"])))
        self._moves = np.ones(self.rows, bool)
        self._stays: list[NDArray[np.bool_]] = []
        self._leaving = 0

    def compare(self, stored: Iterable[pa.RecordBatch], complete: bool) -> bool:
        """Whether anything moves.

        Args:
            stored: ids and marks of what is stored.
            complete: the rows are all rows of the source; what is stored beside them leaves.
        """
        others = 0
        for piece in _joined(map(shortened, stored), self.rows // 4):
            place = pc.index_in(piece["id"], value_set=self._known["id"])
            here, rows = piece.filter(place.is_valid()), np.asarray(place.drop_null())
            mine = self._known.take(rows)
            differs = np.zeros(len(rows), bool)
            for name in self._marks:
                differs |= _differs(mine[name], here[name])
            self._moves[rows] = differs
            leaves = np.asarray(pc.is_in(piece["id"], value_set=self._gone))
            stays = ~leaves
            stays[np.asarray(place.is_valid())] = ~differs
            self._stays.append(stays)
            self._leaving += int(np.count_nonzero(leaves))
            others += piece.num_rows - len(rows)
        return bool(self._moves.any() or self._leaving or (complete and others))

    def staying(self, stored: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The stored rows that nothing moves; to be given in the same order as to `compare`."""
        stays, start = np.concatenate([np.zeros(0, bool), *self._stays]), 0
        for batch in stored:
            yield batch.filter(pa.array(stays[start : start + batch.num_rows]))
            start += batch.num_rows

    def coming(self, everything: bool) -> Iterator[pa.RecordBatch]:
        """The rows that come or differ; all if `everything`.

        Raises:
            LakeError: they are not as many as they were the first time.
        """
        start = 0
        for batch in self._batches:
            chosen = self._moves[start : start + batch.num_rows]
            start += batch.num_rows
            is_whole = everything or chosen.all()
            yield conformed(batch if is_whole else batch.filter(pa.array(chosen)), self._schema)
        if start != self.rows:
            raise LakeError(f"{self.rows} rows were compared, {start} came to be written; run again")


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


def _checked(batch: pa.RecordBatch, source: str) -> pa.RecordBatch:
    """The batch, all rows of which are of the source."""
    is_foreign = pc.invert(pc.equal(batch.column("source"), source).fill_null(False))
    foreign = batch.select(["id", "source"]).filter(is_foreign).slice(0, 1).to_pylist()
    if foreign:
        id_, owner = foreign[0]["id"], foreign[0]["source"]
        raise LakeError(f"row {id_!r} belongs to source {owner!r}, expected {source!r}; merge them apart")
    return batch


def _check_once(ids: pa.ChunkedArray, source: str) -> None:
    if len(ids.unique()) == len(ids):
        return
    counted = ids.value_counts()
    [again] = counted.filter(pc.greater(counted.field("counts"), 1)).slice(0, 1).to_pylist()
    raise LakeError(
        f"id {again['values']!r} of source {source!r} came twice in one merge; ids must be unique"
    )
