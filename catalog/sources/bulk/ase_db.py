"""Databases of ASE: rows with atoms and key-value pairs."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from catalog.errors import ParseError, SourceError
from catalog.readers.arrays.single import PLACEHOLDER
from catalog.readers.ase_rows import SQLITE, AseRow, count_of_file, rows_of_file
from catalog.sources.base import Asked, Chemistry, Source
from catalog.sources.rows import FileRow, RowsSource, row_or_error
from catalog.sources.values import first, number, text
from polywell.records import Provenance

_YEAR_S, _EPOCH_S = 31_557_600.0, 946_681_200.0
"""Seconds in a year, and the Unix time of year 0, as `ase.db` counts its times."""

_HULL_KEYS = ("e_above_hull", "energy_above_hull", "ehull", "hull_distance")
"""Keys under which public databases keep the hull distance in eV/atom (C2DB: ehull)."""

_FUNCTIONAL_KEYS = ("functional", "xc")


def opened(asked: Asked) -> Source:
    """The database that is asked for."""
    return AseDbSource(asked.path, asked.name, asked.chemistry)


class AseDbSource(RowsSource):
    """Rows of an SQLite database of ASE, by their number, which is the id."""

    kind = "optimade"
    what = "a database of ASE (SQLite)"
    id_column = "id"

    def __init__(
        self,
        file: Path,
        name: str,
        chemistry: Chemistry | None = None,
    ) -> None:
        """Checks that it is a database.

        Raises:
            SourceError: no such file, or no SQLite database.
        """
        super().__init__(file, name, chemistry)
        with file.open("rb") as stream:
            if stream.read(len(SQLITE)) != SQLITE:
                raise SourceError(f"{name!r}: {str(file)!r} is no SQLite file; expected {self.what}")

    def _rows(self, asked: Collection[str] | None) -> Iterator[FileRow]:
        for row in self._selected():
            yield row_or_error(partial(self._row, row, asked), str(row.id))

    def _row(self, row: AseRow, asked: Collection[str] | None) -> FileRow:
        from ase.symbols import Symbols

        id_ = str(row.id)
        try:
            pairs, symbols = row.pairs(), row.symbols()
        except ParseError as error:
            return FileRow(id_, error=error)
        known = Provenance(
            e_above_hull_ev=first(pairs, _HULL_KEYS, number),
            last_updated=_date(row.mtime),
            functional=first(pairs, _FUNCTIONAL_KEYS, text),
            theoretical=True if row.calculator else None,
        )
        atoms = [symbol for symbol in symbols if symbol != PLACEHOLDER]
        elements = tuple(sorted(set(atoms)))
        formula = Symbols.fromsymbols(atoms).get_chemical_formula("metal")
        needless = self._is_needless(id_, elements, asked)
        return FileRow(id_, {} if needless else row.arrays(), formula, elements, known)

    def _stamps(self) -> Iterator[tuple[str | None, str | None]]:
        for row in self._selected():
            yield str(row.id), _date(row.mtime)

    def _selected(self) -> Iterator[AseRow]:
        number = 0
        try:
            for row in rows_of_file(self._file):
                number += 1
                yield row
        except sqlite3.Error as error:
            raise self._broken(number, error) from error

    def expected_count(self) -> int:
        """Number of rows."""
        try:
            self._count = count_of_file(self._file)
        except sqlite3.Error as error:
            raise self._broken(0, error) from error
        return self._count


def _date(years: object) -> str | None:
    """The date of a time that is counted in years since 2000, as ISO 8601; None for what is no such time."""
    if isinstance(years, bool) or not isinstance(years, (int, float)):
        return None
    try:
        return datetime.fromtimestamp(_EPOCH_S + years * _YEAR_S, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None
