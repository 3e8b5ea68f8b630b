"""The rows of a table, now and in its history, and those that records make."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable

from catalog.store.delta import lake
from catalog.store.schema import Row, entry_schema, storable


def stored_rows(table: Path, source: str) -> list[Row]:
    return [row for batch in lake.scan(table, source) for row in batch.to_pylist()]


def ids_at(table: Path, source: str, version: int) -> set[str]:
    """The ids that an older version of a table holds."""
    dataset = lake._dataset(DeltaTable(str(table), version=version), table)
    return set(dataset.to_table(columns=["id"], filter=ds.field("source") == source)["id"].to_pylist())


def record_to_row(record: Any) -> Row:
    """The row of a record: plain numbers, texts, lists and dicts, in the order of its columns."""
    row: Row = {}
    for field in fields(record):
        value = getattr(record, field.name)
        row |= record_to_row(value) if is_dataclass(value) else {field.name: _plain(value)}
    return row


def tables_of(*lists: Iterable[Any]) -> list[pa.Table]:
    """A table of the published columns for each list of records."""
    return [pa.Table.from_pylist(list(map(record_to_row, some)), entry_schema()) for some in lists]


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return storable(str(value))
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return record_to_row(value) if is_dataclass(value) else value
