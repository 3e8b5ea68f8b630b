"""What is left to screen: stored rows without an up-to-date prediction, cut into shards on disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from catalog.home import Home
from catalog.lake import apply, scan
from catalog.schema import Row
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

    `gone` are ids that have a prediction but are stored no more; `stored` is the number of entries.
    """

    tasks: tuple[Task, ...]
    stored: int
    gone: frozenset[str]
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
    known: dict[str, str | None] = {}
    for batch in scan(home.predictions, source, ["id", "input_hash", *MADE_WITH]):
        for id_, hash_, *made_with in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            known[id_] = hash_ if made_with == [settings[name] for name in MADE_WITH] else None
    ids: set[str] = set()
    left: set[str] = set()
    for batch in scan(home.structures, source, ["id", "row_hash"]):
        for id_, hash_ in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            ids.add(id_)
            if hash_ is None or known.get(id_) != hash_:
                left.add(id_)
    shutil.rmtree(folder / "rows", ignore_errors=True)
    tasks = []
    for number, shard in enumerate(_shards(home, source, left)):
        columns = (shard.column(name).to_pylist() for name in ("id", "row_hash"))
        header = Header("screen", source, keys_digest(zip(*columns, strict=True)), settings)
        rows = folder / "rows" / f"{number:07}.arrow"
        write_shard(rows, header, [shard], structures_schema(), durably=False)
        tasks.append(Task(rows, folder / "predictions" / f"{number:07}.arrow", header, shard.num_rows))
    return Todo(tuple(tasks), len(ids), frozenset(known.keys() - ids), len(left) == len(ids))


def _shards(home: Home, source: str, left: set[str]) -> Iterator[pa.RecordBatch]:
    if not left:
        return
    wanted = pa.array(sorted(left), pa.string())
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in scan(home.structures, source):
        some = batch.filter(pc.is_in(batch.column("id"), value_set=wanted))
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
    dates: dict[str, Row] = {}
    if todo.tasks:
        for batch in scan(home.predictions, source, ["id", "first_seen", "last_changed", "row_hash"]):
            dates.update((row["id"], row) for row in batch.to_pylist())

    def batches() -> Iterator[pa.RecordBatch]:
        for task in todo.tasks:
            count = 0
            for batch in batches_of(task.predictions, task.header):
                count += batch.num_rows
                yield _dated(batch, dates, today)
            if count != task.count:
                raise ShardError(
                    f"{task.predictions} holds {count} predictions for {task.count} entries; remove it, then "
                    "run again"
                )

    apply(home.predictions, batches(), todo.gone, source, complete=todo.is_everything)


def _dated(batch: pa.RecordBatch, dates: dict[str, Row], today: str) -> pa.RecordBatch:
    seen, changed = [], []
    hashes = batch.column("row_hash").to_pylist()
    for id_, hash_ in zip(batch.column("id").to_pylist(), hashes, strict=True):
        old = dates.get(id_)
        seen.append((old and old["first_seen"]) or today)
        is_same = old is not None and old["row_hash"] == hash_ and old["last_changed"]
        changed.append(old["last_changed"] if old is not None and is_same else today)
    for name, values in (("first_seen", seen), ("last_changed", changed)):
        place = batch.schema.get_field_index(name)
        batch = batch.set_column(place, batch.schema.field(name), pa.array(values, pa.string()))
    return batch
