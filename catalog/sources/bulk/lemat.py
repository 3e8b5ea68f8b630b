"""Parquet files in the layout of LeMat-Bulk: one row a structure, as arrays.

Column names: https://huggingface.co/datasets/LeMaterial/LeMat-Bulk, data card; recalled, not opened again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from catalog.errors import SourceError
from catalog.readers.composition import amounts_of
from catalog.sources.base import INDEX, Chemistry, UniqueIds
from catalog.sources.rows import UNNAMED, FileRow, RowsSource
from polywell.records import Provenance

ID = "immutable_id"
STRUCTURE = ("lattice_vectors", "species_at_sites", "cartesian_site_positions")
REQUIRED = (ID, *STRUCTURE)
FORMULA, ELEMENTS, MODIFIED = "chemical_formula_reduced", "elements", "last_modified"
_KNOWN = (ID, FORMULA, ELEMENTS, MODIFIED, "functional", "energy_above_hull", "dimension_types")
"""Columns that are read of every row; those of `STRUCTURE` only of rows worth it."""

_BATCH_ROWS = 2000
_ID_BATCH_ROWS = 100_000


@dataclass(frozen=True)
class _StrangeIds:
    """Ids that a `#2` could take away; those that come more than once, or as a name of a row without one."""

    numbered: list[str]
    repeated: list[str]
    are_missing: bool

    @property
    def is_plain(self) -> bool:
        """Whether every row has an id of its own."""
        return not self.repeated and not self.are_missing


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
        self._strange: tuple[tuple[int, int], _StrangeIds] | None = None

    def _rows(self, asked: Collection[str] | None) -> Iterator[FileRow]:
        wanted = None if asked is None else pa.array(asked, pa.string())
        number = start = 0
        try:
            with pq.ParquetFile(self._file, pre_buffer=False) as file:
                for group in range(file.num_row_groups):
                    for row in self._group(file, group, wanted, start):
                        number += 1
                        yield row
                    start += file.metadata.row_group(group).num_rows
        except (pa.ArrowException, OSError) as error:
            raise self._broken(number, error) from error

    def _group(
        self, file: pq.ParquetFile, group: int, wanted: pa.Array | None, start: int
    ) -> Iterator[FileRow]:
        """Rows of one row group that are wanted or have no id, the first of the group being `start`."""
        narrow = file.read_row_group(group, columns=self._columns, use_threads=False)
        ids, places = narrow[ID].cast(pa.string()), np.arange(narrow.num_rows)
        narrow = narrow.set_column(narrow.schema.get_field_index(ID), ID, ids)
        if wanted is not None:
            is_other = pc.and_(pc.greater(pc.utf8_length(ids), 0), pc.invert(pc.is_in(ids, value_set=wanted)))
            places = np.flatnonzero(~np.asarray(is_other.fill_null(False)))
            narrow = narrow.take(pa.array(places))
        rows = narrow.to_pylist()
        del narrow
        is_worth = np.array([self._is_worth(row) for row in rows], bool)
        structures = self._structures(file, group, places[is_worth])
        for place, row, good in zip(places.tolist(), rows, is_worth.tolist(), strict=True):
            yield self._row(row, next(structures) if good else {}, start + place + 1)

    def _structures(
        self, file: pq.ParquetFile, group: int, places: NDArray[np.int64]
    ) -> Iterator[dict[str, Any]]:
        """The wide columns of some rows of a row group, whose places grow; batch by batch."""
        if not len(places):
            return
        wide = file.iter_batches(
            batch_size=_BATCH_ROWS, row_groups=[group], columns=list(STRUCTURE), use_threads=False
        )
        start = 0
        for batch in wide:
            here = places[(places >= start) & (places < start + batch.num_rows)] - start
            start += batch.num_rows
            yield from batch.take(pa.array(here)).to_pylist()

    def _is_worth(self, row: Mapping[str, Any]) -> bool:
        """Whether the structure of a row is needed."""
        if self._chemistry is None:
            return True
        elements = _elements(row)
        return elements is None or self._chemistry.holds(elements)

    def _row(self, row: Mapping[str, Any], structure: Mapping[str, Any], number: int) -> FileRow:
        payload = dict(structure)
        if payload and row.get("dimension_types") is not None:
            payload["dimension_types"] = row["dimension_types"]
        modified = row.get(MODIFIED)
        return FileRow(
            id=row[ID],
            payload=payload,
            formula=row.get(FORMULA),
            elements=_elements(row),
            provenance=Provenance(
                e_above_hull_ev=row.get("energy_above_hull"),
                last_updated=_iso(modified),
                functional=row.get("functional"),
            ),
            number=number,
        )

    def index(self) -> Iterator[pa.RecordBatch]:
        """As columns where every row has an id of its own and its date as text."""
        strange = self._strange_ids()
        if not strange.is_plain:
            yield from super().index()
            return
        for ids, dates in self._narrow():
            yield pa.RecordBatch.from_arrays([ids, dates], schema=INDEX)

    def _stamps(self) -> Iterator[tuple[str | None, str | None]]:
        for ids, dates in self._narrow():
            yield from zip(ids.to_pylist(), dates.to_pylist(), strict=True)

    def _narrow(self) -> Iterator[tuple[pa.Array, pa.Array]]:
        """Ids and dates as texts, in batches."""
        columns = [column for column in (ID, MODIFIED) if column in self._columns]
        for batch in self._batches(columns):
            dates = batch.column(MODIFIED) if MODIFIED in columns else pa.nulls(batch.num_rows, pa.string())
            if not pa.types.is_string(dates.type):
                dates = pa.array(map(_iso, dates.to_pylist()), pa.string())
            yield batch.column(ID).cast(pa.string()), dates

    def _batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        try:
            with pq.ParquetFile(self._file, pre_buffer=False) as file:
                yield from file.iter_batches(batch_size=_ID_BATCH_ROWS, columns=columns, use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise self._broken(0, error) from error

    def _names(self) -> UniqueIds:
        strange = self._strange_ids()
        return UniqueIds(strange.numbered, strange.repeated)

    def _strange_ids(self) -> _StrangeIds:
        """What has to be known of all ids before one is given out; read once for each state of the file."""
        state = self._state()
        if self._strange is None or self._strange[0] != state:
            parts = [batch.column(ID).cast(pa.string()) for batch in self._batches([ID])]
            ids = pa.chunked_array(parts, pa.string())
            counted = ids.drop_null().value_counts()
            again = counted.field("values").filter(pc.greater(counted.field("counts"), 1))
            unnamed = ids.filter(pc.starts_with(ids, UNNAMED))
            self._strange = (
                state,
                _StrangeIds(
                    ids.filter(pc.match_substring(ids, "#")).to_pylist(),
                    again.to_pylist() + unnamed.to_pylist(),
                    bool(ids.null_count or pc.any(pc.equal(ids, "")).as_py()),
                ),
            )
        return self._strange[1]

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
