"""Shards: the files in which finished work waits for its merge, each with a header that says what it is.

A shard is used only where the header that would be written now is equal to the one that it carries. It is
the only checkpoint of a run.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa

from catalog.errors import CatalogError
from catalog.home import Home
from catalog.store.durable import canonical_json, file_digest, replace_durably
from catalog.store.schema import SCHEMA_VERSION

WORK = "work"
"""Folder below the catalog for unfinished work."""

HEADER_KEY = b"polywell.shard"

FORMAT_VERSION = 2
"""Version of the shard files; raised when their columns or their header change meaning."""

_DIGEST_BYTES = hashlib.sha256().digest_size
"""Bytes at the end of a shard, behind the Arrow file: the sha256 of all before them."""


class ShardError(CatalogError):
    """A shard cannot be written, or is not what it must be when it is merged."""

    may_pass = True


@dataclass(frozen=True)
class Header:
    """What a shard was made of: equal headers mean equal rows.

    `keys` is the digest of the ids with what changes with each entry, in order; `settings` holds
    everything else that the rows depend on: digests of tables, parameters, versions.
    """

    kind: str
    source: str
    keys: str
    settings: Mapping[str, str | int]

    def text(self) -> str:
        """The header as it stands in the file."""
        return canonical_json({**asdict(self), "format": FORMAT_VERSION, "schema": SCHEMA_VERSION})


def keys_digest(keys: Iterable[Sequence[str | None]]) -> str:
    """Digest of ids and stamps, or of ids and hashes, in their order."""
    digest = hashlib.sha256()
    for key in keys:
        for part in key:
            text = b"-" if part is None else b"+" + part.encode("utf-8", "surrogatepass")
            digest.update(len(text).to_bytes(8, "big") + text)
    return digest.hexdigest()


def work_folder(home: Home, source: str) -> Path:
    """Folder of the unfinished work on one source."""
    return home.catalog / WORK / hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def write_shard(
    path: Path, header: Header, batches: Iterable[pa.RecordBatch], schema: pa.Schema, durably: bool = True
) -> None:
    """Writes a shard; a crash leaves no file of this name, or a whole one.

    Args:
        path: the file; its folder is made.
        header: what the rows are made of.
        batches: the rows.
        schema: their columns.
        durably: False for a file that this run alone reads: nothing is lost with it.

    Raises:
        ShardError: the disk is full or read-only.
    """
    full = schema.with_metadata({**(schema.metadata or {}), HEADER_KEY: header.text().encode("ascii")})
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)

    def write(partial: Path) -> None:
        with pa.OSFile(str(partial), "wb") as sink, pa.ipc.new_file(sink, full, options=options) as writer:
            for batch in batches:
                writer.write_batch(batch)
        digest = bytes.fromhex(file_digest(partial))
        with partial.open("ab") as file:
            file.write(digest)

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if durably:
            replace_durably(path, write)
        else:
            write(path)
    except OSError as error:
        raise ShardError(
            f"{path.parent} cannot be written ({error.strerror or error}); the catalog published before is "
            "unchanged: make room or permissions, then run again"
        ) from error


def is_shard(path: Path, header: Header) -> bool:
    """Whether a shard with exactly this header stands there."""
    return header_text(path) == header.text()


def header_text(path: Path) -> str | None:
    """The header of a shard as it stands in the file; None where there is no shard that can be read."""
    try:
        with pa.ipc.open_file(_content(path)) as file:
            found = (file.schema.metadata or {}).get(HEADER_KEY)
    except (OSError, pa.ArrowException):
        return None
    return None if found is None else bytes(found).decode("ascii", "replace")


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


def batches_of(path: Path, header: Header | None = None) -> Iterator[pa.RecordBatch]:
    """Streams the rows of a shard, the metadata of their schema left out.

    Args:
        path: the shard.
        header: what its header must be; None trusts the file.

    Raises:
        ShardError: no such shard, or one with another header.
    """
    if header is not None and not is_shard(path, header):
        raise ShardError(
            f"{path} is missing or was made of something else than this run; expected {header.text()}: "
            "run again, it will be made anew"
        )
    try:
        with pa.ipc.open_file(_content(path)) as file:
            for index in range(file.num_record_batches):
                yield file.get_batch(index)
    except (OSError, pa.ArrowException) as error:
        raise ShardError(f"{path} cannot be read ({str(error)[:200]}); remove it and run again") from error


def forget_work(folder: Path) -> None:
    """Removes the work of a source whose run is published."""
    shutil.rmtree(folder, ignore_errors=True)
