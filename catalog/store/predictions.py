"""Records as rows and columns: the table of predictions, and the published files.

What a column is called, holds and means stands on the fields of `polywell.records`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from enum import StrEnum
from functools import cache
from itertools import islice
from operator import attrgetter
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
import pyarrow as pa

from catalog.store.schema import Row, arrow_schema, row_hash, row_hashes, storable
from polywell.columns import columns_of
from polywell.records import (
    SCREENING_COLUMNS,
    Candidate,
    Estimate,
    Phase,
    Place,
    Screening,
    Sighting,
)

Record = TypeVar("Record")

RESULTS = frozenset(column.name for column in SCREENING_COLUMNS if column.result)
"""Columns that say what is found of an entry: without ranks, versions and dates."""


@cache
def table_schema() -> pa.Schema:
    """Schema of the table: what is known of an entry by itself, and bookkeeping.

    `input_hash` is the `row_hash` of the structures row that was screened, `row_hash` that of the results.
    """
    schema = arrow_schema(SCREENING_COLUMNS)
    return schema.append(pa.field("input_hash", pa.string())).append(pa.field("row_hash", pa.string()))


def results_hash(row: Mapping[str, Any]) -> str:
    """Digest of what is found of an entry."""
    return row_hash({name: row[name] for name in RESULTS & row.keys()})


def candidates_of(table: pa.Table) -> list[Candidate]:
    """The candidates in a table with the columns of the published files, in its order."""
    parts = (records_of(kind, table) for kind in (Screening, Estimate, Place, Sighting))
    return [Candidate(*one) for one in zip(*parts, strict=True)]


def records_of(kind: type[Record], table: pa.Table) -> list[Record]:
    """The records in a table, one for each row; columns of other names are not looked at.

    Column by column, which is several times faster than row by row.

    Args:
        kind: one of the records of `polywell.records`.
        table: holds the columns of the record.

    Raises:
        KeyError: a column is missing.
        ValueError: an outcome or reason that this program does not know, or a row that contradicts itself.
    """
    return [one for batch in table.to_batches() for one in _records(kind, batch.to_struct_array())]


def _records(kind: Any, rows: pa.StructArray) -> list[Any]:
    hints = _hints(kind)
    columns = [
        _records(hint, rows) if is_dataclass(hint) else _values(hint, rows.field(name))
        for name, hint in hints.items()
    ]
    return [kind(*values) for values in zip(*columns, strict=True)]


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    """The types of the fields of a record by name, None and the marks of columns left out."""
    made = {}
    for name, hint in get_type_hints(kind).items():
        known = [one for one in get_args(hint) if one is not type(None)]
        is_union = get_origin(hint) is not tuple and known
        made[name] = known[0] if is_union else hint
    return made


def _values(hint: Any, column: pa.Array) -> list[Any]:
    """The values of a column as a field of the type `hint` holds them."""
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        if not is_dataclass(inner):
            return [() if value is None else tuple(value) for value in column.to_pylist()]
        items = iter(_records(inner, column.flatten()))
        return [tuple(islice(items, count or 0)) for count in column.value_lengths().to_pylist()]
    values: list[Any] = column.to_pylist()
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return [None if value is None else hint(value) for value in values]
    return values


def _plain(value: Any) -> Any:
    """Tuples as lists, enumerations as their text, numpy numbers as Python's."""
    if value is None or isinstance(value, (float, int)):
        return value
    if isinstance(value, str):
        return storable(str(value))
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def with_records(table: pa.Table, records: Sequence[Any]) -> pa.Table:
    """The table with the columns of the records in the place of its own, one record for each row."""
    if not records:
        return table
    for column in columns_of(type(records[0])):
        place = table.schema.get_field_index(column.name)
        field = table.schema.field(place)
        values = pa.array([_plain(getattr(record, column.name)) for record in records], field.type)
        table = table.set_column(place, field, values)
    return table


def screened_rows(
    records: Sequence[Screening], digests: Sequence[str | None], input_hashes: Sequence[str]
) -> pa.RecordBatch:
    """Rows of the table, each with its `results_hash`, of values as the records hold them.

    Args:
        records: what is said of entries, of one at least.
        digests: the `structure_digest` of each.
        input_hashes: the `input_hash` of each.
    """
    told = [column for column in SCREENING_COLUMNS if column.stage == "screening"]
    values = zip(*map(attrgetter(*(column.path for column in told)), records), strict=True)
    columns: dict[str, Sequence[Any]] = dict(zip((column.name for column in told), values, strict=True))
    columns["message"] = [storable(text) for text in columns["message"]]
    columns["phases"] = [[_members(phase) for phase in phases] for phases in columns["phases"]]
    columns["structure_digest"], columns["input_hash"] = digests, input_hashes
    results = sorted(RESULTS & columns.keys())
    rows = zip(*(columns[name] for name in results), strict=True)
    columns["row_hash"] = [
        row_hash({name: value for name, value in zip(results, row, strict=True) if value != ()})
        for row in rows
    ]
    schema, none = table_schema(), [None] * len(records)
    arrays = [pa.array(columns.get(field.name, none), field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _members(phase: Phase) -> Row:
    return vars(phase) | {"vertices": [vars(vertex) for vertex in phase.vertices]}


def rejected_rows(columns: Mapping[str, pa.Array], same: Mapping[str, Any]) -> pa.RecordBatch:
    """Rows of the table of which most columns are empty, each with its `results_hash`.

    Args:
        columns: the columns that differ from row to row, `input_hash` among them.
        same: values that all rows share.
    """
    count, schema = len(columns["input_hash"]), table_schema()
    shared = {name: pa.scalar(value, schema.field(name).type) for name, value in same.items()}
    given = {**columns, **shared}
    row_hash = row_hashes({name: given[name] for name in RESULTS & given.keys()})
    given |= {name: pa.repeat(value, count) for name, value in shared.items()} | {"row_hash": row_hash}
    return pa.RecordBatch.from_arrays([_column(field, given, count) for field in schema], schema=schema)


def _column(field: pa.Field, given: Mapping[str, pa.Array], count: int) -> pa.Array:
    if field.name in given:
        return given[field.name].cast(field.type)
    if pa.types.is_list(field.type):
        none = pa.array(np.zeros(count + 1, np.int32))
        return pa.ListArray.from_arrays(none, pa.array([], field.type.value_type)).cast(field.type)
    return pa.nulls(count, field.type)
