"""The second step of a run: what changed in the source is read into the table `structures`.

It is read in shards that outlive the process: finished ones are files with headers (see
`catalog.store.shards`). They are merged into the table once, when all have come; a run that is killed before
finds them again and reads only the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from catalog.errors import SourceChangedError
from catalog.home import Home
from catalog.sources import Source
from catalog.sources.base import ColumnSource
from catalog.store.lake import apply
from catalog.store.schema import storable
from catalog.store.shards import (
    Header,
    ShardError,
    batches_of,
    is_shard,
    keys_digest,
    work_folder,
    write_shard,
)
from catalog.store.structures import structures_schema
from flows.pipeline import shards
from flows.pipeline.delta import Delta, delta_of
from flows.pipeline.listing import Listing, keys_of
from flows.pipeline.pending import Pending, find_pending, mended_predictions, previous_results
from flows.pipeline.plan import Plan
from flows.pipeline.shards import Stamped
from flows.pipeline.versions import screening_settings
from flows.progress import Advance, say, stage
from flows.workers.dask import DaskWorkers
from flows.workers.pool import Workers
from polywell.families import Families

Item = TypeVar("Item")

SHARD_ENTRIES = 500
"""Entries that go to a worker together: enough to make the way there cheap, few enough to see progress."""


SHARD_BYTES = 64_000_000
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
    screening, digest = screening_settings(plan.families), str(listing.inputs["reading_digest"])
    delta = delta_of(home.structures, source.name, listing.index, digest)
    mended = mended_predictions(home)
    previous = previous_results(home, source.name, screening, mended)  # while the workers start
    with stage("reading", "entries", delta.changed) as advance:
        settings: dict[str, str | int] = {"reading_digest": digest}
        ready, reused = read_changes(
            source, delta, folder / "read", workers, plan.families, settings, advance
        )
    merge_structures(home, source.name, delta, ready)
    pending = find_pending(home, source.name, folder, screening, previous)
    say(
        f"structures: {pending.stored} entries; {delta.changed} new or changed, "
        f"{delta.withdrawn} withdrawn, {pending.entries} to screen"
    )
    return Stored(delta.changed - reused, reused, delta.withdrawn, pending)


def read_changes(
    source: Source,
    delta: Delta,
    folder: Path,
    workers: Workers | DaskWorkers,
    families: Families,
    settings: dict[str, str | int],
    advance: Advance,
) -> tuple[list[Path], int]:
    """Reads what changed into shards, those excepted that an earlier run left ready.

    Args:
        source: where to read.
        delta: what to read.
        folder: where the shards go.
        workers: who reads.
        families: the λ table, which says whose structure is needed.
        settings: what the rows depend on beside the source; `reading_digest` among them.
        advance: told the number of entries that were read.

    Returns:
        The shards, and the number of raw entries that need not be read again.

    Raises:
        SourceError: the source breaks off; the shards that are ready stay.
        ShardError: a shard cannot be written.
    """

    def header(keys: Iterable[tuple[str, str | None]]) -> Header:
        return Header("read", source.name, keys_digest(keys), settings)

    ready, is_ready = _ready_shards(folder, delta, header)
    reused = int(np.count_nonzero(is_ready))
    is_left = delta.is_changed & ~is_ready
    if not is_left.any():
        return ready, reused
    left = delta.index.filter(pa.array(is_left))
    missing = dict(keys_of(left))
    number = max((int(path.stem) for path in ready), default=-1) + 1
    reading = str(settings["reading_digest"])

    def columns() -> Iterator[shards.RowsOf]:
        if not isinstance(source, ColumnSource):
            return
        for batch in source.columns(None if is_left.all() else sorted(missing)):
            places = pc.index_in(batch.column("id"), value_set=left["id"].combine_chunks())
            known = batch.append_column("stamp", left["stamp"].combine_chunks().take(places))
            for part in shards.in_parts(known):
                for id_ in part.column("id").to_pylist():
                    del missing[id_]
                yield shards.RowsOf(part)

    def stream() -> Iterator[Stamped]:
        is_everything = len(missing) == delta.index.num_rows
        for raw in source.raw_entries(None if is_everything else sorted(missing)):
            yield raw, missing.pop(storable(raw.id), None)

    take = partial(shards.column_batch, families=families, source=source.name, reading=reading)
    untaken = partial(shards.unread_column_batch, source=source.name, reading=reading)
    work = partial(shards.read_batch, families=families, reading=reading)
    lost = partial(shards.unread_batch, reading=reading)
    keys: list[tuple[str, str | None]] = []
    batches: list[pa.RecordBatch] = []

    def keep(some: Iterable[tuple[str, str | None]], batch: pa.RecordBatch) -> None:
        keys.extend(some)
        batches.append(batch)
        advance(batch.num_rows)
        if len(keys) >= SHARD_ENTRIES:
            finish()

    def finish() -> None:
        nonlocal number
        path = folder / f"{number:07}.arrow"
        write_shard(path, header(keys), batches, structures_schema())
        ready.append(path)
        number += 1
        keys.clear()
        batches.clear()

    for rows, batch in workers.map(take, columns(), untaken):
        keep(_keys_of(rows), batch)
    for part, batch in workers.map(work, cut(stream(), weigh=lambda item: item[0].weight), lost):
        keep([(storable(raw.id), stamp) for raw, stamp in part], batch)
    if keys:
        finish()
    if missing:
        some = ", ".join(repr(id_) for id_ in sorted(missing)[:3])
        raise SourceChangedError(
            f"{source.name!r} lists {len(missing)} entries that it did not give ({some}); it changed while "
            "it was read: run again"
        )
    return ready, reused


def _keys_of(entries: Sequence[pa.RecordBatch]) -> Iterable[tuple[str, str | None]]:
    """Ids and stamps of entries that came as columns."""
    batch = shards.joined(entries)
    return zip(batch["id"].to_pylist(), batch["stamp"].to_pylist(), strict=True)


def _ready_shards(
    folder: Path, delta: Delta, header: Callable[[Iterable[tuple[str, str | None]]], Header]
) -> tuple[list[Path], NDArray[np.bool_]]:
    """Shards of an earlier run that are what this one would write, and the rows of the index in them.

    The others are removed.
    """
    is_ready = np.zeros(delta.index.num_rows, bool)
    found = {path: _raw_ids(path) for path in sorted(folder.glob("*.arrow"))}
    every = pa.chunked_array(list(found.values()), pa.string())
    places = np.asarray(pc.index_in(every, value_set=delta.index["id"].combine_chunks()).fill_null(-1))
    ready: list[Path] = []
    start = 0
    for path, ids in found.items():
        rows = places[start : start + len(ids)]
        start += len(ids)
        fresh = len(ids) > 0 and (rows >= 0).all() and delta.is_changed[rows].all()
        stamps = delta.index["stamp"].take(pa.array(rows)) if fresh else ids
        is_such = fresh and not is_ready[rows].any() and stamps.null_count == 0
        if is_such and is_shard(path, header(zip(ids.to_pylist(), stamps.to_pylist(), strict=True))):
            ready.append(path)
            is_ready[rows] = True
        else:
            path.unlink(missing_ok=True)
    return ready, is_ready


def _raw_ids(path: Path) -> pa.Array:
    """Raw entries in a shard, each once, in its order; nothing where it cannot be read."""
    try:
        return pa.chunked_array([batch.column("raw_id") for batch in batches_of(path)], pa.string()).unique()
    except (ShardError, KeyError, pa.ArrowException):
        return pa.array([], pa.string())


def merge_structures(home: Home, source: str, delta: Delta, ready: Collection[Path]) -> None:
    """Brings the shards into the table, in one commit.

    Raises:
        LakeError: the table cannot be written.
    """

    def batches() -> Iterator[pa.RecordBatch]:
        for path in ready:
            yield from batches_of(path)

    is_known_anew = bool(delta.is_changed.all()) and delta.index["stamp"].null_count == 0
    apply(home.structures, batches(), delta.stored, source, complete=is_known_anew)


def cut(
    items: Iterable[Item], size: int = SHARD_ENTRIES, weigh: Callable[[Item], int] = lambda item: 0
) -> Iterator[list[Item]]:
    """Cuts a stream into shards without reading ahead of them; one that weighs `SHARD_BYTES` ends earlier."""
    shard: list[Item] = []
    weight = 0
    for item in items:
        shard.append(item)
        weight += weigh(item)
        if len(shard) == size or weight >= SHARD_BYTES:
            yield shard
            shard, weight = [], 0
    if shard:
        yield shard
