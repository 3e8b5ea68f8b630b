"""Parquet files in the layout of LeMat-Bulk: one row a structure, as arrays.

Column names: https://huggingface.co/datasets/LeMaterial/LeMat-Bulk, data card; recalled, not opened again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catalog.composition import amounts_of
from catalog.errors import SourceError
from catalog.sources.base import Chemistry, UniqueIds
from catalog.sources.rows import FileRow, RowsSource
from polywell.records import Provenance

ID = "immutable_id"
STRUCTURE = ("lattice_vectors", "species_at_sites", "cartesian_site_positions")
REQUIRED = (ID, *STRUCTURE)
FORMULA, ELEMENTS, MODIFIED = "chemical_formula_reduced", "elements", "last_modified"
_KNOWN = (ID, FORMULA, ELEMENTS, MODIFIED, "functional", "energy_above_hull", "dimension_types")
"""Columns that are read of every row; those of `STRUCTURE` only of rows worth it."""

_BATCH_ROWS = 2000
_ID_BATCH_ROWS = 100_000


class LematSource(RowsSource):
    """Rows of a Parquet file with lattice, species and positions in columns of their own.

    The narrow columns (id, formula, elements, dates) are read of every row. The wide ones are read of a
    row group only if it has rows of the wanted chemistry, and turned into values for those rows alone.
    """

    kind = "optimade"
    what = "a Parquet file in the layout of LeMat-Bulk"
    id_column = ID

    def __init__(
        self,
        file: Path,
        name: str,
        chemistry: Chemistry | None = None,
    ) -> None:
        """Checks the columns.

        Raises:
            SourceError: no such file, or a column is missing.
        """
        super().__init__(file, name, chemistry)
        names = pq.read_schema(file).names
        missing = [column for column in REQUIRED if column not in names]
        if missing:
            raise SourceError(
                f"{name!r}: column {' and '.join(missing)} missing, the file has {', '.join(names)}; "
                f"expected {', '.join(REQUIRED)}, optionally {FORMULA}, {ELEMENTS}, functional, {MODIFIED}"
            )
        self._columns = [column for column in _KNOWN if column in names]

    def _rows(self, skip: Callable[[str], bool] | None) -> Iterator[FileRow]:
        number = 0
        try:
            with pq.ParquetFile(self._file, pre_buffer=False) as file:
                for group in range(file.num_row_groups):
                    for row in self._group(file, group, skip):
                        number += 1
                        yield row
        except (pa.ArrowException, OSError) as error:
            raise self._broken(number, error) from error

    def _group(
        self, file: pq.ParquetFile, group: int, skip: Callable[[str], bool] | None
    ) -> Iterator[FileRow]:
        """Rows of one row group: narrow columns first, then the wide ones batch by batch, if at all."""
        narrow = file.read_row_group(group, columns=self._columns, use_threads=False)
        ids = [None if id_ is None else str(id_) for id_ in narrow.column(ID).to_pylist()]
        asked = [id_ is None or skip is None or not skip(id_) for id_ in ids]
        known = iter(narrow.filter(pa.array(asked, pa.bool_())).to_pylist())
        rows = [next(known) if is_asked else None for is_asked in asked]
        del narrow
        worth = [row is not None and self._is_worth(row) for row in rows]
        if not any(worth):
            for id_, row in zip(ids, rows, strict=True):
                yield FileRow(id_) if row is None else self._row(row, {})
            return
        wide = file.iter_batches(
            batch_size=_BATCH_ROWS, row_groups=[group], columns=list(STRUCTURE), use_threads=False
        )
        start = 0
        for batch in wide:
            part = slice(start, start + batch.num_rows)
            start += batch.num_rows
            taken = iter(batch.filter(pa.array(worth[part], pa.bool_())).to_pylist())
            for id_, row, good in zip(ids[part], rows[part], worth[part], strict=True):
                yield FileRow(id_) if row is None else self._row(row, next(taken) if good else {})

    def _is_worth(self, row: Mapping[str, Any]) -> bool:
        """Whether the structure of a row is needed."""
        if self._chemistry is None:
            return True
        elements = _elements(row)
        return elements is None or self._chemistry.holds(elements)

    def _row(self, row: Mapping[str, Any], structure: Mapping[str, Any]) -> FileRow:
        payload = dict(structure)
        if payload and row.get("dimension_types") is not None:
            payload["dimension_types"] = row["dimension_types"]
        known_id, modified = row[ID], row.get(MODIFIED)
        return FileRow(
            id=None if known_id is None else str(known_id),
            payload=payload,
            formula=row.get(FORMULA),
            elements=_elements(row),
            provenance=Provenance(
                e_above_hull_ev=row.get("energy_above_hull"),
                last_updated=_iso(modified),
                functional=row.get("functional"),
            ),
        )

    def _stamps(self) -> Iterator[tuple[str | None, str | None]]:
        columns = [column for column in (ID, MODIFIED) if column in self._columns]
        try:
            with pq.ParquetFile(self._file, pre_buffer=False) as file:
                for batch in file.iter_batches(batch_size=_ID_BATCH_ROWS, columns=columns, use_threads=False):
                    for row in batch.to_pylist():
                        id_ = row[ID]
                        yield None if id_ is None else str(id_), _iso(row.get(MODIFIED))
        except (pa.ArrowException, OSError) as error:
            raise self._broken(0, error) from error

    def _names(self) -> UniqueIds:
        """Knows beforehand the ids of rows that a `#2` could take away, which are nearly always none."""
        wanted: set[str] = set()
        try:
            with pq.ParquetFile(self._file, pre_buffer=False) as file:
                for batch in file.iter_batches(batch_size=_ID_BATCH_ROWS, columns=[ID], use_threads=False):
                    ids = batch.column(0).cast(pa.string())
                    wanted.update(ids.filter(pc.match_substring(ids, "#")).drop_null().to_pylist())
        except (pa.ArrowException, OSError) as error:
            raise self._broken(0, error) from error
        return UniqueIds(wanted)

    def expected_count(self) -> int:
        """Number of rows."""
        return int(pq.read_metadata(self._file).num_rows)


def _elements(row: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Elements of a row by its columns: the list, or else the formula; None where neither is plain."""
    if row.get(ELEMENTS):
        return tuple(row[ELEMENTS])
    amounts = amounts_of(row[FORMULA]) if row.get(FORMULA) else None
    return None if amounts is None else tuple(sorted(amounts))


def _iso(value: Any) -> str | None:
    """A date as text, whether the column holds texts or timestamps."""
    return None if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
