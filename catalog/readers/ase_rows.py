"""Rows of an SQLite database of ASE, read as numbers and texts.

ASE's own reader makes objects of what the columns hold (constraints, calculators), writes into a database
that is only read, and puts names of tables that it finds there into its questions. Here eight columns are
read, and no object is made.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from catalog.errors import ParseError, ReadError, TooManyStructuresError
from catalog.readers.cif.blocks import one_line
from catalog.readers.layouts import Found, arrays_of, symbols_of
from catalog.readers.limits import ReadingLimits

SQLITE = b"SQLite format 3\x00"
"""How the file of a database begins."""

_QUESTION = (
    "SELECT id, mtime, numbers, positions, cell, pbc, calculator, key_value_pairs FROM systems ORDER BY id"
)
_DIRECTIONS = (1, 2, 4)
"""Bits of the column pbc."""


@dataclass(frozen=True)
class AseRow:
    """One row, its arrays still as bytes; `mtime` is counted in years since 2000."""

    id: int
    mtime: float
    numbers: bytes
    positions: bytes
    cell: bytes
    pbc: int | None
    calculator: str | None
    pairs_text: str | None

    def symbols(self) -> list[str]:
        """Element symbols of the sites.

        Raises:
            ValueError: the bytes are no atomic numbers.
            ParseError: an atomic number of no element.
        """
        return symbols_of(np.frombuffer(self.numbers, "<i4").tolist())

    def pairs(self) -> Mapping[str, Any]:
        """What the user kept beside the structure.

        Raises:
            ParseError: the text is no JSON.
        """
        try:
            pairs = json.loads(self.pairs_text) if isinstance(self.pairs_text, str) else None
        except (ValueError, RecursionError) as error:
            raise ParseError(f"the key-value pairs are no valid JSON: {one_line(error)}") from error
        return pairs if isinstance(pairs, dict) else {}

    def arrays(self) -> dict[str, Any]:
        """The structure as OPTIMADE lays it out.

        Raises:
            ValueError: the bytes are no arrays of the right shape.
            ParseError: an atomic number of no element.
        """
        return arrays_of(
            np.frombuffer(self.numbers, "<i4").tolist(),
            np.frombuffer(self.positions, "<f8").reshape(-1, 3),
            np.frombuffer(self.cell, "<f8").reshape(3, 3),
            [(self.pbc or 0) & bit for bit in _DIRECTIONS],
        )


def rows_of_file(file: Path) -> Iterator[AseRow]:
    """The rows by their ids; nothing is written, no lock is taken.

    Raises:
        sqlite3.Error: the file is damaged, or is no database of ASE.
    """
    with closing(_opened(file)) as connection:
        yield from _rows(connection)


def count_of_file(file: Path) -> int:
    """Number of rows.

    Raises:
        sqlite3.Error: the file is damaged, or is no database of ASE.
    """
    with closing(_opened(file)) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM systems").fetchone()[0])


def read_database(data: bytes, limits: ReadingLimits) -> list[Found]:
    """The structures of a database that is in memory already, by their numbers.

    Raises:
        ParseError: the file is damaged, or is no database of ASE.
        TooManyStructuresError: more rows than the limit.
    """
    found: list[Found] = []
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(data)
            for row in _rows(connection):
                if len(found) == limits.structures:
                    raise TooManyStructuresError(
                        f"more than {limits.structures} structures in one file, the limit; "
                        "screen the database as ase:FILE"
                    )
                found.append(_found(row))
    except sqlite3.Error as error:
        raise ParseError(f"this is no database of ASE, or it is damaged: {one_line(error)}") from error
    if not found:
        raise ParseError("the database of ASE has no rows")
    return found


def _found(row: AseRow) -> Found:
    try:
        return Found("optimade", row.arrays())
    except ReadError as error:
        return Found("error", error)
    except (TypeError, ValueError) as error:
        return Found("error", ParseError(f"the arrays are not as expected ({one_line(error)})"))


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=20)


def _rows(connection: sqlite3.Connection) -> Iterator[AseRow]:
    connection.execute("PRAGMA trusted_schema = OFF")
    for values in connection.execute(_QUESTION):
        yield AseRow(*values)
