"""Tables of the page: chosen columns of the catalog, with their labels, and rows cut for display."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from polywell.columns import Column
from polywell.known import RULE, known_compound
from polywell.records import ENTRY_COLUMNS, PHASE_COLUMNS, Reason
from reports.html.names import dossier_path

Row = Mapping[str, Any]
Cell = str | float | int | list[Any] | None
Kind = Literal["number", "range", "text", "formula", "badge"]

MAX_LISTED = 2000
"""The lists of rejected and failed entries show at most this many; the Parquet files hold all."""

MAX_TEXT = 20_000
"""Characters of one text that a page carries; a longer one is cut and says so."""

MAX_LISTED_TEXT = 600
"""The same for the lists of rejected and failed entries."""

_DIGITS = {"K": 1, "Å": 3, "GPa": 1, "eV/atom": 3, "K·Å²": 0, "°": 1, "": 3}
_SHARES = ("superconducting_probability", "support")
_WORD_JOINER = "\u2060"  # keeps "low–high" on one line
_ENTRY = {column.name: column for column in ENTRY_COLUMNS}
_PHASE = {column.name: column for column in PHASE_COLUMNS}

RANKED_SHOWN = (
    "rank id formula family tc_expected_k tc_low_k superconducting_probability support_word known "
    "tc_ceiling_k tc_ceiling_low_k xi_ceiling_ang apexes sheets_per_block e_above_hull_ev geometry_suspect "
    "extrapolation tc_measured_k"
).split()
RANKED_OPTIONAL = frozenset(
    "known tc_expected_k tc_low_k superconducting_probability support_word e_above_hull_ev geometry_suspect "
    "extrapolation tc_measured_k".split()
)
"""Those of them that stand in the table only where some candidate has one; the details hold them anyway."""

RANKED_DETAIL = (
    "elements source metal tc_outer_k tc_outer_low_k xi_outer_ang xi_corrected_ang tc_corrected_k "
    "tc_corrected_low_k xi_correction_note compound rank_in_compound rank_published rank_calibrated "
    "pressure_gpa doping theoretical functional magnetic_ordering tc_measured_kind citation checked licence "
    "database_ids note message"
).split()
PHASE_SHOWN = (
    "phase xi_ang tc_k tc_low_k cage apexes metal_mix ligand sheets_per_block count faces "
    "lateral_offset_ang bond_ang bond_angle_deg extrapolation"
).split()
REJECTED_SHOWN = "id formula reason message".split()
FAILED_SHOWN = "id formula error_type stage message".split()


@dataclass(frozen=True)
class TableColumn:
    """One column as the page shows it; label, unit and meaning come from `polywell.columns`."""

    key: str
    label: str
    unit: str
    meaning: str
    kind: Kind
    digits: int
    shown: bool


KNOWN = TableColumn(
    "known",
    "Known",
    "",
    f"Rediscovery: measured T_c of this compound, where it is known. {RULE}.",
    "badge",
    0,
    True,
)
DOSSIER = TableColumn(
    "dossier", "Dossier", "", "Page of this candidate, where one was written.", "text", 0, False
)


@dataclass(frozen=True)
class Table:
    """Columns and rows in the same order; `total` counts the rows of the run, also those not carried."""

    columns: tuple[TableColumn, ...]
    phase_columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int

    @property
    def shown(self) -> tuple[TableColumn, ...]:
        """The columns that stand in the table itself; the others belong to a row's details."""
        return tuple(column for column in self.columns if column.shown)


def finite(value: Any) -> float | None:
    """Read a number of a row; None and NaN (how some readers say null) both mean "not given"."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return float(value)


def clipped(value: Any, limit: int = MAX_TEXT) -> str:
    """Read a text of a row, cut at `limit` characters with a remark of its full length."""
    text = "" if value is None or value != value else str(value)
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… (cut, {len(text)} characters)"


def ceiling_phase(row: Row) -> Row:
    """Find the phase whose ξ gives the row's ceiling; empty when the row carries no such phase."""
    for phase in row["phases"] or ():
        if phase["xi_ang"] == row["xi_ceiling_ang"] and phase["tc_k"] is not None:
            return dict(phase)
    return {}


def known_as(row: Row) -> str:
    """Name the measured compound that a candidate is, with its highest T_c; empty when it is none of them."""
    found = known_compound(str(row["formula"] or ""), str(row["metal"]))
    if found is None:
        return ""
    if found.best is None:
        return f"{found.rows[0].compound}: not superconducting"
    pressure = f" at {found.best.pressure_gpa:g} GPa" if found.best.pressure_gpa else ""
    return f"{found.tc_k:g} K{pressure}, {found.best.compound}"


