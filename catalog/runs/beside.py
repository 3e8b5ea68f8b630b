"""Tables that lie beside a page of a study: rows of a record type as Parquet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.store.durable import replace_durably

TYPES = {
    "str": pa.string(),
    "int": pa.int32(),
    "float": pa.float64(),
    "float | None": pa.float64(),
    "bool": pa.bool_(),
}
"""Types of columns by the annotation of a field."""


def write_rows_durably(path: Path, kind: Any, rows: Iterable[Any]) -> None:
    """Writes one row for each record, one column for each field, in one step.

    Args:
        path: the file; its folder exists.
        kind: the type of the records: a dataclass whose fields are of `TYPES`.
        rows: the records.

    Raises:
        OSError: the disk is full or read-only; what was at `path` is unchanged.
    """
    schema = pa.schema([(name, TYPES[str(written)]) for name, written in kind.__annotations__.items()])
    table = pa.Table.from_pylist([asdict(row) for row in rows], schema)
    replace_durably(path, lambda partial: pq.write_table(table, partial, compression="zstd"))
