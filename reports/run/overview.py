"""The list at a glance: the best expected T_c by what fills the spacer and by the sheets of a block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from polywell.data.spacers import spacer_table
from polywell.records import Candidate, Possible
from reports.html.cells import clipped, finite

UNNAMED = "unnamed"
"""Where a candidate says nothing of its spacer."""

MAX_NAME = 80
HEAT_STEPS = 100


@dataclass(frozen=True)
class OverviewCell:
    """Candidates of one spacer and one number of sheets; T_c in K of the best sound one, None without one.

    `heat` is per cent of the hottest cell; `link` opens the list with these candidates alone.
    """

    sheets: str
    candidates: int
    best_k: float | None
    formula: str
    heat: int
    link: str


@dataclass(frozen=True)
class OverviewRow:
    """One class of spacer, with its sentence and a cell, or none, for each number of sheets."""

    spacer: str
    meaning: str
    cells: tuple[OverviewCell | None, ...]


@dataclass(frozen=True)
class Overview:
    """The heat map; `sheets` heads its columns, `hottest_k` is the largest of its temperatures."""

    sheets: tuple[str, ...]
    rows: tuple[OverviewRow, ...]
    hottest_k: float | None


def overview(ranked: Sequence[Candidate]) -> Overview:
    """Set the candidates in a table of spacers and sheets, those with the best expectation first.

    What is impossible or has a suspect geometry counts, but colours no cell.

    Args:
        ranked: the candidates in ranked order.
    """
    cells: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for one in ranked:
        phase = one.screening.ceiling_phase
        sheets = UNNAMED if phase is None else phase.sheets_per_block
        cells[one.screening.spacer or UNNAMED, sheets].append(one)
    best = {key: _best(some) for key, some in cells.items()}
    hottest = max((found[0] for found in best.values() if found), default=None)
    heads = tuple(sorted({sheets for _, sheets in cells}, key=_by_number))
    meanings = {row.name: row.meaning for row in spacer_table().classes}
    tops = {spacer: -1.0 for spacer, _ in cells}
    for (spacer, _), found in best.items():
        if found is not None:
            tops[spacer] = max(tops[spacer], found[0])
    rows = tuple(
        OverviewRow(
            clipped(spacer, MAX_NAME),
            meanings.get(spacer, ""),
            tuple(
                _cell(spacer, sheets, cells[spacer, sheets], best[spacer, sheets], hottest)
                if (spacer, sheets) in cells
                else None
                for sheets in heads
            ),
        )
        for spacer in sorted(tops, key=lambda name: (-tops[name], name))
    )
    return Overview(heads, rows, hottest)


def _best(some: Sequence[Candidate]) -> tuple[float, str] | None:
    """The highest expected T_c in K and whose it is, of those that are neither suspect nor impossible."""
    found = [
        (value, one.screening.called)
        for one in some
        if (value := finite(one.estimate.tc_expected_k)) is not None
        and not one.estimate.geometry_suspect
        and one.place.possible is not Possible.IMPOSSIBLE
    ]
    return max(found, key=lambda item: item[0], default=None)


def _cell(
    spacer: str,
    sheets: str,
    some: Sequence[Candidate],
    best: tuple[float, str] | None,
    hottest: float | None,
) -> OverviewCell:
    value, formula = best or (None, "")
    return OverviewCell(
        sheets=sheets,
        candidates=len(some),
        best_k=value,
        formula=clipped(formula, MAX_NAME),
        heat=round(HEAT_STEPS * value / hottest) if value and hottest else 0,
        link="#ranked?" + urlencode({"spacer": _filtered(spacer), "sheets": _filtered(sheets)}),
    )


def _filtered(value: str) -> str:
    """A value as the filters of the list name it; what says nothing is called by a dash there."""
    return "-" if value == UNNAMED else value


def _by_number(sheets: str) -> tuple[int, str]:
    return (int(sheets), "") if sheets.isdigit() else (10**6, sheets)
