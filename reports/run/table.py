"""Tables of the page: the columns of the records that have a place there, and records cut for display."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import Any, Literal

from polywell.columns import Column, in_order
from polywell.records import ENTRY_COLUMNS, PHASE_COLUMNS, Candidate, EntryKey, Place, Reason, Screening
from reports.html.cells import MAX_TEXT, clipped, finite
from reports.html.names import dossier_path
from reports.html.thumbnail import Thumbnail, thumbnail

Cell = str | float | int | list[Any] | None
Kind = Literal["number", "range", "text", "formula", "badge", "bars", "block"]
Read = Callable[[Any], Any]

CARRIED_DIGITS = 2
"""Digits of a number that the page carries beyond those that it shows, to sort and filter by."""

MAX_LISTED = 2000
"""The lists of rejected and failed entries show at most this many; the Parquet files hold all.

Rare reasons are listed whole (see `shared_places`)."""

MAX_LISTED_TEXT = 600
"""Characters of one text in these lists."""

_SETTINGS: Mapping[str, Kind] = {"formula": "formula", "badge": "badge", "": "text"}
_WORD_JOINER = "\u2060"  # keeps "low–high" on one line


@dataclass(frozen=True)
class TableColumn:
    """One column as the page shows it; label, unit, meaning and digits are those of the record's field."""

    key: str
    label: str
    unit: str
    meaning: str
    kind: Kind
    digits: int
    shown: bool


DOSSIER = TableColumn(
    "dossier", "Dossier", "", "Page of this candidate, where one was written.", "text", 0, False
)

BLOCK = TableColumn(
    "block",
    "Block",
    "",
    "The cages of a block of sheets, seen along the sheets, each picture in its own scale.",
    "block",
    0,
    True,
)
BARS = TableColumn(
    "temperatures",
    "Expected T_c and ceiling",
    "K",
    "Dot and band: expected T_c, should it superconduct, with the range that holds eight times in ten; ring "
    "and thin line: the same at the best doping; upright line: the ceiling. Every number is a column too.",
    "bars",
    0,
    True,
)
BARRED = (
    "tc_expected_k", "tc_low_k", "tc_best_k", "tc_best_low_k", "tc_ceiling_k", "tc_ceiling_low_k",
)  # fmt: skip
"""Columns of numbers that the bars stand for: they can be chosen, and files hold them."""


