"""The rows of a table, now and in its history."""

from pathlib import Path

import pyarrow.dataset as ds
from deltalake import DeltaTable

from catalog.store.delta import lake
from catalog.store.schema import Row


def stored_rows(table: Path, source: str) -> list[Row]:
    return [row for batch in lake.scan(table, source) for row in batch.to_pylist()]


def ids_at(table: Path, source: str, version: int) -> set[str]:
    """The ids that an older version of a table holds."""
    dataset = lake._dataset(DeltaTable(str(table), version=version), table)
    return set(dataset.to_table(columns=["id"], filter=ds.field("source") == source)["id"].to_pylist())
