"""What is left to screen: stored rows without an up-to-date prediction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from catalog.home import Home
from catalog.runs.published import published_runs
from catalog.store.delta.lake import apply, rows_at, scan
from catalog.store.delta.mending import damage, mend
from catalog.store.predictions import results_hash
from catalog.store.schema import SHORT, arrow_schema, short_digests
from catalog.store.shards import Header, ShardRows, ready_shards
from flows.pipeline.shards import in_parts, joined
from flows.progress import say
from polywell.records import SCREENING_COLUMNS, Outcome

GATHERED_ROWS = 10_000
"""Rows held in memory to be cut into parts, at least where there are so many."""

PREDICTIONS = "predictions"
"""Folder of the shards of predictions, in the source's folder of unfinished work."""

MADE_WITH = ("algorithm_version", "families_digest")
"""Columns of a prediction that must equal the settings, or it is made anew."""


@dataclass(frozen=True)
class Pending:
    """All of a source that has no up-to-date prediction in the table.

    Attributes:
        header: how predictions are made now.
        ready: shards of predictions that are not in the table yet.
        is_left: of each stored row, in the order of the table, whether it has no prediction at all.
        entries: number of rows whose prediction is in no table.
        previous: the previous results of those, with the columns `PREVIOUS`.
        gone: ids that have a prediction but are stored no more.
    """

    header: Header
    ready: tuple[Path, ...]
    is_left: NDArray[np.bool_]
    entries: int
    previous: pa.Table
    gone: pa.Array

    @property
    def stored(self) -> int:
        """Number of entries of the source."""
        return len(self.is_left)

    @property
    def left(self) -> int:
        """Number of entries to screen."""
        return int(np.count_nonzero(self.is_left))


PREVIOUS = pa.schema([(name, pa.string()) for name in "id mark first_seen last_changed row_hash".split()])
"""What is kept of the predictions of an earlier run.

`mark` is the digest of the row that was screened, null where other settings were; `row_hash` that of the
results. Of both, 64 bits are kept.
"""


def mended_predictions(home: Home) -> bool:
    """Mends the table of predictions where it is damaged; returns whether it was.

    Nothing is lost: what leaves the table is screened again, and its dates stand in the published files.

    Raises:
        CatalogError: what is damaged cannot be moved aside, or the table not be written.
    """
    if not damage(home.predictions):
        return False
    for sentence in mend(home, home.predictions):
        say(f"{sentence}: its entries are screened again")
    return True


def previous_results(
    home: Home, source: str, settings: Mapping[str, str | int], mended: bool = False
) -> pa.Table:
    """What the table of predictions holds of a source, with the columns `PREVIOUS`.

    Args:
        home: where the table lies.
        source: name of the source.
        settings: what predictions depend on beside the rows.
        mended: the table lost rows, or is an older one; the newest run that is whole still knows the dates.
            It is asked, too, where the table holds nothing of the source.

    Raises:
        LakeError: the table cannot be read.
    """
    names = ["id", "input_hash", *MADE_WITH, *PREVIOUS.names[2:]]
    kept = []
    for batch in scan(home.predictions, source, names):
        mark = short_digests(batch.column("input_hash"))
        for name in MADE_WITH:
            is_such = pc.equal(batch.column(name), settings[name]).fill_null(False)
            mark = pc.if_else(is_such, mark, None)
        dates = (batch.column(name) for name in ("first_seen", "last_changed"))
        columns = [batch.column("id"), mark, *dates, short_digests(batch.column("row_hash"))]
        kept.append(pa.RecordBatch.from_arrays(columns, schema=PREVIOUS))
    found = pa.Table.from_batches(kept, PREVIOUS).combine_chunks()
    if found.num_rows and not mended:
        return found
    published = _published_results(home, source)
    marks = found["mark"].take(pc.index_in(published["id"], value_set=found["id"]))
    published = published.set_column(PREVIOUS.get_field_index("mark"), PREVIOUS.field("mark"), marks)
    is_other = pc.invert(pc.is_in(found["id"], value_set=published["id"]))
    return pa.concat_tables([published, found.filter(is_other)]).combine_chunks()


