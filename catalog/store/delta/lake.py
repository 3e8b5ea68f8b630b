"""Delta tables: one commit a source, idempotent, safe beside other writers."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.fs as fs
from deltalake import DeltaTable
from deltalake import Schema as DeltaSchema
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from numpy.typing import NDArray

from catalog.errors import LakeError
from catalog.store.delta import digests
from catalog.store.delta.changes import Changes
from catalog.store.delta.writing import replace_rows, rewrite
from catalog.store.predictions import table_schema
from catalog.store.schema import SCHEMA_VERSION, VERSION_KEY, Row, conformed, without_words
from catalog.store.structures import structures_schema
from polywell.records import EntryKey

BATCH_ROWS = 10_000
"""Rows held in memory at a time while a table is read, at most; a row group is no larger."""

ATTEMPTS = 20
"""How often a merge that lost against another writer is tried."""

CHANGE_MARKS = tuple("row_hash stamp reading input_hash algorithm_version families_digest".split())
"""Columns of which one at least differs when a stored row is to be replaced."""

_SETTINGS = {
    VERSION_KEY: str(SCHEMA_VERSION),
    "delta.dataSkippingStatsColumns": "id",
}
"""Statistics for `id` only: deltalake 1.5 counts the nulls of nested columns per leaf, and where that count
happens to equal the number of rows, readers take the whole column for null, as with [[1, 2], []]
(delta-rs 4578, fixed there by 4581 in July 2026)."""


SCHEMAS = {"structures": structures_schema, "predictions": table_schema}
"""The tables of a home, by the name of their folder."""


def apply(
    table_path: Path,
    batches: Iterable[pa.RecordBatch],
    gone: pa.Array,
    source: str,
    complete: bool = False,
) -> int | None:
    """Brings changes of one source into a table, in one commit or not at all.

    Args:
        table_path: folder of one of the tables of `SCHEMAS`; made at the first use.
        batches: the rows that are new or changed, each id once; gone through more than once, so no iterator.
        gone: ids that leave the table; they stay in its history.
        source: name of the source; every row must carry it.
        complete: the rows are all rows of the source; what is stored beside them leaves.

    Returns:
        The table's version afterwards; None where there was nothing to do and no table.

    Raises:
        LakeError: a foreign source, an id given twice, a table of another schema version, or damaged, a disk
            that is full or read-only, or too many writers at the same time.
    """
    schema = _schema_of(table_path)
    marks = [name for name in schema.names if name in CHANGE_MARKS]

    def commit() -> None:
        changes = Changes(batches, gone, source, schema, marks)
        if changes.rows or len(gone):
            _commit(table_path, changes, source, schema, complete and changes.rows > 0)

    with as_lake_error(table_path):
        _persistently(table_path, source, commit)
        table = _open(table_path)
        if table is None:
            return None
        digests.keep_digests(table_path, files_of(unchecked_dataset(table, table_path)))
        return int(table.version())


def scan(table_path: Path, source: str, columns: Collection[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Streams the current rows of a source in the order of the table's files; nothing without a table.

    Args:
        table_path: folder of one of the tables of `SCHEMAS`.
        source: name of the source.
        columns: the columns to give; all if None. What older rows lack is null.

    Raises:
        LakeError: a table of another schema version, or damaged.
    """
    schema = _schema_of(table_path)
    if columns is not None:
        schema = pa.schema([schema.field(name) for name in columns])
    table = _open(table_path)
    if table is None:
        return
    dataset = _dataset(table, table_path, source)
    yield from _current(dataset, table_path, source, schema)


def row_count(table_path: Path, source: str) -> int:
    """The number of current rows of a source, from the ends of the files.

    Raises:
        LakeError: a table of another schema version, or damaged.
    """
    table = _open(table_path)
    if table is None:
        return 0
    dataset = _dataset(table, table_path, source)
    with _as_damage(table_path):
        return int(dataset.count_rows(filter=ds.field("source") == source))


