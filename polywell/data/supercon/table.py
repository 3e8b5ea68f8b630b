"""The cleaned table: one report a line, with what is unsure about it in words from a closed list.

`polywell measured build` writes it from the raw file (`polywell.data.supercon.cleaning`). Nothing is left
out that the raw file holds except repetitions: what cannot be used is flagged, and `counts` says how much
there is.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache, cached_property

from polywell.data.supercon.formulas import Oxygen, amounts_of
from polywell.data.tables import TABLES, TableError

FILE = ("measured", "supercon.csv")
"""Where the table stands, below `polywell/tables`."""
CITATION = "MDR SuperCon 240322, National Institute for Materials Science, CC BY 4.0, doi:10.48505/nims.3837"
OTHER = "other"
"""Structure type of what has no layers of the kinds in `tables/structure_types.toml`, or cannot be told."""
HEAD = f"""\
# Reported superconductors: copper oxides, iron pnictides and chalcogenides, and what stands beside them.
# Source: {CITATION}.
# Changed: cleaned and rewritten by `polywell measured build`, made from the raw file; no hand edits.
# The rules stand in docs/supercon.md. T_c in K, of the sample; empty: looked for and not seen. Cells in Å.
"""


class Flag(StrEnum):
    """What is unsure about a report."""

    ASSIGNED = "type from composition"
    MISFIT = "composition does not fill the type"
    OUTLIER = "outlier"
    FILM = "film or monolayer"
    UNNAMED = "constituent without a name"
    TWICE = "element twice"
    UNCOUNTED = "amount missing"
    IMPOSSIBLE = "element of no compound"


UNUSABLE = frozenset({Flag.MISFIT, Flag.OUTLIER, Flag.UNNAMED, Flag.TWICE, Flag.UNCOUNTED, Flag.IMPOSSIBLE})
"""Flags of reports that train nothing: their composition or their T_c is in doubt."""


@dataclass(frozen=True)
class Report:
    """One report of SuperCon. Lengths in Å.

    `numbers` are the supercon_numbers that say the same; `tc_k` is None where superconductivity was not seen.
    `oxygen` tells what the amount in the formula is worth.
    """

    numbers: tuple[int, ...]
    formula: str
    oxygen: Oxygen
    family: str
    type: str
    tc_k: float | None
    a_ang: float | None
    b_ang: float | None
    c_ang: float | None
    year: int | None
    flags: tuple[Flag, ...]
    reference: str

    @cached_property
    def amounts(self) -> Mapping[str, float]:
        """Ions of the formula."""
        return amounts_of(self.formula)

    @property
    def usable(self) -> bool:
        """Whether neither composition nor T_c is in doubt, and the structure type is known."""
        return self.type != OTHER and UNUSABLE.isdisjoint(self.flags)


COLUMNS = tuple(field.name for field in fields(Report))


def to_text(reports: Iterable[Report]) -> str:
    """The table as text; equal reports give equal text."""
    text = io.StringIO()
    text.write(HEAD)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in reports:
        numbers = " ".join(map(str, one.numbers))
        measured = (_number(value) for value in (one.tc_k, one.a_ang, one.b_ang, one.c_ang, one.year))
        flags = "; ".join(one.flags)
        writer.writerow(
            (numbers, one.formula, one.oxygen, one.family, one.type, *measured, flags, one.reference)
        )
    return text.getvalue()


def from_text(text: str) -> tuple[Report, ...]:
    """Read what `to_text` wrote.

    Raises:
        TableError: another head of columns, or a line that does not hold them.
    """
    lines = (line for line in io.StringIO(text) if not line.startswith("#"))
    rows = csv.reader(lines, strict=True)
    if (head := tuple(next(rows, ()))) != COLUMNS:
        raise TableError(f"SuperCon table: columns {head}, expected {COLUMNS}; run `polywell measured build`")
    reports = []
    for row in rows:
        try:
            reports.append(_read(row))
        except ValueError as error:
            raise TableError(
                f"SuperCon table: line {row!r:.120}: {error}; run `polywell measured build`"
            ) from error
    return tuple(reports)


@cache
def supercon() -> tuple[Report, ...]:
    """The table that comes with polywell, in order of the first number."""
    return from_text(TABLES.joinpath(*FILE).read_text(encoding="utf-8"))


@cache
def digest() -> str:
    """The sha256 of the table as it stands in the package."""
    return hashlib.sha256(TABLES.joinpath(*FILE).read_bytes()).hexdigest()


def counts(reports: Iterable[Report]) -> dict[str, int]:
    """How many lines and compositions there are, and how many lines carry each flag or lack something."""
    rows = list(reports)
    flags = Counter(str(flag) for one in rows for flag in one.flags)
    return {
        "lines of the raw file": sum(len(one.numbers) for one in rows),
        "reports": len(rows),
        "usable reports": sum(one.usable for one in rows),
        "compositions": len({(one.formula, one.oxygen, one.type) for one in rows}),
        "usable compositions": len({(one.formula, one.oxygen, one.type) for one in rows if one.usable}),
        "superconductivity not seen": sum(one.tc_k is None for one in rows),
        "oxygen not determined": sum(one.oxygen is not Oxygen.WRITTEN for one in rows),
        "no known structure type": sum(one.type == OTHER for one in rows),
        "with a cell": sum(one.c_ang is not None for one in rows),
        **{str(flag): flags[str(flag)] for flag in Flag},
    }


def _read(row: list[str]) -> Report:
    numbers, formula, oxygen, family, kind, tc, a, b, c, year, flags, reference = row
    return Report(
        numbers=tuple(int(number) for number in numbers.split()),
        formula=formula,
        oxygen=Oxygen(oxygen),
        family=family,
        type=kind,
        tc_k=float(tc) if tc else None,
        a_ang=float(a) if a else None,
        b_ang=float(b) if b else None,
        c_ang=float(c) if c else None,
        year=int(year) if year else None,
        flags=tuple(Flag(flag) for flag in flags.split("; ")) if flags else (),
        reference=reference,
    )


def _number(value: float | int | None) -> str:
    return "" if value is None else repr(value).removesuffix(".0")