def _published_results(home: Home, source: str) -> pa.Table:
    """What the newest run that is whole holds, with the columns `PREVIOUS` and without marks."""
    whole = (run for run in published_runs(home, source, complete=True) if run.damage() is None)
    run = next(whole, None)
    names = ["id", "first_seen", "last_changed"]
    rows = [] if run is None else [
        {name: row[name] for name in names} | {"row_hash": results_hash(row)[:SHORT]}
        for outcome in Outcome
        for batch in run.table(
            outcome, arrow_schema(SCREENING_COLUMNS).names, pc.field("source") == source
        ).to_batches(max_chunksize=1000)
        for row in batch.to_pylist()
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, PREVIOUS)


def find_pending(home: Home, source: str, folder: Path, header: Header, previous: pa.Table) -> Pending:
    """Compares what is stored with what is predicted.

    Args:
        home: where the tables lie.
        source: name of the source.
        folder: where shards of predictions may stand that an earlier run, or the reading, left ready.
        header: how predictions are made now.
        previous: what `previous_results` gives.

    Raises:
        LakeError: the table of structures cannot be read.
    """
    stored = _stored(home, source)
    place = pc.index_in(stored["id"], value_set=previous["id"])
    is_same = pc.equal(stored["mark"], previous["mark"].take(place)).fill_null(False)
    is_left = ~np.asarray(is_same)
    gone = previous["id"].filter(pc.invert(pc.is_in(previous["id"], value_set=stored["id"])))
    left = stored.filter(pa.array(is_left)).combine_chunks()
    again = pc.is_in(previous["id"], value_set=left["id"])
    ids, marks = (left[name].combine_chunks() for name in ("id", "mark"))
    ready, is_ready = ready_shards(folder, header, ("id", "input_hash"), ids, marks)
    is_left[is_left] = ~is_ready
    return Pending(
        header, tuple(ready), is_left, left.num_rows, previous.filter(again), gone.combine_chunks()
    )


def _stored(home: Home, source: str) -> pa.Table:
    """Ids of the stored rows, and 64 bits of their digests."""
    schema = pa.schema([PREVIOUS.field("id"), PREVIOUS.field("mark")])
    kept = [
        pa.RecordBatch.from_arrays(
            [batch.column("id"), short_digests(batch.column("row_hash"))], schema=schema
        )
        for batch in scan(home.structures, source, ["id", "row_hash"])
    ]
    return pa.Table.from_batches(kept, schema).combine_chunks()


def rows_left(home: Home, source: str, pending: Pending) -> Iterator[pa.RecordBatch]:
    """The rows to screen, in parts of about equal work, in the order of the table.

    Raises:
        LakeError: the table of structures cannot be read, or was written to meanwhile.
    """
    waiting: list[pa.RecordBatch] = []
    for some in rows_at(home.structures, source, pending.is_left) if pending.left else ():
        waiting.append(some)
        if sum(batch.num_rows for batch in waiting) >= GATHERED_ROWS:
            yield from in_parts(joined(waiting))
            waiting = []
    if waiting:
        yield from in_parts(joined(waiting))


def merge_predictions(home: Home, source: str, pending: Pending, made: Sequence[Path], today: str) -> None:
    """Brings all predictions into the table, in one commit, with the dates of first sight and change.

    Args:
        home: where the tables lie.
        source: name of the source.
        pending: what had to be screened.
        made: the shards of predictions that were made of what was left.
        today: date of the run.

    Raises:
        ShardError: a shard is missing, or is not what this run would have made.
        LakeError: the table cannot be written.
    """
    places = {id_: place for place, id_ in enumerate(pending.previous["id"].to_pylist())}
    dated = partial(_dated, places=places, old=pending.previous, today=today)
    rows = ShardRows([*pending.ready, *made], pending.header, dated)
    apply(home.predictions, rows, pending.gone, source, complete=pending.entries == pending.stored)


def _dated(batch: pa.RecordBatch, places: Mapping[str, int], old: pa.Table, today: str) -> pa.RecordBatch:
    ids = batch.column("id").to_pylist() if places else [None] * batch.num_rows
    rows = pa.array(map(places.get, ids), pa.int64())
    seen = old["first_seen"].take(rows).fill_null(today)
    is_same = pc.equal(old["row_hash"].take(rows), short_digests(batch.column("row_hash"))).fill_null(False)
    changed = pc.if_else(is_same, old["last_changed"].take(rows), None).fill_null(today)
    for name, values in (("first_seen", seen), ("last_changed", changed)):
        place = batch.schema.get_field_index(name)
        batch = batch.set_column(place, batch.schema.field(name), values.combine_chunks())
    return batch