def rows_at(table_path: Path, source: str, chosen: NDArray[np.bool_]) -> Iterator[pa.RecordBatch]:
    """Streams those of the rows of `scan` that are chosen; groups of rows without any are not read.

    Args:
        table_path: folder of one of the tables of `SCHEMAS`.
        source: name of the source.
        chosen: of each row of `scan`, in its order, whether to give it.

    Raises:
        LakeError: a table of another schema version, or damaged, or of other rows than when they were chosen.
    """
    schema, table = _schema_of(table_path), _open(table_path)
    start = 0
    if table is not None:
        dataset = _dataset(table, table_path, source)
        for fragment in dataset.get_fragments(ds.field("source") == source):
            with _as_damage(table_path):
                groups = fragment.row_groups
            for group in groups:
                here = chosen[start : start + group.num_rows]
                start += group.num_rows
                if here.any():
                    with _as_damage(table_path):
                        rows = _of_group(fragment.subset(row_group_ids=[group.id]), dataset.schema, schema)
                    yield rows if here.all() else rows.filter(pa.array(here))
    if start != len(chosen):
        raise LakeError(
            f"{table_path} holds {start} rows of {source!r}, {len(chosen)} were compared: another "
            "program wrote there meanwhile, run again"
        )


def rows_of(table_path: Path, keys: Collection[EntryKey]) -> dict[EntryKey, Row]:
    """The current rows of some entries; an entry that the table lacks is left out.

    Args:
        table_path: folder of one of the tables of `SCHEMAS`.
        keys: the entries.

    Raises:
        LakeError: as with `rows_at`.
    """
    found: dict[EntryKey, Row] = {}
    for source in sorted({source for source, _ in keys}):
        wanted = pa.array([id_ for of, id_ in keys if of == source], pa.string())
        ids = (batch.column("id") for batch in scan(table_path, source, ["id"]))
        chosen = [np.asarray(pc.is_in(some, value_set=wanted)) for some in ids]
        for batch in rows_at(table_path, source, np.concatenate(chosen)) if chosen else ():
            found |= {(source, str(row["id"])): row for row in batch.to_pylist()}
    return found


def _of_group(group: ds.ParquetFileFragment, stored: pa.Schema, schema: pa.Schema) -> pa.RecordBatch:
    names = [name for name in schema.names if name in stored.names]
    table = group.to_table(schema=stored, columns=names, use_threads=False)
    [batch] = table.combine_chunks().to_batches()
    return conformed(batch, schema)


def _dataset(table: DeltaTable, table_path: Path, source: str | None = None) -> ds.Dataset:
    """The current files of a table, of which those of the source, or all, are as they were written."""
    dataset = unchecked_dataset(table, table_path)
    names = files_of(dataset, source)
    digests.check(table_path, digests.wrong_files(table_path, names, digests.kept_digests(table_path)))
    return dataset


def files_of(dataset: ds.Dataset, source: str | None = None) -> list[str]:
    """Paths within a table of the files that hold the current rows of a source, or of all."""
    wanted = None if source is None else ds.field("source") == source
    return [fragment.path for fragment in dataset.get_fragments(wanted)]


def unchecked_dataset(table: DeltaTable, table_path: Path) -> ds.Dataset:
    """The current files of a table, whatever they hold."""
    # Arrow's own file system: with deltalake's, written in Python, one process in three dies with
    # "terminate called without an active exception" when it ends (delta-rs 2184, arrow 34314).
    folder = fs.SubTreeFileSystem(str(table_path.absolute()), fs.LocalFileSystem())
    return table.to_pyarrow_dataset(filesystem=folder)


@contextmanager
def as_lake_error(table_path: Path) -> Iterator[None]:
    """Turns the error of a full or read-only disk into one that says what to do."""
    try:
        yield
    except (DeltaError, OSError) as error:
        raise LakeError(
            f"{table_path} cannot be written ({str(error)[:300]}); what it held is unchanged: "
            "make room or permissions, then run again"
        ) from error


@contextmanager
def _as_damage(table_path: Path) -> Iterator[None]:
    """Turns the error of a table that cannot be read into one that says what to do."""
    try:
        yield
    except (DeltaError, OSError, pa.ArrowException) as error:
        raise digests.damaged(table_path, f"cannot be read ({first_line(error)})") from error


def first_line(error: BaseException) -> str:
    """The first line of what a library says, which may add the state of its stack."""
    return next(iter(str(error).splitlines()), type(error).__name__)[:300]


