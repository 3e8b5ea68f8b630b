"""Delta tables: one merge a source, idempotent, safe beside other writers."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as fs
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from catalog.errors import LakeError
from catalog.predictions import predictions_schema
from catalog.schema import SCHEMA_VERSION, VERSION_KEY, Row, row_hash
from catalog.structures import structures_schema

BATCH_ROWS = 1000
"""Rows held in memory at a time while a merge is prepared or a table is read."""

ATTEMPTS = 20
"""How often a merge that lost against another writer is tried."""

_SETTINGS = {
    VERSION_KEY: str(SCHEMA_VERSION),
    "delta.dataSkippingStatsColumns": "id",
}
"""Statistics for `id` only: deltalake 1.5 counts the nulls of nested columns per leaf, and where that count
happens to equal the number of rows, readers take the whole column for null, as with [[1, 2], []]
(delta-rs 4578, fixed there by 4581 in July 2026)."""


SCHEMAS = {"structures": structures_schema, "predictions": predictions_schema}
"""The tables of a home, by the name of their folder."""


def merge(
    table_path: Path,
    rows: Iterable[Mapping[str, Any]] | pa.Table,
    source: str,
    schema: pa.Schema | None = None,
) -> int:
    """Makes the table hold exactly `rows` for `source`: updates what changed, adds, and drops the rest.

    What leaves stays in the table's history. Rows of other sources are not touched. When nothing changed,
    no new version is made.

    Args:
        table_path: the table's folder; made at the first merge.
        rows: the rows of this source, all of them; streamed through a file, never all in memory.
        source: name of the source; every row must carry it.
        schema: columns of the rows; `row_hash` is added where it is missing. None means the schema that
            belongs to the folder's name (see `SCHEMAS`).

    Returns:
        The table's version after the merge.

    Raises:
        LakeError: a foreign source, an id given twice, a column that does not fit, a table of another
            schema version, or too many writers at the same time.
    """
    schema = schema if schema is not None else _schema_of(table_path)
    full = schema if "row_hash" in schema.names else schema.append(pa.field("row_hash", pa.string()))
    listed = rows.to_pylist() if isinstance(rows, pa.Table) else rows
    with tempfile.TemporaryDirectory(prefix="polywell-") as folder:
        spool = Path(folder) / "rows.arrow"
        _write_spool(spool, listed, source, full)
        for attempt in range(ATTEMPTS):
            try:
                return _merge_once(table_path, spool, source, full)
            except CommitFailedError as error:
                lost = error
                time.sleep(random.uniform(0.05, 0.25) * (1 + attempt))
            except (DeltaError, OSError) as error:
                raise LakeError(
                    f"{table_path} cannot be written ({str(error)[:300]}); what it held is unchanged: "
                    "make room or permissions, then run again"
                ) from error
    raise LakeError(
        f"{table_path}: {ATTEMPTS} merges of {source!r} lost against other writers ({lost}); "
        "run again when the others have ended"
    )


def read_rows(table_path: Path, source: str, version: int | None = None) -> Iterator[Row]:
    """Streams the current rows of a source, in no particular order.

    Args:
        table_path: the table's folder.
        source: name of the source.
        version: an older version of the table instead of the newest.

    Raises:
        LakeError: no table there, or one of another schema version.
    """
    table = _open(table_path, version)
    if table is None:
        raise LakeError(f"{table_path} holds no table yet; screen {source!r} first")
    # Arrow's own file system: with deltalake's, written in Python, one process in three dies with
    # "terminate called without an active exception" when it ends (delta-rs 2184, arrow 34314).
    folder = fs.SubTreeFileSystem(str(table_path.absolute()), fs.LocalFileSystem())
    dataset = table.to_pyarrow_dataset(filesystem=folder)
    for batch in dataset.to_batches(filter=ds.field("source") == source, batch_size=BATCH_ROWS):
        yield from batch.to_pylist()


def _schema_of(table_path: Path) -> pa.Schema:
    if table_path.name not in SCHEMAS:
        raise LakeError(
            f"no schema is known for {table_path}; expected a folder named {' or '.join(SCHEMAS)}"
        )
    return SCHEMAS[table_path.name]()


def _write_spool(spool: Path, rows: Iterable[Mapping[str, Any]], source: str, schema: pa.Schema) -> None:
    """Writes the rows to a file that a merge can read more than once, and checks their keys."""
    seen: set[str] = set()
    waiting = iter(rows)
    with pa.OSFile(str(spool), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        while chunk := list(islice(waiting, BATCH_ROWS)):
            ready = [_checked(row, source, seen, schema) for row in chunk]
            try:
                writer.write_batch(pa.RecordBatch.from_pylist(ready, schema=schema))
            except (pa.ArrowException, UnicodeEncodeError, OverflowError) as error:
                raise LakeError(f"rows of {source!r} do not fit the table's columns: {error}") from error


def _checked(row: Mapping[str, Any], source: str, seen: set[str], schema: pa.Schema) -> Mapping[str, Any]:
    if row["source"] != source:
        raise LakeError(
            f"row {row['id']!r} belongs to source {row['source']!r}, expected {source!r}; merge them apart"
        )
    if row["id"] in seen:
        raise LakeError(f"id {row['id']!r} of source {source!r} came twice in one merge; ids must be unique")
    if set(row) - set(schema.names):
        unknown = ", ".join(sorted(set(row) - set(schema.names)))
        raise LakeError(
            f"row {row['id']!r} has the unknown columns {unknown}; expected {', '.join(schema.names)}"
        )
    seen.add(row["id"])
    return row if row.get("row_hash") else {**row, "row_hash": row_hash(row)}


def _merge_once(table_path: Path, spool: Path, source: str, schema: pa.Schema) -> int:
    table = _open(table_path) or _create(table_path, schema)
    mine = "t.source = '" + source.replace("'", "''") + "'"
    with pa.memory_map(str(spool)) as mapped, pa.ipc.open_file(mapped) as file:
        batches = (file.get_batch(index) for index in range(file.num_record_batches))
        (
            table.merge(
                pa.RecordBatchReader.from_batches(file.schema, batches),
                predicate=f"{mine} AND t.source = s.source AND t.id = s.id",
                source_alias="s",
                target_alias="t",
            )
            .when_matched_update_all(predicate="t.row_hash != s.row_hash")
            .when_not_matched_insert_all()
            .when_not_matched_by_source_delete(predicate=mine)
            .execute()
        )
    return int(table.version())


def _open(table_path: Path, version: int | None = None) -> DeltaTable | None:
    try:
        table = DeltaTable(str(table_path), version=version)
    except TableNotFoundError:
        return None
    found = table.metadata().configuration.get(VERSION_KEY)
    if found != str(SCHEMA_VERSION):
        raise LakeError(
            f"{table_path} has schema version {found or 'unknown'}, this program knows {SCHEMA_VERSION}; "
            "use the program that wrote it, or give another home"
        )
    return table


def _create(table_path: Path, schema: pa.Schema) -> DeltaTable:
    table_path.mkdir(parents=True, exist_ok=True)
    return DeltaTable.create(
        str(table_path),
        schema,
        mode="ignore",
        partition_by=["source"],
        configuration=_SETTINGS,
        raise_if_key_not_exists=False,
    )
