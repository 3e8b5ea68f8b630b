"""From the raw file of SuperCon to the cleaned table: the rules, written before any model saw a T_c of it.

A T_c enters one rule only: a report far from the median of its own composition is an outlier. What a
composition is, what its structure is and whether both agree is decided without it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from statistics import median

from pymatgen.core import Element

from polywell.data.supercon.formulas import DECIMALS, Oxygen, Printed, canonical, taken_apart
from polywell.data.supercon.table import OTHER, Flag, Report
from polywell.data.supercon.types import (
    MISFIT,
    StructureType,
    counts,
    misfit,
    type_of_composition,
    type_of_word,
)

RAW_COLUMNS = (
    "supercon_number", "formula", "common_formula", "structure_type", "family", "tc_k",
    "a_ang", "b_ang", "c_ang", "year", "reference",
)  # fmt: skip
"""Columns of the raw file that are read."""

FEWEST_REPORTS = 4
"""Reports of one composition from which on one of them can be told to be an outlier."""
FARTHEST = 3.5
"""Modified z-score beyond which a value is an outlier: Iglewicz and Hoaglin, How to Detect and Handle
Outliers (1993); recalled."""
MAD_TO_SIGMA = 1.4826
"""Median absolute deviation to standard deviation of a normal distribution."""
LEAST_SCATTER, LEAST_SCATTER_K = 0.05, 1.0
"""Scatter that reports of one composition have at least, as a share of the median and in K: rounding and the
definitions of T_c differ by that much."""

HEAVIEST = 96
"""Atomic number of curium: nobody weighed in what is heavier, so that its symbol is a misprint."""

_FILM = re.compile(r"film|monolayer", re.IGNORECASE)
_YEAR = re.compile(r"\(((?:19|20)\d\d)\)")
_PREPRINT = re.compile(r"^cond-mat/(\d\d)\d\d\.")


class RawTableError(ValueError):
    """The file is not the raw file of SuperCon."""


def cleaned(rows: Iterable[Mapping[str, str]]) -> tuple[Report, ...]:
    """The reports of the raw file, repetitions merged and outliers flagged, in order of their first number.

    Args:
        rows: its lines by column; every value as text, empty where there is none.

    Raises:
        RawTableError: a column is missing, or a line cannot be read; the message names its number.
    """
    return _outliers_flagged(_merged(_report(row) for row in rows))


def _report(row: Mapping[str, str]) -> Report:
    if missing := [name for name in RAW_COLUMNS if row.get(name) is None]:
        raise RawTableError(f"no {', '.join(missing)}; expected the columns {', '.join(RAW_COLUMNS)}")
    try:
        printed = taken_apart(row["formula"])
        tc_k = float(row["tc_k"])
        number = int(row["supercon_number"])
        cell = [float(row[name]) if row[name] else None for name in ("a_ang", "b_ang", "c_ang")]
        year = _year(row)
    except ValueError as error:
        raise RawTableError(f"supercon_number {row['supercon_number']}: {error}") from error
    family = row["family"]
    named = type_of_word(row["structure_type"], family)
    known = named or type_of_composition(printed.amounts, family, printed.oxygen is not Oxygen.OPEN)
    return Report(
        numbers=(number,),
        formula=canonical(_with_oxygen(printed, known)),
        oxygen=printed.oxygen,
        family=family,
        type=OTHER if known is None else known.name,
        tc_k=tc_k if tc_k > 0 else None,
        a_ang=cell[0],
        b_ang=cell[1],
        c_ang=cell[2],
        year=year,
        flags=_flags(printed, named, known, row["common_formula"]),
        reference=" ".join(row["reference"].split()),
    )


def _with_oxygen(printed: Printed, known: StructureType | None) -> dict[str, float]:
    """The amounts, with the ideal oxygen of the type where the formula gives none and the type is known."""
    amounts = dict(printed.amounts)
    if printed.oxygen is Oxygen.OPEN and known is not None:
        found = counts(amounts)
        scale = (found.a + found.rest) / (known.a + known.rest)
        amounts["O"] = round(max(0.0, known.o * scale - found.o), DECIMALS)
    return amounts


def _flags(
    printed: Printed, named: StructureType | None, known: StructureType | None, common_formula: str
) -> tuple[Flag, ...]:
    determined = printed.oxygen is Oxygen.WRITTEN
    wrong = named is not None and misfit(counts(printed.amounts), named, determined) > MISFIT[named.family]
    said = {
        Flag.ASSIGNED: named is None and known is not None,
        Flag.MISFIT: wrong,
        Flag.FILM: bool(_FILM.search(common_formula)),
        Flag.UNNAMED: printed.unnamed,
        Flag.TWICE: bool(printed.twice),
        Flag.UNCOUNTED: bool(printed.uncounted),
        Flag.IMPOSSIBLE: any(Element(symbol).Z > HEAVIEST for symbol in printed.amounts),
    }
    return tuple(flag for flag, true in said.items() if true)


def _year(row: Mapping[str, str]) -> int | None:
    """Year of the report: the column, else the reference's brackets, else the number of a preprint."""
    if row["year"]:
        return int(float(row["year"]))
    if bracketed := _YEAR.search(row["reference"]):
        return int(bracketed[1])
    preprint = _PREPRINT.match(row["reference"])
    return 2000 + int(preprint[1]) if preprint else None


def _merged(reports: Iterable[Report]) -> list[Report]:
    """Reports that differ in nothing but their number, as one."""
    numbers: dict[Report, list[int]] = defaultdict(list)
    for one in reports:
        numbers[replace(one, numbers=())].extend(one.numbers)
    merged = [replace(one, numbers=tuple(sorted(some))) for one, some in numbers.items()]
    return sorted(merged, key=lambda one: one.numbers)


def _outliers_flagged(reports: list[Report]) -> tuple[Report, ...]:
    """Flag what is far from the median of its composition; not seen counts as 0 K."""
    groups: dict[tuple[str, Oxygen, str], list[float]] = defaultdict(list)
    for one in reports:
        groups[one.formula, one.oxygen, one.type].append(one.tc_k or 0.0)
    return tuple(
        replace(one, flags=(*one.flags, Flag.OUTLIER))
        if _is_outlier(one.tc_k or 0.0, groups[one.formula, one.oxygen, one.type])
        else one
        for one in reports
    )


def _is_outlier(tc_k: float, group: list[float]) -> bool:
    if len(group) < FEWEST_REPORTS:
        return False
    centre = median(group)
    scatter = MAD_TO_SIGMA * median(abs(value - centre) for value in group)
    return abs(tc_k - centre) > FARTHEST * max(scatter, LEAST_SCATTER * centre, LEAST_SCATTER_K)