def ranked_table(rows: Sequence[Row], with_dossier: Collection[str] = ()) -> Table:
    """Set the candidates as a table with the details and the phases of each.

    Args:
        rows: the candidates in ranked order.
        with_dossier: ids of those that have a dossier to link to.
    """
    whole = [_whole(row, with_dossier) for row in rows]
    held = {name for name in RANKED_OPTIONAL if any(_is_given(row.get(name)) for row in whole)}
    columns = (
        *(
            KNOWN
            if name == "known"
            else _column(_ENTRY, name, shown=name in held or name not in RANKED_OPTIONAL)
            for name in RANKED_SHOWN
            if name == "known" or name in _ENTRY or name in _PHASE
        ),
        *(_column(_ENTRY, name, shown=False) for name in RANKED_DETAIL if name in _ENTRY),
        DOSSIER,
    )
    phase_columns = tuple(_column(_PHASE, name) for name in PHASE_SHOWN)
    phases = iter(_cells([phase for row in rows for phase in row["phases"] or ()], phase_columns))
    cells = tuple(
        (*shown, list(islice(phases, len(row["phases"] or ()))))
        for shown, row in zip(_cells(whole, columns), rows, strict=True)
    )
    return Table(columns, phase_columns, cells, len(rows))


def rejected_table(rows: Sequence[Row], total: int) -> Table:
    """Set the rejected entries as a table, those that came furthest through the screen first."""
    order = {reason.value: place for place, reason in enumerate(reversed(Reason))}
    furthest = sorted(rows, key=lambda row: order.get(str(row["reason"]), len(order)))
    return _listed(furthest, REJECTED_SHOWN, total)


def failed_table(rows: Sequence[Row], total: int) -> Table:
    """Set the failed entries as a table, in the order of the run."""
    return _listed(rows, FAILED_SHOWN, total)


def _whole(row: Row, with_dossier: Collection[str]) -> Row:
    """The row with what stands in no column of it: its ceiling's cage, its known compound, its dossier."""
    top, id = ceiling_phase(row), str(row["id"])
    return {
        **row,
        "apexes": top.get("apexes"),
        "sheets_per_block": top.get("sheets_per_block"),
        "known": known_as(row),
        "dossier": dossier_path(str(row["source"]), id) if id in with_dossier else "",
    }


def _is_given(value: Any) -> bool:
    return value is not None and value == value and value != ""


def _listed(rows: Sequence[Row], names: Sequence[str], total: int) -> Table:
    columns = tuple(_column(_ENTRY, name) for name in names)
    return Table(columns, (), tuple(_cells(rows[:MAX_LISTED], columns, MAX_LISTED_TEXT)), total)


def _column(registry: Mapping[str, Column], name: str, *, shown: bool = True) -> TableColumn:
    column = registry.get(name) or _PHASE[name]
    label, meaning, kind = column.label, column.meaning, _kind(column)
    if kind == "range":
        high = registry[name.replace("_low_", "_high_")]
        label = f"{label}–{_WORD_JOINER}{high.label.rsplit(', ', 1)[-1]}"
        meaning = f"{meaning} {high.meaning}"
    digits = 0 if column.type == "int32" else 2 if name in _SHARES else _DIGITS.get(column.unit, 3)
    return TableColumn(name, label, column.unit, meaning, kind, digits, shown)


def _kind(column: Column) -> Kind:
    if "_low_" in column.name:
        return "range"
    if column.type in ("float64", "int32"):
        return "number"
    if column.name == "formula":
        return "formula"
    return "badge" if column.name in ("extrapolation", "geometry_suspect") else "text"


def _cells(
    rows: Sequence[Row], columns: Sequence[TableColumn], limit: int = MAX_TEXT
) -> list[tuple[Cell, ...]]:
    return list(zip(*(_column_cells(rows, column, limit) for column in columns), strict=True))


def _column_cells(rows: Sequence[Row], column: TableColumn, limit: int) -> Sequence[Cell]:
    values = [row[column.key] for row in rows]
    if column.kind == "number":
        return _rounded(values, column.digits)
    if column.kind == "range":
        highs = [row[column.key.replace("_low_", "_high_")] for row in rows]
        lows = _rounded(values, column.digits)
        return [list(ends) for ends in zip(lows, _rounded(highs, column.digits), strict=True)]
    return [_text(value, limit) for value in values]


def _text(value: Any, limit: int) -> str:
    if value is None or isinstance(value, (str, float)):
        return clipped(value, limit)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clipped(" – ".join(str(part) for part in value), limit)


def _rounded(values: Sequence[Any], digits: int) -> list[float | int | None]:
    places = None if digits == 0 else digits + 2
    return [None if number is None else round(number, places) for number in map(finite, values)]
