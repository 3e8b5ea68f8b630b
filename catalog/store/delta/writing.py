"""The Parquet files of a table, and the commit that puts them in the place of those before."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Schema
from deltalake.transaction import AddAction

from catalog.store.durable import text_digest

GROUP_ROWS = 10_000
"""Rows of a group, which whoever reads a table holds in memory together."""

_LONGEST = 200
"""Characters of the name of a folder; most disks take 255, and other letters than ours take nine each."""

_FILE_GROUPS = 100
"""Groups of a file, at most: they are lost together where it is damaged."""


def replace_rows(table: DeltaTable, table_path: Path, source: str, batches: Iterable[pa.RecordBatch]) -> None:
    """Puts rows in the place of all rows of a source, in one commit or not at all.

    `write_deltalake` takes twice the time: it parts rows by their source, which is one.

    Args:
        table: the table as it was when the rows were chosen.
        table_path: its folder.
        source: name of the source.
        batches: the rows, with the columns of the table.

    Raises:
        CommitFailedError: another writer was faster.
        OSError: the disk is full or read-only.
    """
    files = list(_files(table_path, source, batches))
    _commit(table, files, table.schema(), partition_filters=[("source", "=", source)])


def rewrite(
    table: DeltaTable,
    table_path: Path,
    schema: Schema,
    sources: Iterable[tuple[str, Iterable[pa.RecordBatch]]],
) -> None:
    """As `replace_rows`, in the place of all rows of a table, which then has the columns of `schema`."""
    files = [file for source, batches in sources for file in _files(table_path, source, batches)]
    _commit(table, files, schema, partition_by=["source"])


def _commit(table: DeltaTable, files: list[AddAction], schema: Schema, **which: Any) -> None:
    once = CommitProperties(max_commit_retries=0)
    table.create_write_transaction(files, "overwrite", schema, commit_properties=once, **which)


def _files(table_path: Path, source: str, batches: Iterable[pa.RecordBatch]) -> Iterator[AddAction]:
    folder, groups = _folder(source), _groups(batches)
    for group in groups:
        name = f"{folder}/part-{uuid4()}.parquet"
        rows = _write(table_path / name, chain([group], islice(groups, _FILE_GROUPS - 1)))
        size, stats = (table_path / name).stat().st_size, json.dumps({"numRecords": rows})
        yield AddAction(name, size, {"source": source}, int(1000 * time.time()), True, stats)


def _folder(source: str) -> str:
    """Where the files of a source lie; whose rows they hold stands in the table's log, whatever its name."""
    name = f"source={quote(source, safe='')}"
    return name if len(name) <= _LONGEST else f"source-{text_digest(source)[:16]}"


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The rows cut and joined to groups, without the column that names the folder."""
    waiting: list[pa.Table] = []
    for batch in batches:
        table = pa.concat_tables([*waiting, pa.Table.from_batches([batch]).drop_columns("source")])
        while table.num_rows >= GROUP_ROWS:
            yield table.slice(0, GROUP_ROWS)
            table = table.slice(GROUP_ROWS)
        waiting = [table] if table.num_rows else []
    yield from waiting


def _write(path: Path, groups: Iterator[pa.Table]) -> int:
    """Writes a file, none where it cannot be written whole. Returns its rows."""
    first, rows = next(groups), 0
    path.parent.mkdir(exist_ok=True)
    try:
        # Without dictionaries, for so few rows at a time, files are smaller and faster to write and to read.
        with pq.ParquetWriter(
            path,
            first.schema,
            compression="zstd",
            use_dictionary=False,
            write_statistics=["id"],
            store_schema=False,
        ) as writer:
            for group in chain([first], groups):
                writer.write_table(group)
                rows += group.num_rows
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return rows
