"""Reading a source: only what changed since it was last read, in shards that outlive the process.

Finished shards are files with headers (see `catalog.store.shards`). They are merged into the table
`structures` once, when all have come; a run that is killed before finds them again and reads only the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from catalog.errors import SourceChangedError
from catalog.home import Home
from catalog.sources import Source
from catalog.sources.base import INDEX, INDEX_ROWS
from catalog.store.lake import apply, scan
from catalog.store.schema import storable
from catalog.store.shards import Header, ShardError, batches_of, is_shard, keys_digest, write_shard
from catalog.store.structures import structures_schema
from flows.pipeline import shards
from flows.pipeline.dask_workers import DaskWorkers
from flows.pipeline.shards import Stamped
from flows.pipeline.workers import Workers
from flows.progress import Advance
from polywell.families import Families

Item = TypeVar("Item")

SHARD_ENTRIES = 500
"""Entries that go to a worker together: enough to make the way there cheap, few enough to see progress."""


class NothingToScreenError(Exception):
    """The source holds no entry."""


@dataclass(frozen=True)
class Delta:
    """What is to be read: raw entries that are new or changed, and rows that may have to go.

    Of each row of the `index`, `is_changed` says whether it is to be read. `stored` holds the ids of the
    stored rows whose raw entry is read anew or is no longer there.
    """

    index: pa.Table
    is_changed: NDArray[np.bool_]
    withdrawn: int
    stored: pa.Array

    @property
    def changed(self) -> int:
        """Number of raw entries to read."""
        return int(np.count_nonzero(self.is_changed))


def index_of(source: Source, version: str | None, advance: Advance) -> pa.Table:
    """The index of a source; its version stands in for the stamps that it lacks.

    Args:
        source: where to look.
        version: of the source, where it has one.
        advance: told of each entry that is listed.

    Returns:
        A table with the columns `INDEX`, each in one piece.

    Raises:
        SourceError: the source cannot be read.
    """
    fallback = None if version is None else f"version {version}"
    parts = []
    for batch in source.index():
        stamps = batch.column("stamp")
        known = stamps if fallback is None else stamps.fill_null(fallback)
        parts.append(pa.RecordBatch.from_arrays([batch.column("id"), known], schema=INDEX))
        advance(batch.num_rows)
    return pa.Table.from_batches(parts, INDEX).combine_chunks()


def digest_of(index: pa.Table) -> str | None:
    """A version made of all stamps; None where an entry has none."""
    return None if index["stamp"].null_count else "index " + keys_digest(_keys(index))[:16]


def _keys(index: pa.Table) -> Iterator[tuple[str, str | None]]:
    for batch in index.to_batches(max_chunksize=INDEX_ROWS):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def delta_of(table: Path, source: str, index: pa.Table, reading: str) -> Delta:
    """Compares an index with what is stored.

    A raw entry is unchanged where all rows that came from it carry its stamp and were read as they would
    be now.

    Args:
        table: folder of the table `structures`.
        source: name of the source.
        index: its index.
        reading: digest of how entries are read now; rows that were read otherwise count as changed.
    """
    names = ["id", "raw_id", "stamp", "reading"]
    rows = pa.Table.from_batches(
        scan(table, source, names), pa.schema([(name, pa.string()) for name in names])
    )
    place = pc.index_in(rows["raw_id"], value_set=index["id"].combine_chunks(), skip_nulls=True)
    is_same = pc.and_(
        pc.equal(rows["stamp"], index["stamp"].take(place)).fill_null(False),
        pc.equal(rows["reading"], reading).fill_null(False),
    )
    is_listed, same = np.asarray(place.is_valid()), np.asarray(is_same)
    places = np.asarray(place.fill_null(0))
    is_changed = np.ones(index.num_rows, bool)
    is_changed[places[is_listed & same]] = False
    is_changed[places[is_listed & ~same]] = True
    goes = ~is_listed
    goes[is_listed] = is_changed[places[is_listed]]
    withdrawn = pc.count_distinct(rows["raw_id"].filter(pa.array(~is_listed)), mode="only_valid").as_py()
    return Delta(index, is_changed, withdrawn, rows["id"].filter(pa.array(goes)).combine_chunks())


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
    missing = dict(_keys(delta.index.filter(pa.array(is_left))))
    wanted = None if is_left.all() else sorted(missing)
    number = max((int(path.stem) for path in ready), default=-1) + 1
    reading = str(settings["reading_digest"])

    def stream() -> Iterator[Stamped]:
        for raw in source.raw_entries(wanted):
            yield raw, missing.pop(storable(raw.id), None)

    work = partial(shards.read_batch, families=families, reading=reading)
    lost = partial(shards.unread_batch, reading=reading)
    keys: list[tuple[str, str | None]] = []
    batches: list[pa.RecordBatch] = []

    def finish() -> None:
        nonlocal number
        path = folder / f"{number:07}.arrow"
        write_shard(path, header(keys), batches, structures_schema())
        ready.append(path)
        number += 1
        keys.clear()
        batches.clear()

    for part, batch in workers.map(work, cut(stream()), lost):
        keys.extend((storable(raw.id), stamp) for raw, stamp in part)
        batches.append(batch)
        advance(batch.num_rows)
        if len(keys) >= SHARD_ENTRIES:
            finish()
    if keys:
        finish()
    if missing:
        some = ", ".join(repr(id_) for id_ in sorted(missing)[:3])
        raise SourceChangedError(
            f"{source.name!r} lists {len(missing)} entries that it did not give ({some}); it changed while "
            "it was read: run again"
        )
    return ready, reused


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


def cut(items: Iterable[Item], size: int = SHARD_ENTRIES) -> Iterator[list[Item]]:
    """Cuts a stream into shards without reading ahead of them."""
    stream = iter(items)
    while shard := list(islice(stream, size)):
        yield shard
