"""Parquet files in the layout of LeMat-Bulk: one row a structure, as arrays.

Column names: https://huggingface.co/datasets/LeMaterial/LeMat-Bulk, data card; recalled, not opened again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from catalog.errors import SourceError
from catalog.readers.arrays.columns import STRUCTURE
from catalog.readers.composition import amounts_of, plain_symbol
from catalog.sources.base import INDEX, Chemistry, UniqueIds
from catalog.sources.bulk.columns import LIST_VALUES, Columns, texts, values
from catalog.sources.rows import FileRow, RowsSource, ids_again
from catalog.sources.values import number as number_of
from catalog.sources.values import symbols, text
from catalog.sources.watched import State
from polywell.records import Provenance

ID = "immutable_id"
REQUIRED = (ID, *STRUCTURE)
FORMULA, ELEMENTS, MODIFIED = "chemical_formula_reduced", "elements", "last_modified"
_KNOWN = (ID, FORMULA, ELEMENTS, MODIFIED, "functional", "energy_above_hull", "dimension_types")
"""Columns that are read of every row; those of `STRUCTURE` only of rows worth it."""

_AMOUNT = r"([A-Z][a-z]?)[0-9.]*\s*"
"""An element of a formula with its amount."""

_LISTS_OF_TEXTS = (pa.list_(pa.string()), pa.list_(pa.dictionary(pa.int32(), pa.string())))

_LISTS_OF_NUMBERS = (pa.list_(pa.list_(pa.float64())), pa.list_(pa.list_(pa.float32())))

_BATCH_ROWS = 2000
_NARROW_ROWS = 20_000
_ID_BATCH_ROWS = 100_000


@dataclass(frozen=True)
class _StrangeIds:
    """Ids that a `#2` could take away; those that come more than once, or as a name of a row without one.

    `is_plain`: every row has an id of its own.
    """

    numbered: list[str]
    repeated: list[str]
    is_plain: bool


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
        schema = pq.read_schema(file)
        missing = [column for column in REQUIRED if column not in schema.names]
        if missing:
            raise SourceError(
                f"{name!r}: column {' and '.join(missing)} missing, the file has {', '.join(schema.names)}; "
                f"expected {', '.join(REQUIRED)}, optionally {FORMULA}, {ELEMENTS}, functional, {MODIFIED}"
            )
        if pa.types.is_nested(schema.field(ID).type):
            raise SourceError(
                f"{name!r}: column {ID} holds {schema.field(ID).type}; expected texts or numbers"
            )
        self._columns = [column for column in _KNOWN if column in schema.names]
        self._parquet = Columns(file, name, {*self._columns, *STRUCTURE})
        self._count = self._parquet.rows
        self._strange: tuple[State, _StrangeIds] | None = None

    def _rows(self, asked: Collection[str] | None) -> Iterator[FileRow]:
        wanted = None if asked is None else pa.array(asked, pa.string())
        number = 0
        try:
            for group in range(self._parquet.groups):
                for row in self._group(group, wanted, number):
                    yield row
                    number = row.number or number
        except (pa.ArrowException, OSError) as error:
            raise self._broken(number, error) from error

    def _group(self, group: int, wanted: pa.Array | None, start: int) -> Iterator[FileRow]:
        """Rows of one row group that are wanted or have no id; `start` rows come before it."""
        wide, first = self._structures(group), 0
        next(wide)
        for batch in self._parquet.batches(self._columns, _NARROW_ROWS, group):
            columns = {name: batch.column(name) for name in batch.schema.names}
            columns[ID], places = texts(columns[ID]), np.arange(batch.num_rows)
            if wanted is not None:
                is_known = pc.greater(pc.utf8_length(columns[ID]), 0)
                is_other = pc.and_(is_known, pc.invert(pc.is_in(columns[ID], value_set=wanted)))
                places = np.flatnonzero(~np.asarray(is_other.fill_null(False)))
                columns = {name: column.take(pa.array(places)) for name, column in columns.items()}
            given = zip(*(values(column) for column in columns.values()), strict=True)
            rows = [dict(zip(columns, row, strict=True)) for row in given]
            is_worth = np.array([self._is_worth(row) for row in rows], bool)
            structures = iter(
                dict(zip(STRUCTURE, row, strict=True))
                for some in wide.send(places[is_worth] + first)
                for row in zip(*(values(some.column(name)) for name in STRUCTURE), strict=True)
            )
            for place, row, good in zip((places + first).tolist(), rows, is_worth.tolist(), strict=True):
                yield self._row(row, next(structures) if good else {}, start + place + 1)
            first += batch.num_rows

    def _structures(self, group: int) -> Generator[list[pa.RecordBatch], NDArray[np.int64], None]:
        """The wide columns of the rows of a row group that are sent, whose places grow; read when needed."""
        wide = self._parquet.batches(list(STRUCTURE), _BATCH_ROWS, group)
        found: list[pa.RecordBatch] = []
        places, end = (yield found), 0
        batch: pa.RecordBatch | None = None
        while True:
            found = []
            while True:
                if batch is not None:
                    start = end - batch.num_rows
                    here = places[(places >= start) & (places < end)]
                    found.append(batch.take(pa.array(here - start)))
                if not len(places) or places[-1] < end:
                    break
                batch = next(wide, None)
                if batch is None:
                    raise pa.ArrowInvalid(f"columns of different length in row group {group + 1}")
                end += batch.num_rows
            places = yield found

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
            formula=text(row.get(FORMULA)),
            elements=_elements(row),
            provenance=Provenance(
                e_above_hull_ev=number_of(row.get("energy_above_hull")),
                last_updated=text(modified),
                functional=text(row.get("functional")),
            ),
            number=number,
        )

    def columns(self, ids: Collection[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As columns, where every row has an id of its own, and elements as plain texts; see `ColumnSource`.

        Rows outside of the chemistry come without their structure.
        """
        has_both = FORMULA in self._columns and ELEMENTS in self._columns
        if self._chemistry is not None and has_both and self._strange_ids().is_plain:
            wanted = None if ids is None else pa.array(ids, pa.string())
            for group in range(self._parquet.groups):
                yield from self._watched.unchanged(self._columns_of(group, self._chemistry, wanted))

    def _columns_of(
        self, group: int, chemistry: Chemistry, wanted: pa.Array | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of one row group that can be given as columns."""
        wide, first = self._structures(group), 0
        next(wide)
        try:
            for batch in self._parquet.batches(self._columns, _NARROW_ROWS, group):
                if batch.column(ELEMENTS).type not in _LISTS_OF_TEXTS:
                    return
                chosen, end = np.arange(batch.num_rows), first + batch.num_rows
                if wanted is not None:
                    chosen = np.flatnonzero(pc.is_in(texts(batch.column(ID)), value_set=wanted))
                    batch = batch.take(pa.array(chosen))
                chosen, first = chosen + first, end
                in_index = pa.array(chosen + self._parquet.starts[group])
                known = self._known_of(batch).append_column("place", in_index)
                is_outside, is_inside = _outside_and_inside(
                    batch.column(ELEMENTS), batch.column(FORMULA), chemistry
                )
                outside = known.filter(pa.array(is_outside))
                if outside.num_rows:
                    yield outside
                places = np.flatnonzero(is_inside & self._is_periodic(batch))
                structures = wide.send(chosen[places])
                start = 0
                for some in structures:
                    inside = known.take(pa.array(places[start : start + some.num_rows]))
                    start += some.num_rows
                    for name in STRUCTURE:
                        inside = inside.append_column(name, some.column(name))
                    if inside.num_rows:
                        yield inside.filter(_is_short(some))
        except (pa.ArrowException, OSError) as error:
            raise self._broken(0, error) from error

    def _known_of(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The narrow columns of a batch, of which the elements are lists of texts, by the tables' names."""
        columns = {"id": texts(batch.column(ID)), "formula": texts(batch.column(FORMULA))}
        columns["elements"] = batch.column(ELEMENTS).cast(pa.list_(pa.string()))
        for name, column in (("last_updated", MODIFIED), ("functional", "functional")):
            if column in self._columns:
                columns[name] = _as_texts(batch.column(column))
        if "energy_above_hull" in self._columns:
            hull = map(number_of, values(batch.column("energy_above_hull")))
            columns["e_above_hull_ev"] = pa.array(hull, pa.float64())
        return pa.RecordBatch.from_pydict(columns)

    def _is_periodic(self, batch: pa.RecordBatch) -> NDArray[np.bool_]:
        """Which rows repeat in three directions, or say nothing of it."""
        if "dimension_types" not in batch.schema.names:
            return np.ones(batch.num_rows, bool)
        said = values(batch.column("dimension_types"))
        return np.array([directions in (None, [1, 1, 1]) for directions in said], bool)

    def index(self) -> Iterator[pa.RecordBatch]:
        """As columns where every row has an id of its own and its date as text."""
        strange = self._strange_ids()
        if not strange.is_plain:
            yield from super().index()
            return
        for ids, dates in self._watched.unchanged(self._narrow()):
            yield pa.RecordBatch.from_arrays([ids, dates], schema=INDEX)

    def _stamps(self) -> Iterator[tuple[str | None, str | None]]:
        for ids, dates in self._narrow():
            yield from zip(ids.to_pylist(), dates.to_pylist(), strict=True)

    def _narrow(self) -> Iterator[tuple[pa.Array, pa.Array]]:
        """Ids and dates as texts, in batches."""
        columns = [column for column in (ID, MODIFIED) if column in self._columns]
        for batch in self._batches(columns):
            dates = pa.nulls(batch.num_rows, pa.string())
            if MODIFIED in columns:
                dates = _as_texts(batch.column(MODIFIED))
            yield texts(batch.column(ID)), dates

    def _batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        try:
            for group in range(self._parquet.groups):
                yield from self._parquet.batches(columns, _ID_BATCH_ROWS, group)
        except (pa.ArrowException, OSError) as error:
            raise self._broken(0, error) from error

    def _names(self) -> UniqueIds:
        strange = self._strange_ids()
        return UniqueIds(strange.numbered, strange.repeated)

    def _strange_ids(self) -> _StrangeIds:
        """What has to be known of all ids before one is given out; read once for each state of the file."""
        state = self._watched.state()
        if self._strange is None or self._strange[0] != state:
            parts = [texts(batch.column(ID)) for batch in self._batches([ID])]
            ids = pa.chunked_array(parts, pa.string())
            numbered, repeated = ids.filter(pc.match_substring(ids, "#")).to_pylist(), ids_again(ids)
            are_missing = ids.null_count or pc.any(pc.equal(ids, "")).as_py()
            self._strange = state, _StrangeIds(numbered, repeated, not repeated and not are_missing)
        return self._strange[1]


def _as_texts(column: pa.Array) -> pa.Array:
    """A column as `text` reads its values."""
    is_text = column.type in (pa.string(), pa.dictionary(pa.int32(), pa.string()))
    return texts(column) if is_text else pa.array(map(text, values(column)), pa.string())


def _outside_and_inside(
    elements: pa.Array, formulas: pa.Array, chemistry: Chemistry
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows are outside of the chemistry for certain, and which within: list and formula agree there."""
    symbols_, rows = texts(elements.flatten()), np.asarray(pc.list_parent_indices(elements))
    coded = symbols_.fill_null("").dictionary_encode()
    each = coded.dictionary.to_pylist()

    def count(holds: Callable[[str], bool]) -> NDArray[np.int64]:
        is_such = np.array([holds(symbol) for symbol in each], bool)[np.asarray(coded.indices)]
        return np.bincount(rows[is_such], minlength=len(elements))

    metals, ligands = count(chemistry.metals.__contains__), count(chemistry.ligands.__contains__)
    is_named = count(lambda symbol: plain_symbol(symbol) == symbol) == np.bincount(
        rows, minlength=len(elements)
    )
    words = pc.utf8_trim_whitespace(pc.replace_substring_regex(texts(formulas), _AMOUNT, r"\1 "))
    listed = pc.binary_join(elements.cast(pa.list_(pa.string())), " ")
    is_one = np.asarray(pc.and_(pc.equal(words, listed), pc.not_equal(listed, "")).fill_null(False))
    is_within = (metals > 0) & (ligands > 0)
    return is_one & is_named & ~is_within, is_one & is_named & is_within


def _is_short(structures: pa.RecordBatch) -> pa.Array:
    """Which structures are lists of lists of numbers and of texts, none longer than a structure may be."""
    lattices, names, positions = (structures.column(name) for name in STRUCTURE)
    are_lists = (
        all(kind in _LISTS_OF_NUMBERS for kind in (lattices.type, positions.type))
        and names.type in _LISTS_OF_TEXTS
    )
    if not are_lists:
        return pa.array(np.zeros(structures.num_rows, bool))
    lengths = (pc.less_equal(one.value_lengths(), LIST_VALUES).fill_null(False) for one in (names, positions))
    return pc.and_(*lengths)


def _elements(row: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Elements of a row by its columns: the list, or else the formula; None where neither is plain."""
    listed = symbols(row.get(ELEMENTS))
    if listed:
        return listed
    amounts = amounts_of(text(row.get(FORMULA)) or "")
    return None if amounts is None else tuple(sorted(amounts))
