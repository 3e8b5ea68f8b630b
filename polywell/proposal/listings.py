"""Tables of a reproduction that span the reference library: rows of cells with unit, digits and meaning."""

from __future__ import annotations

from dataclasses import dataclass

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


def text(label: str) -> ListColumn:
    """Head a column of texts."""
    return ListColumn(label)


def number(label: str, unit: str = "", digits: int = 2, meaning: str = "") -> ListColumn:
    """Head a column of numbers."""
    return ListColumn(label, unit, digits, meaning)
