"""Arrow schemas and canonical rows: what every table of the catalog has in common."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache, partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from polywell.columns import Column
from polywell.records import ENTRY_COLUMNS, PHASE_COLUMNS, VERTEX_COLUMNS

Row = dict[str, Any]

SCHEMA_VERSION = 1
"""Version of the tables on disk; raised when a column changes its meaning or type."""

VERSION_KEY = "polywell.schema_version"

BOOKKEEPING = frozenset({"row_hash", "raw_id", "stamp", "reading"})
"""Columns of a stored row that say when and how it was read, not what."""

_SIMPLE: dict[str, pa.DataType] = {
    "string": pa.string(),
    "float64": pa.float64(),
    "int32": pa.int32(),
    "bool": pa.bool_(),
}


def arrow_type(name: str) -> pa.DataType:
    """The Arrow type of a column type of `polywell.columns`.

    Raises:
        ValueError: a type that the registry does not document.
    """
    if name in _SIMPLE:
        return _SIMPLE[name]
    if name == "list<phase>":
        return pa.list_(pa.struct(arrow_fields(PHASE_COLUMNS)))
    if name == "list<vertex>":
        return pa.list_(pa.struct(arrow_fields(VERTEX_COLUMNS)))
    inner = name.removeprefix("list<").removesuffix(">")
    if name == f"list<{inner}>" and inner in _SIMPLE:
        return pa.list_(_SIMPLE[inner])
    raise ValueError(
        f"column type {name!r}; expected {', '.join(_SIMPLE)}, a list of one, list<phase> or list<vertex>"
    )


def arrow_fields(columns: Iterable[Column]) -> list[pa.Field]:
    """Arrow fields of registry columns, with unit, label and meaning in their metadata."""
    return [
        pa.field(
            column.name,
            arrow_type(column.type),
            metadata={"unit": column.unit, "label": column.label, "meaning": column.meaning},
        )
        for column in columns
    ]


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """Schema of a file or table with these columns."""
    return pa.schema(arrow_fields(columns), metadata={VERSION_KEY: str(SCHEMA_VERSION)})


def entry_schema() -> pa.Schema:
    """Schema of ranked.parquet, rejected.parquet and failed.parquet."""
    return arrow_schema(ENTRY_COLUMNS)


def without_words(schema: pa.Schema) -> pa.Schema:
    """The schema without labels and meanings: a stored table refuses a field whose words were improved."""

    def bare(field: pa.Field) -> pa.Field:
        kind = field.type
        if pa.types.is_struct(kind):
            kind = pa.struct([bare(kind.field(place)) for place in range(kind.num_fields)])
        elif pa.types.is_list(kind):
            kind = pa.list_(bare(kind.value_field))
        return pa.field(field.name, kind, field.nullable)

    return pa.schema([bare(field) for field in schema], metadata=schema.metadata)


def storable(text: str) -> str:
    """The text with lone surrogates written as backslash escapes: what UTF-8, hence Arrow, can hold."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def row_hash(row: Mapping[str, Any]) -> str:
    """sha256 of the canonical JSON of a row; an empty column does not count, so a new one moves nothing.

    Bookkeeping is left out.
    """
    content = {name: value for name, value in row.items() if not (name in BOOKKEEPING or _is_empty(value))}
    return hashlib.sha256(_CANONICAL.encode(content).encode("ascii")).hexdigest()


def row_hashes(columns: Mapping[str, pa.Array | pa.Scalar]) -> pa.Array:
    """`row_hash` of each row of columns, without making rows of them; a scalar stands in every row."""
    names = sorted(columns.keys() - BOOKKEEPING)
    parts = [part for name in names for part in _as_json(f',"{name}":', columns[name])]
    count = max(len(column) for column in columns.values() if isinstance(column, pa.Array))
    texts = pc.binary_join_element_wise(pa.repeat("", count), *parts, "", null_handling="skip")
    texts = pc.binary_replace_slice(texts.cast(pa.binary()), 0, 1, b"{")  # in place of the first comma
    whole = pc.binary_join_element_wise(texts, b"}", b"").to_pylist()
    return pa.array([hashlib.sha256(text).hexdigest() for text in whole], pa.string())


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list)) and not value)


def _as_json(name: str, column: pa.Array | pa.Scalar) -> list[pa.Array | str]:
    """What joined gives the canonical JSON of each value, behind `name`; null where it is empty."""
    if isinstance(column, pa.Scalar):
        value = column.as_py()
        return [] if _is_empty(value) else [name + _CANONICAL.encode(value)]
    if column.null_count == len(column):
        return []
    kind = column.type
    if pa.types.is_string(kind) and _is_plain(column):
        return _quoted(f'{name}"', column, '"', pc.equal(column, ""))
    if kind == pa.list_(pa.string()):
        inner = column.flatten()
        if not inner.null_count and _is_plain(inner):
            is_empty = pc.equal(pc.list_value_length(column), 0)
            return _quoted(f'{name}["', pc.binary_join(column, '","'), '"]', is_empty)
    values = column.to_pylist()
    told = [None if _is_empty(value) else name + _CANONICAL.encode(value) for value in values]
    return [pa.array(told, pa.string())]


def _quoted(before: str, texts: pa.Array, after: str, is_empty: pa.Array) -> list[pa.Array | str]:
    if not texts.null_count and not pc.any(is_empty).as_py():
        return [before, texts, after]
    return [pc.if_else(is_empty, None, pc.binary_join_element_wise(before, texts, after, ""))]


def _is_plain(texts: pa.Array) -> bool:
    """Whether all characters stand for themselves in JSON of ASCII."""
    _, ends, content = texts.buffers()
    if not len(texts) or content is None:
        return True
    start, end = np.frombuffer(ends, np.int32)[[texts.offset, texts.offset + len(texts)]]
    return bool(_PLAIN[np.frombuffer(content, np.uint8)[start:end]].all())


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)
_PLAIN = np.array([" " <= chr(byte) <= "~" and chr(byte) not in '"\\' for byte in range(256)])

DIGESTS = frozenset({"row_hash", "input_hash", "families_digest"})
"""Columns of hexadecimal digests."""

SHORT = 16
"""Hexadecimal digits of 64 bits of a digest, which tell two rows apart as well as all of them do."""


def short_digests(digests: pa.Array) -> pa.Array:
    """The first `SHORT` digits of each digest."""
    return pc.utf8_slice_codeunits(digests, 0, SHORT)


def shortened(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with its digests cut short."""
    for place, name in enumerate(batch.schema.names):
        if name in DIGESTS:
            short = short_digests(batch.column(place))
            batch = batch.set_column(place, batch.schema.field(place), short)
    return batch


def conformed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch with the columns of `schema`: what it lacks is null, what the schema lacks is left out.

    Rows that an older version of the program wrote lack the columns, and the members of nested columns,
    that were added since.
    """
    columns, nothing = [], cache(partial(pa.nulls, batch.num_rows))
    for field in schema:
        place = batch.schema.get_field_index(field.name)
        if place < 0 or pa.types.is_null(batch.schema.field(place).type):
            columns.append(nothing(field.type))
            continue
        column = batch.column(place)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if column.type != field.type:
            column = pa.array(column.to_pylist(), field.type)
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def conformed_table(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with the columns of `schema`, as `conformed` gives them batch by batch."""
    return pa.Table.from_batches([conformed(batch, schema) for batch in table.to_batches()], schema)
