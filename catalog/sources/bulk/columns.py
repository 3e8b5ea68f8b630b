"""Columns of a Parquet file, of whatever type, read in bounds.

A few bytes of Parquet can claim rows, texts and lists without end: by runs, dictionaries, pages that swell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catalog.errors import SourceError
from catalog.readers.limits import LIMITS
from catalog.sources.bulk.unpacked import FREE_BYTES, MOST_SWELLING
from catalog.sources.values import LONGEST, text

MOST_ROWS_PER_BYTE = 10
"""Rows for each byte of a file; an id of its own takes a row about half a byte at least."""

LIST_VALUES = LIMITS.sites
"""Values of one list; a longer one is read as missing."""

_VALUE_BYTES = 8
_PREFIXED = "DELTA_BYTE_ARRAY"
"""An encoding by which a text repeats the one before it: a batch may be larger than the column."""
_PREFIXED_ROWS = 64


class Columns:
    """Some columns of a Parquet file.

    Texts are read by their dictionaries where the file has such, and never longer than the file can hold.

    Attributes:
        rows: number of rows.
        groups: number of row groups.
        starts: the number of rows before each row group, and of all.
    """

    def __init__(self, file: Path, name: str, columns: Collection[str]) -> None:
        """Checks that the file can hold what it claims of these columns.

        Raises:
            SourceError: no Parquet file, or one that claims more than it can hold.
        """
        self._file, self._name = file, name
        try:
            metadata = pq.read_metadata(file)
            schema = pq.read_schema(file)
        except (pa.ArrowException, OSError) as error:
            raise SourceError(
                f"{name!r}: {str(file)!r} cannot be read as Parquet ({first_line(error)})"
            ) from error
        size = file.stat().st_size
        if metadata.num_rows > MOST_ROWS_PER_BYTE * size:
            raise self._too_much(f"{metadata.num_rows} rows in {size} bytes")
        for field in schema:
            is_wide = pa.types.is_fixed_size_binary(field.type) and field.type.byte_width > LONGEST
            if field.name in columns and is_wide:
                raise self._too_much(f"{field.type} in each row of {field.name}")
        texts: set[str] = set()
        self._is_prefixed = False
        self.starts = [0]
        for group in range(metadata.num_row_groups):
            parts = metadata.row_group(group)
            self.starts.append(self.starts[-1] + parts.num_rows)
            for place in range(parts.num_columns):
                part = parts.column(place)
                if part.path_in_schema.split(".")[0] in columns:
                    self._check(part)
                    if part.physical_type == "BYTE_ARRAY":
                        texts.add(part.path_in_schema)
        self.rows, self.groups = int(metadata.num_rows), int(metadata.num_row_groups)
        self._texts = sorted(texts)

    def _check(self, part: pq.ColumnChunkMetaData) -> None:
        """That a column of a row group is no larger than its bytes allow."""
        packed, unpacked = max(part.total_compressed_size, 1), part.total_uncompressed_size
        is_prefixed = _PREFIXED in part.encodings
        self._is_prefixed |= is_prefixed
        free = FREE_BYTES // _PREFIXED_ROWS if is_prefixed else FREE_BYTES
        if unpacked > free + MOST_SWELLING * packed:
            raise self._too_much(f"{unpacked} bytes of {part.path_in_schema} in {packed}")
        values = _VALUE_BYTES * part.num_values
        if "." in part.path_in_schema and values > 4 * FREE_BYTES + MOST_SWELLING * packed:
            raise self._too_much(f"{part.num_values} values of {part.path_in_schema} in {packed} bytes")

    def _too_much(self, what: str) -> SourceError:
        return SourceError(f"{self._name!r}: the file claims {what}, which no data does; fetch it again")

    def batches(self, columns: list[str], rows: int, group: int | None = None) -> Iterator[pa.RecordBatch]:
        """Some columns, batch by batch; of one row group only, or of all.

        Raises:
            pyarrow.ArrowException, OSError: the file is damaged.
        """
        with pq.ParquetFile(self._file, pre_buffer=False, read_dictionary=self._texts) as file:
            yield from file.iter_batches(
                batch_size=min(rows, _PREFIXED_ROWS) if self._is_prefixed else rows,
                row_groups=None if group is None else [group],
                columns=columns,
                use_threads=False,
            )


def texts(column: pa.Array) -> pa.Array:
    """A column as texts of at most `LONGEST` characters, whatever its type; null for what is no text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return texts(column.dictionary).take(column.indices)
    if pa.types.is_nested(kind):
        return pa.nulls(len(column), pa.string())
    try:
        plain = column.cast(pa.string())
        plain.validate(full=True)
        return pc.utf8_slice_codeunits(plain, 0, LONGEST)
    except pa.ArrowException:
        return pa.array([text(value(one)) for one in column], pa.string())


def values(column: pa.Array) -> list[Any]:
    """A column as values of Python: texts cut, too long lists missing, bytes for what is no UTF-8."""
    column = _bounded(column)
    try:
        found: list[Any] = column.to_pylist()
    except (ValueError, OverflowError, pa.ArrowException):
        found = [value(one) for one in column]
    return found


def value(one: pa.Scalar) -> Any:
    """One value of Python; the bare number of a date that Python cannot hold, the bytes of a broken text."""
    try:
        return one.as_py()
    except (ValueError, OverflowError, pa.ArrowException):
        if isinstance(one, pa.DictionaryScalar):
            return value(one.value)
        if hasattr(one, "as_buffer"):
            return one.as_buffer().to_pybytes()
        bare = getattr(one, "value", None)
        return bare if isinstance(bare, int) else None


def _bounded(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        is_text = not pa.types.is_nested(kind.value_type)
        return texts(column) if is_text else pa.nulls(len(column))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        lengths = pc.list_value_length(column)
        is_kept = np.asarray(pc.less_equal(lengths, LIST_VALUES).fill_null(False))
        kept = column.take(pa.array(np.arange(len(column)), mask=~is_kept))
        inner = kept.values
        if pa.types.is_dictionary(inner.type) or pa.types.is_nested(inner.type):
            make = pa.ListArray if pa.types.is_list(kind) else pa.LargeListArray
            return make.from_arrays(kept.offsets, _bounded(inner), mask=pc.is_null(kept))
        return kept
    if pa.types.is_fixed_size_list(kind):
        return column if kind.list_size <= LIST_VALUES else pa.nulls(len(column))
    return pa.nulls(len(column)) if pa.types.is_nested(kind) else column


def first_line(error: BaseException) -> str:
    """The first line of what a library says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
