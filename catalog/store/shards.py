"""Shards: the files in which finished work waits for its merge, each with a header that says what it is.

A shard is used only where the header that would be written now is equal to the one that it carries, and all
its rows are still to be made, of what they were made of. It is the only checkpoint of a run.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from catalog.errors import CatalogError
from catalog.home import Home
from catalog.store.durable import canonical_json, replace_durably
from catalog.store.schema import SCHEMA_VERSION, shortened

WORK = "work"
"""Folder below the catalog for unfinished work."""

HEADER_KEY = b"polywell.shard"

FORMAT_VERSION = 3
"""Version of the shard files; raised when their columns or their header change meaning."""

SHARD_ROWS = 500
"""Rows of a shard, at least: what a killed run has to make again is no more than a few of them."""

_DIGEST_BYTES = hashlib.sha256().digest_size
"""Bytes at the end of a shard, behind the Arrow file: the sha256 of all before them."""


class ShardError(CatalogError):
    """A shard cannot be written, or is not what it must be when it is merged."""

    may_pass = True


@dataclass(frozen=True)
class Header:
    """How the rows of a shard were made: equal headers, and equal entries, mean equal rows.

    `settings` holds all that the rows depend on beside the entries: digests of tables, parameters, versions.
    """

    kind: str
    source: str
    settings: Mapping[str, str | int]

    def text(self) -> str:
        """The header as it stands in the file."""
        return canonical_json({**asdict(self), "format": FORMAT_VERSION, "schema": SCHEMA_VERSION})


def work_folder(home: Home, source: str) -> Path:
    """Folder of the unfinished work on one source."""
    return home.catalog / WORK / hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def write_shard(path: Path, header: Header, batches: Sequence[pa.RecordBatch]) -> None:
    """Writes a shard; a crash leaves no file of this name, or a whole one.

    Args:
        path: the file; its folder is made.
        header: how the rows were made.
        batches: the rows, at least one batch.

    Raises:
        ShardError: the disk is full or read-only.
    """
    full = batches[0].schema.with_metadata({HEADER_KEY: header.text().encode("ascii")})
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    content = pa.BufferOutputStream()
    with pa.ipc.new_file(content, full, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    whole = content.getvalue()

    def write(partial: Path) -> None:
        with partial.open("wb") as file:
            file.write(whole)
            file.write(hashlib.sha256(whole).digest())

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_durably(path, write)
    except OSError as error:
        raise ShardError(
            f"{path.parent} cannot be written ({error.strerror or error}); the catalog published before is "
            "unchanged: make room or permissions, then run again"
        ) from error


def ready_shards(
    folder: Path, header: Header, keys: tuple[str, str], ids: pa.Array, marks: pa.Array
) -> tuple[list[Path], NDArray[np.bool_]]:
    """Shards of an earlier run whose rows are all still to be made; the others are removed.

    Args:
        folder: where they stand.
        header: what their header must be.
        keys: the columns that hold the ids of the entries that rows are made of, and what changes with each.
        ids: the entries of which rows are to be made.
        marks: what changes with each of them, a digest cut short; nothing is ready of those without.

    Returns:
        The shards in their order, and of which of the entries they hold the rows.
    """
    found = {path: _keys(path, header, keys) for path in sorted(folder.glob("*.arrow"))}
    held = pa.concat_tables([_NO_KEYS, *found.values()])
    places = pc.index_in(held["id"], value_set=ids)
    is_same = np.asarray(pc.equal(held["mark"], marks.take(places)).fill_null(False))
    rows = np.asarray(places.fill_null(0))
    ready: list[Path] = []
    is_ready, start = np.zeros(len(ids), bool), 0
    for path, own in found.items():
        end = start + own.num_rows
        if start < end and is_same[start:end].all() and not is_ready[rows[start:end]].any():
            ready.append(path)
            is_ready[rows[start:end]] = True
        else:
            path.unlink(missing_ok=True)
        start = end
    return ready, is_ready


_NO_KEYS = pa.table({"id": pa.array([], pa.string()), "mark": pa.array([], pa.string())})


def _keys(path: Path, header: Header, keys: tuple[str, str]) -> pa.Table:
    """The keys of a shard's rows; none where it cannot be read, or was made in another way."""
    try:
        parts = [shortened(batch).select(keys) for batch in batches_of(path, header, keys)]
        return pa.Table.from_batches(parts).rename_columns(_NO_KEYS.schema.names).cast(_NO_KEYS.schema)
    except (ShardError, KeyError, pa.ArrowException):
        return _NO_KEYS


