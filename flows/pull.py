"""Reading a source: only what changed since it was last read, in shards that outlive the process.

Finished shards are files with headers (see `catalog.shards`). They are merged into the table `structures`
once, when all have come; a run that is killed before finds them again and reads only the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from catalog.errors import SourceChangedError
from catalog.home import Home
from catalog.lake import apply, scan
from catalog.schema import storable
from catalog.shards import Header, ShardError, batches_of, is_shard, keys_digest, write_shard
from catalog.sources import Source
from catalog.structures import structures_schema
from flows import shards
from flows.dask_workers import DaskWorkers
from flows.progress import Advance
from flows.shards import Stamped
from flows.workers import Workers
from polywell.families import Families

Item = TypeVar("Item")

SHARD_ENTRIES = 500
"""Entries that go to a worker together: enough to make the way there cheap, few enough to see progress."""

LISTED_ENTRIES = 1000
"""Entries of an index between two signs of progress."""

Index = dict[str, str | None]
"""Ids of all raw entries of a source, each with what changes with it; None where nothing tells."""


class NothingToScreenError(Exception):
    """The source holds no entry."""


@dataclass(frozen=True)
class Delta:
    """What is to be read: raw entries that are new or changed, and rows that may have to go.

    `stored` holds the ids of the stored rows whose raw entry is read anew or is no longer there.
    """

    index: Index
    changed: frozenset[str]
    withdrawn: int
    stored: frozenset[str]
    is_everything: bool


def index_of(source: Source, version: str | None, advance: Advance) -> Index:
    """The index of a source; its version stands in for the stamps that it lacks.

    Args:
        source: where to look.
        version: of the source, where it has one.
        advance: told of each entry that is listed.

    Raises:
        SourceError: the source cannot be read.
    """
    fallback = None if version is None else f"version {version}"
    index: Index = {}
    for part in cut(source.index(), LISTED_ENTRIES):
        index.update((storable(id_), fallback if stamp is None else stamp) for id_, stamp in part)
        advance(len(part))
    return index


def digest_of(index: Index) -> str | None:
    """A version made of all stamps; None where an entry has none."""
    return None if None in index.values() else "index " + keys_digest(index.items())[:16]


def delta_of(table: Path, source: str, index: Index, reading: str) -> Delta:
    """Compares an index with what is stored.

    Args:
        table: folder of the table `structures`.
        source: name of the source.
        index: its index.
        reading: digest of how entries are read now; rows that were read otherwise count as changed.
    """
    known: dict[str, str | None] = {}
    rows: list[tuple[str, str | None]] = []
    for batch in scan(table, source, ["id", "raw_id", "stamp", "reading"]):
        for id_, raw_id, stamp, read in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            rows.append((id_, raw_id))
            if raw_id is not None:
                same = known.get(raw_id, stamp) == stamp and read == reading
                known[raw_id] = stamp if same else None
    changed = frozenset(id_ for id_, stamp in index.items() if stamp is None or known.get(id_) != stamp)
    stored = frozenset(
        id_ for id_, raw_id in rows if raw_id is None or raw_id in changed or raw_id not in index
    )
    withdrawn = sum(raw_id not in index for raw_id in known)
    return Delta(index, changed, withdrawn, stored, len(changed) == len(index))


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

    ready, done = _ready_shards(folder, delta, header)
    remaining = delta.changed - done
    if not remaining:
        return ready, len(done)
    everything = len(remaining) == len(delta.index)
    number = max((int(path.stem) for path in ready), default=-1) + 1
    reading = str(settings["reading_digest"])
    missing = set(remaining)

    def stream() -> Iterator[Stamped]:
        for raw in source.raw_entries(None if everything else sorted(remaining)):
            id_ = storable(raw.id)
            missing.discard(id_)
            yield raw, delta.index.get(id_)

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
    return ready, len(done)


def _ready_shards(
    folder: Path, delta: Delta, header: Callable[[Iterable[tuple[str, str | None]]], Header]
) -> tuple[list[Path], set[str]]:
    """Shards of an earlier run that are what this one would write; the others are removed."""
    ready: list[Path] = []
    done: set[str] = set()
    for path in sorted(folder.glob("*.arrow")):
        ids = _raw_ids(path)
        keys = [(id_, delta.index.get(id_)) for id_ in ids]
        fresh = delta.changed.issuperset(ids) and done.isdisjoint(ids)
        if ids and fresh and all(stamp for _, stamp in keys) and is_shard(path, header(keys)):
            ready.append(path)
            done.update(ids)
        else:
            path.unlink(missing_ok=True)
    return ready, done


def _raw_ids(path: Path) -> list[str]:
    """Raw entries in a shard, in its order; nothing where it cannot be read."""
    try:
        found = (id_ for batch in batches_of(path) for id_ in batch.column("raw_id").to_pylist())
        return list(dict.fromkeys(found))
    except (ShardError, KeyError):
        return []


def merge_structures(home: Home, source: str, delta: Delta, ready: Collection[Path]) -> None:
    """Brings the shards into the table, in one commit.

    Raises:
        LakeError: the table cannot be written.
    """

    def batches() -> Iterator[pa.RecordBatch]:
        for path in ready:
            yield from batches_of(path)

    came: set[str] = set()
    for path in ready:
        for batch in batches_of(path):
            came.update(batch.column("id").to_pylist())
    is_known_anew = delta.is_everything and None not in delta.index.values()
    apply(home.structures, batches(), delta.stored - came, source, complete=is_known_anew)


def cut(items: Iterable[Item], size: int = SHARD_ENTRIES) -> Iterator[list[Item]]:
    """Cuts a stream into shards without reading ahead of them."""
    stream = iter(items)
    while shard := list(islice(stream, size)):
        yield shard
