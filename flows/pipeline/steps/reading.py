"""The second step of a run: what changed in the source is read into the table `structures`.

It is read in shards that outlive the process: finished ones are files with headers (see
`catalog.store.shards`). They are merged into the table once, when all have come; a run that is killed before
finds them again and reads only the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from catalog.errors import SourceChangedError
from catalog.home import Home
from catalog.readers.arrays.columns import STRUCTURE
from catalog.sources import Source
from catalog.sources.base import ColumnSource
from catalog.store.delta.lake import apply
from catalog.store.schema import storable
from catalog.store.shards import Growing, Header, ShardRows, ready_shards, work_folder
from flows.pipeline import shards
from flows.pipeline.delta import Delta, delta_of
from flows.pipeline.pending import PREDICTIONS, Pending, find_pending, mended_predictions, previous_results
from flows.pipeline.plan import Plan
from flows.pipeline.shards import Stamped
from flows.pipeline.steps.listing import Listing
from flows.pipeline.versions import screening_settings
from flows.progress import Advance, say, stage
from flows.workers.dask import DaskWorkers
from flows.workers.pool import Workers

Item = TypeVar("Item")

ROWS = "read"
"""Folder of the shards of rows, in the source's folder of unfinished work."""

PART_ENTRIES = 500
"""Entries that go to a worker together: enough to make the way there cheap, few enough to see progress."""

PART_BYTES = 64_000_000
"""Bytes of the entries that go to a worker together, roughly; this process holds them until it takes them."""


@dataclass(frozen=True)
class Stored:
    """The table `structures` holds the source as it is listed; what of it is left to screen.

    `read` and `read_before` count the raw entries that this run read, and those whose shards an earlier one
    had left ready; `withdrawn` those that are no longer in the source.
    """

    read: int
    read_before: int
    withdrawn: int
    pending: Pending

    @property
    def facts(self) -> dict[str, Any]:
        """What the record of the run keeps of it."""
        return {
            "read": self.read,
            "read_before": self.read_before,
            "left_the_source": self.withdrawn,
            "screened": self.pending.entries,
        }


def read(plan: Plan, listing: Listing, workers: Workers | DaskWorkers) -> Stored:
    """Reads what changed in the source into the table `structures`.

    Raises:
        SourceError: the source breaks off; what was read waits for the next run.
        ShardError: a shard cannot be written.
        LakeError: a table cannot be read or written.
    """
    home, source = plan.home, plan.source
    folder = work_folder(home, source.name)
    settings, digest = screening_settings(plan.families), str(listing.inputs["reading_digest"])
    delta = delta_of(home.structures, source.name, listing.index, digest)
    previous = previous_results(home, source.name, settings, mended_predictions(home))
    # An entry that was screened may turn out to be the same: it is compared first, and then screened.
    has_results = previous["mark"].null_count < previous.num_rows
    reader = shards.Reader(source.name, digest, plan.families, is_screening=not has_results)
    rows = Header("read", source.name, {"reading_digest": digest})
    predictions = Header("screen", source.name, settings)
    with stage("reading", "entries", delta.changed) as advance:
        ready, reused = read_changes(source, delta, folder, (rows, predictions), workers, reader, advance)
    workers.rest()  # what they hold is memory that the commit can use
    merge_structures(home, source.name, delta, ShardRows(ready, rows))
    pending = find_pending(home, source.name, folder / PREDICTIONS, predictions, previous)
    say(
        f"structures: {pending.stored} entries; {delta.changed} new or changed, "
        f"{delta.withdrawn} withdrawn, {pending.entries} without a prediction"
    )
    return Stored(delta.changed - reused, reused, delta.withdrawn, pending)