@dataclass(frozen=True)
class Table:
    """Columns and rows in the same order; `total` counts the rows of the run, also those not carried.

    A cell of the column `BLOCK` is a place in `drawings`; cells of `BARS` are empty: other
    columns hold all.
    """

    columns: tuple[TableColumn, ...]
    phase_columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int
    drawings: tuple[Thumbnail, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every row of the run stands in it."""
        return len(self.rows) == self.total

    @property
    def shown(self) -> tuple[TableColumn, ...]:
        """The columns that stand in the table itself; the others belong to a row's details."""
        return tuple(column for column in self.columns if column.shown)


def known_as(place: Place) -> str:
    """The measured compound that a candidate is, with T_c and its pressure; empty when it is none of them."""
    if place.known is None:
        return ""
    if place.known_tc_k is None:
        return f"{place.known}: not superconducting"
    pressure = f" at {place.known_pressure_gpa:g} GPa" if place.known_pressure_gpa else ""
    return f"{place.known_tc_k:g} K{pressure}, {place.known}"


def novelty_words(place: Place) -> str:
    """What a candidate is to those who know the literature; a T_c under pressure with its pressure."""
    said = place.novelty_note or ""
    if not (place.known_pressure_gpa and place.known_tc_k is not None):
        return said
    tc = f"{place.known_tc_k:g} K"
    return said.replace(tc, f"{tc} at {place.known_pressure_gpa:g} GPa", 1)


def of_candidate(column: Column) -> Callable[[Candidate], Any]:
    """What reads a column of a candidate; a column of a cage is read from the one that gives the ceiling."""
    if column.stage == "phase":
        return lambda one: getattr(one.screening.ceiling_phase, column.path, None)
    return attrgetter(f"{column.stage}.{column.path}")


def ranked_table(ranked: Sequence[Candidate], with_dossier: Collection[EntryKey] = ()) -> Table:
    """Set the candidates as a table with the details and the phases of each.

    Columns that are `listed` stand in the table itself, where some candidate has a value, but for the
    temperatures, which stand as bars on one axis; the others that have a place among the details follow.

    Args:
        ranked: the candidates in ranked order.
        with_dossier: source and id of those that have a dossier to link to.
    """
    listed = in_order((*ENTRY_COLUMNS, *PHASE_COLUMNS), "listed")
    details = [column for column in in_order(ENTRY_COLUMNS, "detail") if not column.listed]
    columns: list[TableColumn] = []
    cells: list[Sequence[Cell]] = []
    drawings, places = _drawn(ranked)
    for column in (*listed, *details):
        read = of_candidate(column)
        values = [read(one) for one in ranked]
        shown = bool(column.listed) and column.name not in BARRED and _says_something(column, values)
        if column.name == "formula" and drawings:
            columns.append(BLOCK)
            cells.append(places)
        columns.append(_table_column(column, shown=shown))
        if column.name == "known":
            values = [known_as(one.place) for one in ranked]
        if column.name == "novelty_note":
            values = [novelty_words(one.place) for one in ranked]
        if column.name == "formula":
            values = [one.screening.called for one in ranked]
        cells.append(_cells(values, column, _ends(ranked, column, of_candidate)))
        if column.name == "formula":
            columns.append(BARS)
            cells.append([None] * len(ranked))
    cells.append([_link(one.screening, with_dossier) for one in ranked])
    phases, phase_columns = _phases(ranked)
    rows = tuple((*row, of_row) for row, of_row in zip(zip(*cells, strict=True), phases, strict=True))
    return Table((*columns, DOSSIER), phase_columns, rows, len(ranked), drawings)


def _drawn(ranked: Sequence[Candidate]) -> tuple[tuple[Thumbnail, ...], list[Cell]]:
    """The pictures of all blocks, each once, and the place of each candidate's among them."""
    places: dict[Thumbnail, int] = {}
    drawn = (thumbnail(one.screening) for one in ranked)
    of_each: list[Cell] = [None if one is None else places.setdefault(one, len(places)) for one in drawn]
    return tuple(places), of_each


def _phases(ranked: Sequence[Candidate]) -> tuple[list[list[Any]], tuple[TableColumn, ...]]:
    """The cages of each candidate as rows, and their columns."""
    every = [phase for one in ranked for phase in one.screening.phases]
    columns = in_order(PHASE_COLUMNS, "detail")
    cells = [
        _cells(list(map(_of_record(column), every)), column, _ends(every, column, _of_record))
        for column in columns
    ]
    rows = iter(list(zip(*cells, strict=True)))
    of_each = [list(islice(rows, len(one.screening.phases))) for one in ranked]
    return of_each, tuple(_table_column(column) for column in columns)


def shared_places(reasons: Sequence[Hashable], most: int = MAX_LISTED) -> list[int]:
    """Which rows a list of at most `most` holds: the first of each reason, in the order that they have.

    Reasons with fewer rows than an equal share stand there whole; the others share what these leave.

    Args:
        reasons: the reason of each row.
        most: how many rows the list may hold.
    """
    places: dict[Hashable, list[int]] = {}
    for place, reason in enumerate(reasons):
        places.setdefault(reason, []).append(place)
    kept: list[int] = []
    rarest_first = sorted(places.values(), key=len)
    for done, of_reason in enumerate(rarest_first):
        kept.extend(of_reason[: (most - len(kept)) // (len(rarest_first) - done)])
    return sorted(kept)


def rejected_table(rejected: Sequence[Screening], total: int) -> Table:
    """Set the rejected entries as a table, those that came furthest through the screen first."""
    order = {reason: place for place, reason in enumerate(reversed(Reason))}
    furthest = sorted(rejected, key=lambda one: len(order) if one.reason is None else order[one.reason])
    places = shared_places([one.reason for one in furthest])
    return _listed([furthest[place] for place in places], total)


def failed_table(failed: Sequence[Screening], total: int) -> Table:
    """Set the failed entries as a table, in the order of the run."""
    return _listed([failed[place] for place in shared_places([one.error_type for one in failed])], total)


def _listed(some: Sequence[Screening], total: int) -> Table:
    columns, cells = [], []
    for column in in_order(ENTRY_COLUMNS, "dropped"):
        values = list(map(_of_record(column), some))
        if _says_something(column, values):
            columns.append(_table_column(column))
            cells.append(_cells(values, column, None, MAX_LISTED_TEXT))
    return Table(tuple(columns), (), tuple(zip(*cells, strict=True)), total)


def _of_record(column: Column) -> Read:
    return attrgetter(column.path)


def _link(screening: Screening, with_dossier: Collection[EntryKey]) -> str:
    return dossier_path(screening.source, screening.id) if screening.key in with_dossier else ""


def _says_something(column: Column, values: Sequence[Any]) -> bool:
    """Whether a list shows a column: where some value is given, the source where there are several."""
    if column.name == "source":
        return len(set(values)) > 1
    return any(map(_is_given, values))


def _is_given(value: Any) -> bool:
    return value is not None and value == value and value not in ("", ())


def _ends(records: Iterable[Any], column: Column, reader: Callable[[Column], Read]) -> list[Any] | None:
    """The upper ends of the ranges that a column begins; None where it begins none."""
    upper = _upper(column)
    return None if upper is None else list(map(reader(upper), records))


def _upper(column: Column) -> Column | None:
    registry = PHASE_COLUMNS if column.stage == "phase" else ENTRY_COLUMNS
    return next((one for one in registry if one.name == column.upper), None)


def _table_column(column: Column, *, shown: bool = True) -> TableColumn:
    label, meaning = column.label, column.meaning
    if (upper := _upper(column)) is not None:
        label = f"{label}–{_WORD_JOINER}{upper.label.rsplit(', ', 1)[-1]}"
        meaning = f"{meaning} {upper.meaning}"
    return TableColumn(column.name, label, column.unit, meaning, _kind(column), column.places, shown)


def _kind(column: Column) -> Kind:
    if column.upper:
        return "range"
    return "number" if column.type in ("float64", "int32") else _SETTINGS[column.setting]


def _cells(
    values: Sequence[Any], column: Column, ends: Sequence[Any] | None, limit: int = MAX_TEXT
) -> Sequence[Cell]:
    if ends is not None:
        pairs = zip(_rounded(values, column.places), _rounded(ends, column.places), strict=True)
        return [list(pair) for pair in pairs]
    if column.type in ("float64", "int32"):
        return _rounded(values, column.places)
    return [_text(value, limit) for value in values]


def _text(value: Any, limit: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return clipped(" – ".join(map(str, value)), limit)
    return clipped(value, limit)


def _rounded(values: Sequence[Any], digits: int) -> list[float | int | None]:
    places = None if digits == 0 else digits + CARRIED_DIGITS
    return [None if number is None else round(number, places) for number in map(finite, values)]
