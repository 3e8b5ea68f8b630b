"""Tables of many rows that say little: an empty column costs nothing, a text that recurs stands once."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

OWN_TEXTS = frozenset({"id", "structure_digest"})
"""Columns of texts that no two rows share."""


def slim(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with columns of nothing as nulls without memory, and texts as places in a dictionary.

    `catalog.store.schema.conformed` gives such columns their type back.
    """
    columns = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if 0 < len(column) == column.null_count:
            column = pa.nulls(len(column))
        elif pa.types.is_string(column.type) and name not in OWN_TEXTS:
            column = column.dictionary_encode()
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, batch.schema.names)


def sorted_rows(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """The rows of batches in the order of `source` and `id`; a column is slim where it is in the batches.

    Args:
        batches: rows with the columns of `schema`; emptied, so that no row stands twice in memory.
        schema: the columns.
    """
    parts: dict[str, list[pa.Array]] = {name: [] for name in schema.names}
    while batches:
        batch = batches.pop()
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            parts[name].append(column)
    keys = {name: [part.cast(pa.string()) for part in parts[name]] for name in ("source", "id")}
    order = pc.sort_indices(
        pa.table({name: pa.chunked_array(some, pa.string()) for name, some in keys.items()}),
        sort_keys=[(name, "ascending") for name in keys],
    )
    # Column by column, and let go of the parts of each: what is left and what is done is one table together.
    return pa.table(
        [_joined(parts.pop(name), schema.field(name).type).take(order) for name in schema.names], schema.names
    )


def _joined(parts: list[pa.Array], kind: pa.DataType) -> pa.Array:
    """Parts of one column in one piece; those without values take the type of the others."""
    kinds = [part.type for part in parts if not pa.types.is_null(part.type)]
    if not kinds:
        return pa.nulls(sum(map(len, parts))) if parts else pa.array([], kind)
    return pa.concat_arrays(
        [pa.nulls(len(part), kinds[0]) if pa.types.is_null(part.type) else part for part in parts]
    )
