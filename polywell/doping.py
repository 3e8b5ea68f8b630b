"""Doping of a candidate: the stripe series, and substitutions that worked."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from polywell.data.tables import Record, load_rows

PLANES, PERIOD_EDGES = 2, 4
"""Two kinds of CuO2 plane, and stripes that repeat every four edges along a, give x = 2/(4n)."""

SPACINGS = range(2, 9)
"""Values of n, the spacing of stripes along b in edges, that the proposal lists."""

STRIPE_MEANING = {
    2: "fully filled stripes, the highest doping",
    3: "optimum",
    4: "checkerboard, insulating: the 1/8 anomaly",
    5: "underdoped",
    6: "underdoped",
}
"""What the proposal says of each n; it says nothing of n = 7 and 8."""

NOTHING = "-"
"""Stands for a host or guest where an element is added or taken out."""


_SUBSTITUTION = re.compile(r"(\d+) % (\w+) on (\w+)$")
_YEAR = re.compile(r"\((\d{4})\)$")
_OXYGEN = re.compile(r"(\d+\.\d+) O per (\w+) (added|taken out)$")


@dataclass(frozen=True)
class Change:
    """One change of a composition, read from the words of a route (`Estimate.best_doping`).

    `amount` is the share of the host that the guest takes; where `host` or `guest` is `NOTHING`, the oxygen
    that comes or goes for each atom of `metal`, which is empty otherwise.
    """

    host: str
    guest: str
    amount: float
    metal: str = ""

    def fits(self, amounts: Mapping[str, float]) -> bool:
        """Whether a composition holds the host, or the metal, and no less of the host than goes."""
        moved = self._moved(amounts)
        return moved > 0 and (self.host == NOTHING or moved <= amounts.get(self.host, 0.0))

    def of(self, amounts: Mapping[str, float]) -> dict[str, float]:
        """The composition after the change.

        Raises:
            ValueError: the change does not fit it.
        """
        found, moved = dict(amounts), self._moved(amounts)
        if not self.fits(amounts):
            raise ValueError(f"{dict(amounts)} cannot take {self}: expected enough of its host and metal")
        if self.host != NOTHING:
            found[self.host] -= moved
        if self.guest != NOTHING:
            found[self.guest] = found.get(self.guest, 0.0) + moved
        return {symbol: amount for symbol, amount in found.items() if amount > 0}

    def _moved(self, amounts: Mapping[str, float]) -> float:
        return self.amount * amounts.get(self.metal or self.host, 0.0)


class Replacement(Record):
    """One substitution that is known to have worked; T_c in K as the source reports it.

    `series` are those that the parent belongs to, `*` for any end (see `Screening.series`).
    """

    family: Annotated[str, Field(min_length=1)]
    parent: Annotated[str, Field(min_length=1)]
    series: Annotated[tuple[str, ...], Field(min_length=1)]
    host: Annotated[str, Field(min_length=1)]
    guest: Annotated[str, Field(min_length=1)]
    carriers: Literal["holes", "electrons", "none"]
    per_guest: Annotated[int, Field(ge=0, le=3)]
    compound: Annotated[str, Field(min_length=1)]
    tc_k: Annotated[float, Field(gt=0)]
    source: Annotated[str, Field(min_length=1)]
    doi: Annotated[str, Field(pattern=r"^10\.\d{4,}/\S+$")]
    checked: Literal["read", "recalled"]

    def known_before(self, year: int | None) -> bool:
        """Whether it was published before a year; any year if None. A source without a year is not."""
        if year is None:
            return True
        said = _YEAR.search(self.source)
        return said is not None and int(said[1]) < year


def change_of(route: str) -> Change:
    """The change that the words of a route stand for, such as `0.16 holes per Cu: 16 % Sr on La`.

    Raises:
        ValueError: they name no substitution and no oxygen.
    """
    if found := _SUBSTITUTION.search(route):
        return Change(found[3], found[2], int(found[1]) / 100)
    if found := _OXYGEN.search(route):
        ends = (NOTHING, "O") if found[3] == "added" else ("O", NOTHING)
        return Change(*ends, float(found[1]), found[2])
    raise ValueError(f"the route {route!r} names no substitution and no oxygen")


def stripe_doping(n: int) -> Fraction:
    """Doping x = 2/(4n) of stripes that are n edges apart along b (proposal, doping and stripes)."""
    return Fraction(PLANES, PERIOD_EDGES * n)


def nearest_spacing(doping: float) -> int:
    """The n of the series (2 to 8) whose x = 2/(4n) is nearest to a doping; a tie goes to the smaller n."""
    return min(SPACINGS, key=lambda n: (abs(float(stripe_doping(n)) - doping), n))


@cache
def replacements() -> tuple[Replacement, ...]:
    """The table of substitutions, in its own order."""
    return load_rows("substitutions.toml", "substitution", Replacement)


def replacements_for(family: str, elements: Collection[str]) -> tuple[Replacement, ...]:
    """Substitutions that worked in this family: first those whose host the compound holds, then the others.

    That a substitution worked in one compound does not say that the guest enters another.
    """
    present = set(elements)
    rows = [row for row in replacements() if row.family == family]
    return tuple(sorted(rows, key=lambda row: row.host not in present and row.host != NOTHING))
