"""Tables of the pages of studies: columns with label, unit and digits, rows, and how a cell is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

Row = TypeVar("Row")
Cell = str | float | int | None


@dataclass(frozen=True)
class ListColumn:
    """Heading of a column; `digits` None marks text, `meaning` is shown on request."""

    label: str
    unit: str = ""
    digits: int | None = None
    meaning: str = ""


@dataclass(frozen=True)
class Listing:
    """One table: key, title, one sentence that its numbers say, columns and rows of equal length."""

    key: str
    title: str
    note: str
    columns: tuple[ListColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.key}: a row has {len(row)} cells, expected {len(self.columns)}")

    def written(self, missing: str) -> tuple[tuple[str, ...], ...]:
        """The rows as texts, numbers with the digits of their column."""
        return tuple(
            tuple(_written(cell, column, missing) for cell, column in zip(row, self.columns, strict=True))
            for row in self.rows
        )


def text(label: str) -> ListColumn:
    """Head a column of texts."""
    return ListColumn(label)


def number(label: str, unit: str = "", digits: int = 2, meaning: str = "") -> ListColumn:
    """Head a column of numbers."""
    return ListColumn(label, unit, digits, meaning)


Column = tuple[ListColumn, Callable[[Row], Cell]]
"""A column of a table of records, and what takes its cell out of a record."""


def listing_of(key: str, title: str, rows: Iterable[Row], *columns: Column[Row]) -> Listing:
    """A table of records, on a page or in a terminal."""
    cells = tuple(tuple(cell(row) for _, cell in columns) for row in rows)
    return Listing(key, title, "", tuple(column for column, _ in columns), cells)


def _written(cell: Cell, column: ListColumn, missing: str) -> str:
    if cell is None:
        return missing
    if isinstance(cell, str) or column.digits is None:
        return str(cell)
    return f"{cell:.{column.digits}f}"
