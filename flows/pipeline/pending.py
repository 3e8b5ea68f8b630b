"""What is left to screen: stored rows without an up-to-date prediction, cut into shards on disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from catalog.home import Home
from catalog.runs.published import published_runs
from catalog.store.lake import apply, rows_at, scan
from catalog.store.mending import damage, mend
from catalog.store.predictions import results_hash
from catalog.store.schema import SHORT, arrow_schema, short_digests
from catalog.store.shards import Header, ShardError, batches_of, is_shard, keys_digest, write_shard
from catalog.store.structures import structures_schema
from flows.pipeline.shards import in_parts, joined
from flows.progress import say
from polywell.records import SCREENING_COLUMNS, Outcome

GATHERED_ROWS = 10_000
"""Rows held in memory to be cut into shards, at least where there are so many."""


@dataclass(frozen=True)
class Shard:
    """One shard to screen: where its rows stand, where the predictions go, and what they are made of."""

    number: int
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
class Pending:
    """All that is left to screen of a source.

    `stored` is the number of entries; `previous` holds the previous results of those to screen, with the
    columns `PREVIOUS`; `gone` are ids that have a prediction but are stored no more.
    """

    shards: tuple[Shard, ...]
    stored: int
    previous: pa.Table
    gone: pa.Array
    is_everything: bool

    @property
    def entries(self) -> int:
        """Number of entries to screen."""
        return sum(shard.count for shard in self.shards)


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


def find_pending(
    home: Home, source: str, folder: Path, settings: dict[str, str | int], previous: pa.Table
) -> Pending:
    """Compares what is stored with what is predicted, and writes the rows to screen.

    Args:
        home: where the tables lie.
        source: name of the source.
        folder: the source's folder of unfinished work.
        settings: what predictions depend on beside the rows; stands in the header of each shard.
        previous: what `previous_results` gives.

    Raises:
        ShardError: the disk is full or read-only.
        LakeError: the table of structures cannot be read.
    """
    stored = _stored(home, source)
    place = pc.index_in(stored["id"], value_set=previous["id"])
    is_same = pc.equal(stored["mark"], previous["mark"].take(place)).fill_null(False)
    is_left = ~np.asarray(is_same)
    gone = previous["id"].filter(pc.invert(pc.is_in(previous["id"], value_set=stored["id"])))
    left = pc.is_in(previous["id"], value_set=stored["id"].filter(pa.array(is_left)))
    shutil.rmtree(folder / "rows", ignore_errors=True)
    shards = []
    for number, batch in enumerate(_batches(home, source, is_left)):
        columns = (batch.column(name).to_pylist() for name in ("id", "row_hash"))
        header = Header("screen", source, keys_digest(zip(*columns, strict=True)), settings)
        rows = folder / "rows" / f"{number:07}.arrow"
        write_shard(rows, header, [batch], structures_schema(), durably=False)
        predictions = folder / "predictions" / f"{number:07}.arrow"
        shards.append(Shard(number, rows, predictions, header, batch.num_rows))
    return Pending(
        tuple(shards), len(is_left), previous.filter(left), gone.combine_chunks(), bool(is_left.all())
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


def _batches(home: Home, source: str, left: NDArray[np.bool_]) -> Iterator[pa.RecordBatch]:
    """The rows that are left, those of the stored rows in the order of the table."""
    waiting: list[pa.RecordBatch] = []
    for some in rows_at(home.structures, source, left) if left.any() else ():
        waiting.append(some)
        if sum(batch.num_rows for batch in waiting) >= GATHERED_ROWS:
            yield from in_parts(joined(waiting))
            waiting = []
    if waiting:
        yield from in_parts(joined(waiting))


def merge_predictions(home: Home, source: str, pending: Pending, today: str) -> None:
    """Brings all predictions into the table, in one commit, with the dates of first sight and change.

    Args:
        home: where the tables lie.
        source: name of the source.
        pending: the shards, all of them screened.
        today: date of the run.

    Raises:
        ShardError: a shard is missing, or is not what this run would have made.
        LakeError: the table cannot be written.
    """
    places = {id_: place for place, id_ in enumerate(pending.previous["id"].to_pylist())}

    def batches() -> Iterator[pa.RecordBatch]:
        for shard in pending.shards:
            count = 0
            for batch in batches_of(shard.predictions, shard.header):
                count += batch.num_rows
                yield _dated(batch, places, pending.previous, today)
            if count != shard.count:
                raise ShardError(
                    f"{shard.predictions} holds {count} predictions for {shard.count} entries; remove it, "
                    "then run again"
                )

    apply(home.predictions, batches(), pending.gone, source, complete=pending.is_everything)


def _dated(batch: pa.RecordBatch, places: Mapping[str, int], old: pa.Table, today: str) -> pa.RecordBatch:
    rows = pa.array([places.get(id_) for id_ in batch.column("id").to_pylist()], pa.int64())
    seen = old["first_seen"].take(rows).fill_null(today)
    is_same = pc.equal(old["row_hash"].take(rows), short_digests(batch.column("row_hash"))).fill_null(False)
    changed = pc.if_else(is_same, old["last_changed"].take(rows), None).fill_null(today)
    for name, values in (("first_seen", seen), ("last_changed", changed)):
        place = batch.schema.get_field_index(name)
        batch = batch.set_column(place, batch.schema.field(name), values.combine_chunks())
    return batch
