"""Homologous series, and the member that the surroundings of a block of sheets make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from polywell.data.tables import Record, Table, load_table
from polywell.records import Screening

MISSING_BRIDGED = 0.36
"""Ions of a block beside CuO2-type sheets that may be missing or too many."""
MISSING_CAPPED = 0.16
"""Ions for each metal of FeAs-type sheets that may be missing or too many: K0.8Fe2Se2 lacks 0.1."""
MISSING_SPACER = 0.55
"""Cations of a spacer that may be missing: half of Hg or Tl."""


class Series(Record):
    """A row of `tables/series.toml`, where the fields are explained."""

    name: Annotated[str, Field(min_length=1)]
    member: Annotated[str, Field(min_length=1)]
    nets: Literal["bridged", "capped"]
    metals: tuple[str, ...] = ()
    ligands: tuple[str, ...] = ()
    sheets: Annotated[int, Field(ge=0)] | None = None
    a: Annotated[float, Field(ge=0)]
    spacer: Annotated[float, Field(ge=0)] = 0.0
    of: tuple[str, ...] = ()
    anions: tuple[float, float]
    rising: float = 0.0
    apical: Annotated[int, Field(ge=0, le=2)] | None = None
    halogens: bool | None = None
    heavy: bool | None = None
    sided: bool = False
    types: tuple[str, ...]
    unit: Annotated[int, Field(gt=0)] | None = None

    def called(self, sheets: int, spacer_of: str | None) -> str:
        """The name of the member with this many sheets; the element is the largest part of its spacer."""
        return self.member.format(n=sheets, m=sheets - 1, M=spacer_of)


class Nickname(Record):
    """Another name of members of some series, for compounds that hold `elements`.

    `alone`: no element stands before it.
    """

    name: Annotated[str, Field(min_length=1)]
    series: Annotated[tuple[str, ...], Field(min_length=1)]
    elements: tuple[str, ...] = ()
    alone: bool = False


class _Table(Table):
    series: tuple[Series, ...]
    nickname: tuple[Nickname, ...]


@dataclass(frozen=True)
class Surrounded:
    """What stands around a block of `sheets` sheets (0: without end), or beside one metal of a capped net.

    `a`, `spacer` and `anions` are ions outside the nets; `halogens` and `heavy` are shares of the anions;
    `spacer_of` is the element of the largest part of the spacer; `apical` is the most apical anions of a
    metal; `sided` says that every sheet has one element above it and another below.
    """

    nets: str
    metal: str
    ligand: str
    sheets: int
    a: float
    spacer: float
    spacer_of: str | None
    anions: float
    halogens: float
    heavy: float
    apical: int
    sided: bool


@cache
def series() -> tuple[Series, ...]:
    """The table, in its order."""
    return load_table("series.toml", _Table).series


@cache
def nicknames() -> dict[str, Nickname]:
    """The other names, in lower case and without hyphens and spaces."""
    return {_plain(row.name): row for row in load_table("series.toml", _Table).nickname}


def is_called(screening: Screening, name: str) -> bool:
    """Whether a chemist may call a candidate so: by its formula, its series, or a nickname (La-327, YBCO).

    Capitals, hyphens and spaces make no difference, but in formulas: Hg-1223 is Hg1223. An element before the
    name must be in the compound, so Y-123 is no NdBa2Cu3O7.
    """
    if name in (screening.formula, screening.formula_written, screening.majority_formula):
        return True
    own, said = screening.series or "", _plain(name)
    if not own or not said:
        return False
    element, rest = _apart(name)
    if said == _plain(own):
        return element is None or element in screening.elements
    named = [nicknames().get(said)]
    if element in screening.elements and (after := nicknames().get(_plain(rest))) and not after.alone:
        named.append(after)
    return any(
        other is not None
        and set(other.elements) <= set(screening.elements)
        and any(fnmatchcase(own, pattern) for pattern in other.series)
        for other in named
    )


@cache
def nicknames_of(series: str) -> tuple[str, ...]:
    """Other names that members of a series can have, whatever they hold."""
    return tuple(
        row.name
        for row in nicknames().values()
        if any(fnmatchcase(series, pattern) for pattern in row.series)
    )


def _plain(name: str) -> str:
    """A name in lower case without hyphens and spaces."""
    return name.lower().replace("-", "").replace(" ", "")


def _apart(name: str) -> tuple[str | None, str]:
    """The element before the number of a name (La-327, La327), and the rest; None where there is none."""
    found = re.match(r"([A-Za-z][a-z]?)-?(\d.*)$", name.replace(" ", ""))
    return (None, name) if found is None else (found[1].capitalize(), found[2])


def member_of(around: Surrounded) -> Series | None:
    """The series that the surroundings belong to; None for a stacking without a name."""
    rows = _rows_of(around.nets, around.metal, around.ligand)
    fits = [(misfit, place) for place, row in enumerate(rows) if (misfit := _misfit(around, row)) is not None]
    return rows[min(fits)[1]] if fits else None


@cache
def _rows_of(nets: str, metal: str, ligand: str) -> tuple[Series, ...]:
    """The rows of the table for nets of a kind, of such a metal and ligand, in its order."""
    return tuple(
        row
        for row in series()
        if row.nets == nets
        and not (row.metals and metal not in row.metals)
        and not (row.ligands and ligand not in row.ligands)
    )


@cache
def member_called(name: str) -> tuple[Series, int] | None:
    """The series and the sheets of a member's name, a structure type, or a key of the measured tables."""
    for row in series():
        for said in (row.member, *row.types):
            text, _, sheets = said.partition(":")
            pattern = re.escape(text).replace(r"\{M\}", "[A-Z][a-z]?").replace(r"\{m\}\{n\}", r"(\d{2,4})")
            pattern = pattern.replace(r"\{n\}", r"(\d{1,2})")
            if found := re.fullmatch(pattern, name):
                digits = found[1] if found.groups() else sheets or str(row.sheets or 1)
                count = int(digits[len(digits) // 2 :]) if "{m}" in text else int(digits)
                if "{m}" not in text or digits == f"{count - 1}{count}":
                    return row, count
    return None


def _misfit(around: Surrounded, row: Series) -> float | None:
    """Ions too many or too few in all; None where the surroundings are no member."""
    bridged = row.nets == "bridged"
    if bridged and (around.sheets == 0) != (row.sheets == 0):
        return None
    if bridged and row.sheets not in (None, around.sheets):
        return None
    if row.apical is not None and row.apical != around.apical:
        return None
    if row.halogens is not None and row.halogens != (around.halogens >= 0.5):
        return None
    if row.heavy is not None and row.heavy != (around.heavy >= 0.5):
        return None
    if row.of and around.spacer_of not in row.of:
        return None
    if row.sided and not around.sided:
        return None
    least, most = row.anions
    if not least <= around.anions - row.rising * around.sheets <= most:
        return None
    slack = MISSING_BRIDGED if bridged else MISSING_CAPPED
    a = abs(around.a - row.a - (max(around.sheets, 1) if bridged else 0))
    missing = row.spacer - around.spacer
    if a > slack or -missing > slack or missing > (MISSING_SPACER if bridged else slack):
        return None
    return round(a + abs(missing), 6)
