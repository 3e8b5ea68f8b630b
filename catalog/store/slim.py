"""Tables of many rows that say little: an empty column costs nothing, a text that recurs stands once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

OWN_TEXTS = frozenset({"id", "structure_digest"})
"""Columns of texts that no two rows share."""


def slim(batch: pa.RecordBatch) -> list[pa.RecordBatch]:
    """The rows of a batch: those that say little, and those that say what few rows of it say.

    A column of nothing is nulls without memory, and texts are places in a dictionary;
    `catalog.store.schema.conformed` gives such columns their type back.
    """
    names = batch.schema.names
    columns = {name: _slim(name, column) for name, column in zip(names, batch.columns, strict=True)}
    few = {
        name for name, column in columns.items() if 2 * column.null_count > len(column) > column.null_count
    }
    if not few:
        return [pa.RecordBatch.from_pydict(columns)]
    says_more = np.logical_or.reduce(
        [columns[name].is_valid().to_numpy(zero_copy_only=False) for name in few]
    )
    more, little = pa.array(says_more), pa.array(~says_more)
    nothing = pa.nulls(np.count_nonzero(~says_more))
    return [
        pa.RecordBatch.from_pydict(some)
        for some in (
            {name: nothing if name in few else columns[name].filter(little) for name in names},
            {name: columns[name].filter(more) for name in names},
        )
    ]


def _slim(name: str, column: pa.Array) -> pa.Array:
    if 0 < len(column) == column.null_count:
        return pa.nulls(len(column))
    is_coded = pa.types.is_string(column.type) and name not in OWN_TEXTS
    return column.dictionary_encode() if is_coded else column


def sorted_rows(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """The rows of batches in the order of `source` and `id`; a column is slim where it is in the batches.

    A column of which some batches hold nothing is the values of the others, and for each row its place there.

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
    del keys
    # Column by column, and let go of the parts of each: what is left and what is done is one table together.
    columns, places = [], dict[tuple[bool, ...], pa.Array]()
    for name in schema.names:
        some = parts.pop(name)
        told = [part for part in some if not pa.types.is_null(part.type)]
        if len(told) in (0, len(some)):
            columns.append(_joined(some, schema.field(name).type).take(order))
            continue
        which = tuple(not pa.types.is_null(part.type) for part in some)
        if which not in places:
            places[which] = _places([len(part) for part in some], which).take(order)
        values = pa.concat_arrays(told)
        plain = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
        columns.append(pa.DictionaryArray.from_arrays(places[which], plain))
    return pa.table(columns, schema.names)


def _joined(parts: list[pa.Array], kind: pa.DataType) -> pa.Array:
    if not parts:
        return pa.array([], kind)
    return pa.nulls(sum(map(len, parts))) if pa.types.is_null(parts[0].type) else pa.concat_arrays(parts)


def _places(sizes: Sequence[int], which: Sequence[bool]) -> pa.Array:
    """Places of rows among those of the parts that hold values; null for rows of the others."""
    is_told = np.repeat(which, sizes)
    return pa.array((np.cumsum(is_told) - 1).astype(np.int32), mask=~is_told)