def read_changes(
    source: Source,
    delta: Delta,
    folder: Path,
    headers: tuple[Header, Header],
    workers: Workers | DaskWorkers,
    reader: shards.Reader,
    advance: Advance,
) -> tuple[list[Path], int]:
    """Reads what changed into shards, those excepted that an earlier run left ready.

    Args:
        source: where to read.
        delta: what to read.
        folder: where the folders of shards stand.
        headers: those of shards of rows, and of predictions.
        workers: who reads.
        reader: how.
        advance: told the number of entries that were read.

    Returns:
        The shards of rows, and the number of raw entries that need not be read again.

    Raises:
        SourceError: the source breaks off; the shards that are ready stay.
        ShardError: a shard cannot be written.
    """
    changed = delta.index.filter(pa.array(delta.is_changed))
    ids, stamps = (changed[name].combine_chunks() for name in changed.schema.names)
    ready, is_ready = ready_shards(folder / ROWS, headers[0], ("raw_id", "stamp"), ids, stamps)
    is_missing = delta.is_changed.copy()
    is_missing[is_missing] = ~is_ready
    left = _Left(source, delta.index, is_missing)
    rows, predictions = Growing(folder / ROWS, headers[0]), Growing(folder / PREDICTIONS, headers[1])

    def keep(both: shards.Both) -> None:
        if both[1] is not None:
            predictions.add(both[1])
        rows.add(both[0])
        advance(both[0].num_rows)

    def parts() -> Iterator[Sequence[shards.Given]]:
        for batch in left.columns():
            if STRUCTURE[0] in batch.schema.names:
                yield from map(shards.RowsOf, shards.in_parts(batch))
            else:  # the composition decides, which costs less than the way to a worker
                keep(reader.rejected(batch))
        yield from cut(left.entries(), weigh=lambda item: item[0].weight)

    for _, both in workers.map(reader.together, parts(), reader.lost, reader.alone):
        keep(both)
    predictions.finish()
    rows.finish()
    left.check()
    return [*ready, *rows.paths], int(np.count_nonzero(is_ready))


class _Left:
    """What a source has still to give: entries of its index that are missing, with their stamps."""

    def __init__(self, source: Source, index: pa.Table, is_missing: NDArray[np.bool_]) -> None:
        self._source, self._is_missing = source, is_missing
        self._ids, self._stamps = (index[name].combine_chunks() for name in index.schema.names)

    def _missing(self) -> list[str]:
        return sorted(self._ids.filter(pa.array(self._is_missing)).to_pylist())

    def _asked(self) -> list[str] | None:
        """The ids to ask for; None for all."""
        return None if self._is_missing.all() else self._missing()

    def columns(self) -> Iterator[pa.RecordBatch]:
        """What the source gives as columns, with the column `stamp`."""
        if not isinstance(self._source, ColumnSource) or not self._is_missing.any():
            return
        for batch in self._source.columns(self._asked()):
            places = batch.column("place")
            self._is_missing[np.asarray(places)] = False
            yield batch.drop_columns("place").append_column("stamp", self._stamps.take(places))

    def entries(self) -> Iterator[Stamped]:
        """All others, one by one."""
        missing = np.flatnonzero(self._is_missing)
        places = dict(zip(self._ids.take(pa.array(missing)).to_pylist(), missing.tolist(), strict=True))
        for raw in self._source.raw_entries(self._asked()) if places else ():
            place = places.get(storable(raw.id))
            if place is not None:
                self._is_missing[place] = False
            yield raw, None if place is None else self._stamps[place].as_py()

    def check(self) -> None:
        """Refuses a source that did not give all.

        Raises:
            SourceChangedError: it is such a source.
        """
        missing = self._missing()
        if missing:
            raise SourceChangedError(
                f"{self._source.name!r} lists {len(missing)} entries that it did not give "
                f"({', '.join(map(repr, missing[:3]))}); it changed while it was read: run again"
            )


def merge_structures(home: Home, source: str, delta: Delta, rows: Iterable[pa.RecordBatch]) -> None:
    """Brings what was read into the table, in one commit.

    Raises:
        LakeError: the table cannot be written.
    """
    is_known_anew = bool(delta.is_changed.all()) and delta.index["stamp"].null_count == 0
    apply(home.structures, rows, delta.stored, source, complete=is_known_anew)


def cut(
    items: Iterable[Item], size: int = PART_ENTRIES, weigh: Callable[[Item], int] = lambda item: 0
) -> Iterator[list[Item]]:
    """Cuts a stream into shards without reading ahead of them; one that weighs `PART_BYTES` ends earlier."""
    shard: list[Item] = []
    weight = 0
    for item in items:
        shard.append(item)
        weight += weigh(item)
        if len(shard) == size or weight >= PART_BYTES:
            yield shard
            shard, weight = [], 0
    if shard:
        yield shard