class Growing:
    """Rows on their way into new shards of a folder, of which `paths` are written; numbers name the files."""

    def __init__(self, folder: Path, header: Header) -> None:
        self.paths: list[Path] = []
        self._folder, self._header = folder, header
        self._number = max((int(path.stem) for path in folder.glob("*.arrow")), default=-1) + 1
        self._waiting: list[pa.RecordBatch] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Takes rows, and writes a shard where enough of them have come.

        Raises:
            ShardError: the disk is full or read-only.
        """
        self._waiting.append(batch)
        if sum(some.num_rows for some in self._waiting) >= SHARD_ROWS:
            self.finish()

    def finish(self) -> None:
        """Writes what waits, as above."""
        if self._waiting:
            path = self._folder / f"{self._number + len(self.paths):07}.arrow"
            write_shard(path, self._header, self._waiting)
            self.paths.append(path)
            self._waiting = []


@dataclass(frozen=True)
class ShardRows:
    """The rows of shards in their order, read anew each time that they are asked for.

    Attributes:
        paths: the shards.
        header: what their headers must be.
        change: what becomes of each batch.
    """

    paths: Sequence[Path]
    header: Header
    change: Callable[[pa.RecordBatch], pa.RecordBatch] = lambda batch: batch

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for path in self.paths:
            yield from map(self.change, batches_of(path, self.header))

    def columns(self, names: Collection[str]) -> Iterator[pa.RecordBatch]:
        """Some columns of them, as they stand in the shards."""
        for path in self.paths:
            yield from batches_of(path, self.header, names)


def _content(path: Path) -> pa.Buffer:
    """The Arrow file in a shard.

    Raises:
        OSError: it cannot be read, or does not hold what was written.
    """
    whole = path.read_bytes()
    content = memoryview(whole)[:-_DIGEST_BYTES]
    if hashlib.sha256(content).digest() != whole[len(content) :]:
        raise OSError("it does not hold what was written")
    return pa.py_buffer(content)


def batches_of(
    path: Path, header: Header | None = None, names: Collection[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Streams the rows of a shard, the metadata of their schema left out.

    Args:
        path: the shard.
        header: what its header must be; None trusts the file.
        names: the columns to give, in the order of the file; all if None.

    Raises:
        ShardError: no such shard, or one with another header.
    """
    try:
        content = _content(path)
        schema = pa.ipc.open_file(content).schema
        found = (schema.metadata or {}).get(HEADER_KEY, b"")
        if header is not None and found != header.text().encode("ascii"):
            raise ShardError(
                f"{path} was made of something else than this run; expected {header.text()}: run again, "
                "it will be made anew"
            )
        chosen = None if names is None else [schema.get_field_index(name) for name in names]
        with pa.ipc.open_file(content, options=pa.ipc.IpcReadOptions(included_fields=chosen)) as file:
            for index in range(file.num_record_batches):
                yield file.get_batch(index)
    except (OSError, pa.ArrowException) as error:
        raise ShardError(f"{path} cannot be read ({str(error)[:200]}); remove it and run again") from error


def forget_work(folder: Path) -> None:
    """Removes the work of a source whose run is published."""
    shutil.rmtree(folder, ignore_errors=True)
