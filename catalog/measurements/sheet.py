"""A table of measurements, CSV or workbook, as rows of named cells."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

from catalog.errors import CatalogError, ReadError
from catalog.readers.cif.blocks import one_line
from catalog.readers.filetext import read_bytes
from catalog.readers.limits import LIMITS
from catalog.readers.tables import cells_of

COLUMNS = {
    "structure": "path of a structure file, text of a CIF, or id of a candidate; may be empty",
    "formula": "composition of the sample; needed without a structure, and where doping is stated",
    "structure_type": "its type, such as La-214, where there is no structure",
    "tc_k": "critical temperature in K, or `none down to 2`",
    "kind": "zero, mid or onset",
    "pressure_gpa": "pressure in GPa; empty is ambient",
    "doping": "how it was doped, in words; empty where it is as written",
    "source": "who measured it, or where it is published",
    "date": "when it was measured, as 2026-11-29",
}
"""Columns of the table and what stands in them."""

NEEDED = ("tc_k", "source", "date")
WORKBOOKS = (".xlsx", ".xlsm")
MOST_ROWS = 100_000


class MeasurementsError(CatalogError):
    """A table of measurements cannot be used; nothing of it was added."""


@dataclass(frozen=True)
class Line:
    """One row: its number, counted from the headings as 1, and the cells by column."""

    number: int
    cells: dict[str, str]


def read_sheet(path: Path) -> list[Line]:
    """The rows of a table; those without any cell are passed over.

    Raises:
        MeasurementsError: no such file, no table, or columns that are missing, unknown or there twice.
    """
    try:
        name, data = read_bytes(str(path), LIMITS)
        table = _workbook(data) if name.lower().endswith(WORKBOOKS) else cells_of(data, LIMITS)
    except ReadError as error:
        raise MeasurementsError(
            f"{path}: {error}; expected CSV or xlsx with the columns {_known()}"
        ) from error
    if not table:
        raise MeasurementsError(f"{path} is empty; expected headings: {_known()}")
    if len(table) > MOST_ROWS:
        raise MeasurementsError(f"{path} has {len(table)} rows, the limit is {MOST_ROWS}; split it")
    header = [cell.strip().lower().replace(" ", "_") for cell in table[0]]
    _check(path, header)
    lines = []
    for number, row in enumerate(table[1:], start=2):
        if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
            raise MeasurementsError(
                f"{path}, row {number}: {len(row)} cells under {len(header)} headings; quote a cell that "
                "holds the separator"
            )
        cells = {name: cell.strip() for name, cell in zip(header, row, strict=False) if name}
        if any(cells.values()):
            lines.append(Line(number, cells))
    if not lines:
        raise MeasurementsError(f"{path} has headings and no row; expected one row for each measurement")
    return lines


def _check(path: Path, header: Sequence[str]) -> None:
    named = [name for name in header if name]
    unknown = [name for name in named if name not in COLUMNS]
    missing = [name for name in NEEDED if name not in named]
    twice = sorted({name for name in named if named.count(name) > 1})
    if "structure" not in named and "formula" not in named:
        missing.append("structure or formula")
    for what, names in (("does not know", unknown), ("misses", missing), ("has twice", twice)):
        if names:
            shown = ", ".join(repr(name[:30]) for name in names)
            raise MeasurementsError(f"{path}: polywell {what} the column {shown}; expected {_known()}")


def _known() -> str:
    return ", ".join(f"{name}{'' if name in NEEDED else ' (optional)'}" for name in COLUMNS)


def _workbook(data: bytes) -> list[list[str]]:
    """The cells of the first sheet as text."""
    import pandas as pd  # type: ignore[import-untyped]

    try:
        frame = pd.read_excel(
            io.BytesIO(data), header=None, dtype=str, keep_default_na=False, engine="openpyxl"
        )
    except (BadZipFile, KeyError, ValueError, OSError, TypeError) as error:
        raise MeasurementsError(f"this is no workbook that can be read: {one_line(error)}") from error
    return [["" if cell is None else str(cell) for cell in row] for row in frame.to_numpy().tolist()]
