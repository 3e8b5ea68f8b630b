"""What is left to screen: stored rows without an up-to-date prediction, cut into shards on disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from catalog.home import Home
from catalog.lake import apply, rows_at, scan
from catalog.shards import Header, ShardError, batches_of, is_shard, keys_digest, write_shard
from catalog.structures import structures_schema

SHARD_ENTRIES = 1000
"""Entries of one shard: enough that a Prefect task for each costs nothing, few enough to see progress."""


@dataclass(frozen=True)
class Task:
    """One shard to screen: where its rows stand, where the predictions go, and what they are made of."""

    rows: Path
    predictions: Path
    header: Header
    count: int

    @property
    def is_done(self) -> bool:
        """Whether an earlier run has left the predictions."""
        return is_shard(self.predictions, self.header)

    def batch(self) -> pa.RecordBatch:
        """The rows to screen."""
        [batch] = batches_of(self.rows)
        return batch


MADE_WITH = ("algorithm_version", "families_digest")
"""Columns of a prediction that must equal the settings, or it is made anew."""


@dataclass(frozen=True)
class Todo:
    """All that is left to screen of a source.

    `stored` is the number of entries; `left` are the ids of those to screen; `gone` are ids that have a
    prediction but are stored no more.
    """

    tasks: tuple[Task, ...]
    stored: int
    left: pa.ChunkedArray
    gone: pa.Array
    is_everything: bool


def find_todo(home: Home, source: str, folder: Path, settings: dict[str, str | int]) -> Todo:
    """Compares what is stored with what is predicted, and writes the rows to screen.

    Args:
        home: where the tables lie.
        source: name of the source.
        folder: the source's folder of unfinished work.
        settings: what predictions depend on beside the rows; stands in the header of each shard.

    Raises:
        ShardError: the disk is full or read-only.
        LakeError: a table cannot be read.
    """
    made_with = {name: settings[name] for name in MADE_WITH}
    predicted = _marks(scan(home.predictions, source, ["id", "input_hash", *MADE_WITH]), made_with)
    stored = _marks(scan(home.structures, source, ["id", "row_hash"]), {})
    place = pc.index_in(stored["id"], value_set=predicted["id"])
    is_same = pc.equal(stored["mark"], predicted["mark"].take(place)).fill_null(False)
    is_left = ~np.asarray(is_same)
    gone = predicted["id"].filter(pc.invert(pc.is_in(predicted["id"], value_set=stored["id"])))
    left = stored["id"].filter(pa.array(is_left))
    shutil.rmtree(folder / "rows", ignore_errors=True)
    tasks = []
    for number, shard in enumerate(_shards(home, source, is_left)):
        columns = (shard.column(name).to_pylist() for name in ("id", "row_hash"))
        header = Header("screen", source, keys_digest(zip(*columns, strict=True)), settings)
        rows = folder / "rows" / f"{number:07}.arrow"
        write_shard(rows, header, [shard], structures_schema(), durably=False)
        tasks.append(Task(rows, folder / "predictions" / f"{number:07}.arrow", header, shard.num_rows))
    return Todo(tuple(tasks), len(is_left), left, gone.combine_chunks(), bool(is_left.all()))


def _marks(batches: Iterable[pa.RecordBatch], made_with: Mapping[str, str | int]) -> pa.Table:
    """Ids and the digests of their rows; null where a row was made with something else.

    Of the digest, which stands in the second column, 64 bits are kept: a row takes some 50 bytes of memory.
    """
    schema = pa.schema([("id", pa.string()), ("mark", pa.string())])
    kept = []
    for batch in batches:
        mark = pc.utf8_slice_codeunits(batch.column(1), 0, 16)
        for name, value in made_with.items():
            mark = pc.if_else(pc.equal(batch.column(name), value).fill_null(False), mark, None)
        kept.append(pa.RecordBatch.from_arrays([batch.column("id"), mark], schema=schema))
    return pa.Table.from_batches(kept, schema).combine_chunks()


def _shards(home: Home, source: str, left: NDArray[np.bool_]) -> Iterator[pa.RecordBatch]:
    """The rows that are left, those of the stored rows in the order of the table."""
    if not left.any():
        return
    waiting: list[pa.RecordBatch] = []
    count = 0
    for some in rows_at(home.structures, source, left):
        while some.num_rows:
            part = some.slice(0, SHARD_ENTRIES - count)
            some = some.slice(part.num_rows)
            waiting.append(part)
            count += part.num_rows
            if count == SHARD_ENTRIES:
                yield _joined(waiting)
                waiting, count = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    [batch] = pa.Table.from_batches(batches).combine_chunks().to_batches()
    return batch


def merge_predictions(home: Home, source: str, todo: Todo, today: str) -> None:
    """Brings all predictions into the table, in one commit, with the dates of first sight and change.

    Args:
        home: where the tables lie.
        source: name of the source.
        todo: the shards, all of them screened.
        today: date of the run.

    Raises:
        ShardError: a shard is missing, or is not what this run would have made.
        LakeError: the table cannot be written.
    """
    old = _judged_before(home, source, todo)
    places = {id_: place for place, id_ in enumerate(old["id"].to_pylist())}

    def batches() -> Iterator[pa.RecordBatch]:
        for task in todo.tasks:
            count = 0
            for batch in batches_of(task.predictions, task.header):
                count += batch.num_rows
                yield _dated(batch, places, old, today)
            if count != task.count:
                raise ShardError(
                    f"{task.predictions} holds {count} predictions for {task.count} entries; remove it, then "
                    "run again"
                )

    apply(home.predictions, batches(), todo.gone, source, complete=todo.is_everything)


def _judged_before(home: Home, source: str, todo: Todo) -> pa.Table:
    """The dates and digests of the predictions that are made anew."""
    names = ["id", "first_seen", "last_changed", "row_hash"]
    schema = pa.schema([(name, pa.string()) for name in names])
    kept = []
    for batch in scan(home.predictions, source, names) if todo.tasks else ():
        some = batch
        if not todo.is_everything:
            some = batch.filter(pc.is_in(batch.column("id"), value_set=todo.left))
        kept.append(pa.RecordBatch.from_arrays(some.columns, schema=schema))
    return pa.Table.from_batches(kept, schema).combine_chunks()


def _dated(batch: pa.RecordBatch, places: Mapping[str, int], old: pa.Table, today: str) -> pa.RecordBatch:
    rows = pa.array([places.get(id_) for id_ in batch.column("id").to_pylist()], pa.int64())
    seen = old["first_seen"].take(rows).fill_null(today)
    is_same = pc.equal(old["row_hash"].take(rows), batch.column("row_hash")).fill_null(False)
    changed = pc.if_else(is_same, old["last_changed"].take(rows), None).fill_null(today)
    for name, values in (("first_seen", seen), ("last_changed", changed)):
        place = batch.schema.get_field_index(name)
        batch = batch.set_column(place, batch.schema.field(name), values.combine_chunks())
    return batch