def _persistently(table_path: Path, source: str, commit: Callable[[], None]) -> None:
    """Tries a commit again while other writers win."""
    lost: Exception | None = None
    for attempt in range(ATTEMPTS):
        try:
            with as_lake_error(table_path):
                return commit()
        except LakeError as error:
            if not isinstance(error.__cause__, CommitFailedError):
                raise
            lost = error.__cause__
            time.sleep(random.uniform(0.05, 0.25) * (1 + attempt))
    raise LakeError(
        f"{table_path}: {ATTEMPTS} merges of {source!r} lost against other writers ({lost}); "
        "run again when the others have ended"
    )


def _schema_of(table_path: Path) -> pa.Schema:
    if table_path.name not in SCHEMAS:
        raise LakeError(
            f"no schema is known for {table_path}; expected a folder named {' or '.join(SCHEMAS)}"
        )
    return without_words(SCHEMAS[table_path.name]())


def _commit(table_path: Path, changes: Changes, source: str, schema: pa.Schema, complete: bool) -> None:
    """Writes the rows of a source anew, with the changes, in one commit; none where nothing moves.

    Delta's own MERGE gives the same table for seven times the work and 2 GB: it joins whole rows.
    """
    table = _evolved(_open(table_path) or _create(table_path, schema), table_path, schema)
    dataset = _dataset(table, table_path, source)
    if not changes.compare(_current(dataset, table_path, source, changes.columns), complete):
        return
    stay = () if complete else changes.staying(_current(dataset, table_path, source, schema))
    replace_rows(table, table_path, source, chain(stay, changes.coming(everything=complete)))


def _current(
    dataset: ds.Dataset, table_path: Path, source: str, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """The stored rows of a source, with the columns of `schema`; what older rows lack is null."""
    batches = dataset.to_batches(
        columns=[name for name in schema.names if name in dataset.schema.names],
        filter=ds.field("source") == source,
        batch_size=BATCH_ROWS,
        batch_readahead=1,
        fragment_readahead=1,
        use_threads=False,
    )
    while True:
        with _as_damage(table_path):
            batch = next(batches, None)
        if batch is None:
            return
        if batch.num_rows:
            yield conformed(batch, schema)


def _evolved(table: DeltaTable, table_path: Path, schema: pa.Schema) -> DeltaTable:
    """Adds the columns that an older program did not know.

    The table is rewritten where members were added, or where it holds columns that are no more.
    """
    stored = pa.schema(table.schema().to_arrow())
    missing = [field for field in schema if field.name not in stored.names]
    dataset = unchecked_dataset(table, table_path)
    grown = [
        field.name
        for field in schema
        if field.name in dataset.schema.names
        and pa.types.is_nested(field.type)
        and dataset.schema.field(field.name).type != field.type
    ]
    gone = [name for name in stored.names if name not in schema.names]
    if grown or gone:
        whole = _dataset(table, table_path)
        sources = [str(one["source"]) for one in table.partitions()]
        rows = (_current(whole, table_path, source, schema) for source in sources)
        rewrite(table, table_path, DeltaSchema.from_arrow(schema), zip(sources, rows, strict=True))
    elif missing:
        table.alter.add_columns(list(DeltaSchema.from_arrow(pa.schema(missing)).fields))
    return _open(table_path) or table


def _open(table_path: Path) -> DeltaTable | None:
    """The table, whose log is as it was written; None where there is none."""
    kept = digests.kept_digests(table_path)
    digests.check(table_path, digests.wrong_log_files(table_path, kept))
    with _as_damage(table_path / digests.LOG):
        try:
            table = unchecked_table(table_path)
        except TableNotFoundError:
            if kept or any(table_path.glob("*/*.parquet")):
                raise
            return None
    found = table.metadata().configuration.get(VERSION_KEY)
    if found != str(SCHEMA_VERSION):
        raise LakeError(
            f"{table_path} has schema version {found or 'unknown'}, this program knows {SCHEMA_VERSION}; "
            "use the program that wrote it, or give another home"
        )
    return table


def unchecked_table(table_path: Path) -> DeltaTable:
    """The table as its log has it, whatever that holds.

    Raises:
        DeltaError: there is no log, or none that can be read.
        OSError: the log cannot be opened.
    """
    return DeltaTable(table_path.absolute().as_uri())


def _create(table_path: Path, schema: pa.Schema) -> DeltaTable:
    table_path.mkdir(parents=True, exist_ok=True)
    return DeltaTable.create(
        table_path.absolute().as_uri(),
        schema,
        mode="ignore",
        partition_by=["source"],
        configuration=_SETTINGS,
        raise_if_key_not_exists=False,
    )
