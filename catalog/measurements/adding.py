"""From the rows of a table to measurements: each with its material, and with what was forecast of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import isfinite
from pathlib import Path

from pymatgen.core import Element, Structure

from catalog.errors import CatalogError, ReadError
from catalog.home import Home
from catalog.measurements.forecasts import forecast_for, is_same_composition
from catalog.measurements.sheet import Line, MeasurementsError, read_sheet
from catalog.measurements.table import Added, append, measurements_of
from catalog.readers import structures_in
from catalog.readers.documents import is_cif
from catalog.readers.reading import read
from catalog.runs.published import newest_by_source, published_runs
from catalog.sources.base import RawEntry
from catalog.store.durable import canonical_json, text_digest
from catalog.store.structures import entries_of
from polywell.electrons.valence import amounts_of
from polywell.evidence.own.measurement import Kind, OwnMeasurement
from polywell.evidence.own.rows import NoRowError, own_row
from polywell.families import Families
from polywell.records import Entry, EntryKey

SHOWN = 20
"""Bad rows that an error names; it says how many more there are."""

_EXPECTED_TC = "a T_c in K above 0 and up to 400, or `none down to 2`"
_NONE = re.compile(r"none\s+down\s+to\s+([0-9.]+)\s*k?", re.I)


class _BadCellError(ValueError):
    """A cell cannot be used; the message names column, value and what was expected, or what is wrong."""

    def __init__(self, column: str, value: str, expected: str = "", why: str = "") -> None:
        super().__init__(f"column {column}: {value[:60]!r}; {why or f'expected {expected}'}")


@dataclass(frozen=True)
class _Material:
    """What was measured: its name among materials, its structure and composition, and the candidate it is."""

    name: str
    structure: Structure | None
    formula: str
    candidate: EntryKey | None = None


def add(home: Home, path: Path, families: Families, now: datetime) -> Added:
    """Read a table of measurements and keep them in the home, each with what had been forecast of it.

    Args:
        home: a prepared home.
        path: CSV or workbook, with the columns of `catalog.measurements.sheet.COLUMNS`.
        families: the λ table by which structures are screened.
        now: the time.

    Raises:
        MeasurementsError: the table, or a row of it, cannot be used: every such row is named, and none of
            the others is added either.
        HomeError: the home cannot be read or written.
    """
    measured: list[OwnMeasurement] = []
    bad: list[str] = []
    earlier = measurements_of(home)
    for line in read_sheet(path):
        try:
            measured.append(_measurement(home, line, path.parent, families, now.date(), earlier))
        except (ValueError, ReadError) as error:
            bad.append(f"row {line.number}, {' '.join(str(error).split())}")
    if bad:
        more = f"; and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
        raise MeasurementsError(
            f"{path}: {len(bad)} of {len(bad) + len(measured)} rows cannot be used, so none was added "
            f"(the headings are row 1). {'; '.join(bad[:SHOWN])}{more}"
        )
    return append(home, measured, now)


def _measurement(
    home: Home,
    line: Line,
    folder: Path,
    families: Families,
    today: date,
    earlier: Sequence[OwnMeasurement],
) -> OwnMeasurement:
    cells = line.cells
    material = _material(home, cells, folder)
    tc_k, lowest_k = _temperature(cells.get("tc_k", ""))
    made = OwnMeasurement(
        material=material.name,
        formula=material.formula,
        structure=None if material.structure is None else material.structure.as_dict(),
        structure_type=cells.get("structure_type", ""),
        tc_k=tc_k,
        lowest_k=lowest_k,
        kind=_kind(cells.get("kind", ""), tc_k),
        pressure_gpa=_pressure(cells.get("pressure_gpa", "")),
        doping=cells.get("doping", ""),
        source=_needed(cells, "source", "who measured it, or where it is published"),
        date=_date(_needed(cells, "date", "a day such as 2026-11-29"), today),
    )
    column = "structure_type" if material.structure is None else "structure"
    try:
        row = own_row(made, families)
    except NoRowError as error:
        raise _BadCellError(column, cells.get(column, ""), why=str(error)) from error
    found = forecast_for(home, made, row.family, material.candidate)
    if isinstance(found, str):
        return made.model_copy(update={"no_forecast": found})
    known = found.model_copy(update={"known": found.known or _own(made, earlier)})
    return made.model_copy(update={"forecast": known})


def _own(made: OwnMeasurement, earlier: Iterable[OwnMeasurement]) -> str | None:
    """The measurement of the same material that came before; None where this is the first."""
    for one in earlier:
        if one.id != made.id and (
            one.material == made.material or is_same_composition(one.formula, made.formula)
        ):
            return f"own measurement {one.id}"
    return None


def _material(home: Home, cells: dict[str, str], folder: Path) -> _Material:
    """The material of a row.

    Raises:
        ValueError: a cell cannot be used.
    """
    cell, formula = cells.get("structure", ""), _formula(cells.get("formula", ""))
    if not cell:
        if not formula:
            raise _BadCellError("formula", "", "a formula, or a structure in the column structure")
        if not cells.get("structure_type"):
            raise _BadCellError("structure_type", "", "the structure type of a formula without a structure")
        return _Material(formula, None, formula)
    found = _structure(home, cell, folder)
    if cells.get("doping") and not formula:
        raise _BadCellError(
            "formula",
            "",
            "the composition of the sample, as doping is stated: the structure has another",
        )
    return replace(found, formula=formula or found.formula)


def _structure(home: Home, cell: str, folder: Path) -> _Material:
    """What the column `structure` gives: the text of a CIF, a file, or the id of a candidate."""
    path = folder / Path(cell).expanduser() if len(cell) < 1000 and "\n" not in cell else None
    try:
        if is_cif(cell):
            return _of_entries(read(RawEntry("own", "cif", "cif", cell), lambda elements: True), cell)
        if path is not None and path.is_file():
            return _of_entries(structures_in(path), cell)
    except (ReadError, CatalogError) as error:
        raise _BadCellError("structure", cell, f"a structure that can be read: {error}") from error
    found = [
        _Material(f"{source}/{id_}", entry.structure, entry.formula, (source, id_))
        for source, run in newest_by_source(published_runs(home, complete=True)).items()
        for id_ in dict.fromkeys((cell, cell.removeprefix(f"{source}/")))
        for entry in entries_of(run.structures([(source, id_)])).values()
        if entry.structure is not None
    ]
    if len(found) != 1:
        known = ", ".join(one.name for one in found)
        raise _BadCellError(
            "structure",
            cell,
            f"one of {known}"
            if found
            else f"a file in {folder}, the text of a CIF, or an id that was screened",
        )
    return found[0]


def _of_entries(entries: Sequence[Entry], cell: str) -> _Material:
    if len(entries) != 1 or entries[0].structure is None:
        raise _BadCellError("structure", cell, f"one structure; it holds {len(entries)}")
    structure = entries[0].structure
    digest = text_digest(canonical_json(structure.as_dict()))
    return _Material(f"sha256:{digest[:16]}", structure, entries[0].formula)


def _formula(text: str) -> str:
    if not text:
        return ""
    try:
        symbols = amounts_of(text)
        if symbols and all(map(Element.is_valid_symbol, symbols)):
            return text
    except ValueError as error:
        raise _BadCellError("formula", text, f"a chemical formula in numbers: {error}") from error
    raise _BadCellError("formula", text, "a chemical formula in numbers, such as La1.85Sr0.15CuO4")


def _temperature(text: str) -> tuple[float | None, float | None]:
    """T_c, or how far down nothing was seen."""
    none = _NONE.fullmatch(text)
    value = _number("tc_k", none[1] if none else text, _EXPECTED_TC)
    if not 0 < value <= 400:
        raise _BadCellError("tc_k", text, _EXPECTED_TC)
    return (None, value) if none else (value, None)


def _pressure(text: str) -> float | None:
    value = _number("pressure_gpa", text, "GPa from 0 to 1000, or nothing for ambient") if text else 0.0
    if not 0 <= value <= 1000:
        raise _BadCellError("pressure_gpa", text, "GPa from 0 to 1000, or nothing for ambient")
    return value or None


def _kind(text: str, tc_k: float | None) -> Kind | None:
    if tc_k is None:
        if text:
            raise _BadCellError("kind", text, "nothing, where no superconductivity was seen")
        return None
    if text.lower() not in set(Kind):
        raise _BadCellError("kind", text, f"one of {', '.join(Kind)}")
    return Kind(text.lower())


def _date(text: str, today: date) -> str:
    try:
        found = date.fromisoformat(text[:10])
    except ValueError as error:
        raise _BadCellError("date", text, "a day such as 2026-11-29") from error
    if found > today:
        raise _BadCellError("date", text, f"a day up to today, {today}")
    return found.isoformat()


def _number(column: str, text: str, expected: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise _BadCellError(column, text, expected) from error
    if not isfinite(value):
        raise _BadCellError(column, text, expected)
    return value


def _needed(cells: dict[str, str], column: str, expected: str) -> str:
    if not cells.get(column):
        raise _BadCellError(column, "", expected)
    return cells[column]
