"""Classes of spacers and radii of apex cations, from a table in the package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from polywell.data.tables import Record, Table, load_table


class SpacerClass(Record):
    """One class of spacer: its name, the rule that recognises it, room for more oxygen, and one sentence."""

    name: str
    rule: Literal[
        "cations",
        "net metal",
        "oxyanion",
        "any cation",
        "halogens",
        "apical anions",
        "other anions",
        "nothing",
    ]
    cations: tuple[str, ...] = ()
    takes_oxygen: bool = False
    meaning: str


class SpacerTable(Table):
    """The classes of spacers, in the order that decides ties, and radii of apex cations in Å."""

    oxyanion_centres: frozenset[str]
    oxyanion_bond_ang: Annotated[float, Field(gt=0)]
    halogens: frozenset[str]
    classes: Annotated[tuple[SpacerClass, ...], Field(alias="class", min_length=1)]
    apex_radius_ang: dict[str, Annotated[float, Field(gt=0)]]
    apex_radius_over_capped_nets_ang: dict[str, Annotated[float, Field(gt=0)]]

    def named(self, rule: str) -> str:
        """Name of the class that a rule recognises."""
        return next(row.name for row in self.classes if row.rule == rule)

    def radius_ang(self, symbol: str, over_capped: bool) -> float | None:
        """Radius in Å of an apex cation, over a capped net or another; None when the table has none."""
        special = self.apex_radius_over_capped_nets_ang.get(symbol) if over_capped else None
        return special or self.apex_radius_ang.get(symbol)


@cache
def spacer_table() -> SpacerTable:
    """Read the built-in table of spacer classes and apex radii."""
    return load_table("spacers.toml", SpacerTable)


def mean_radius_ang(mix: Mapping[str, float], over_capped: bool) -> float | None:
    """Mean radius in Å of the ions of a site that have one, by their amounts; None when none has."""
    table = spacer_table()
    radii = {symbol: table.radius_ang(symbol, over_capped) for symbol in mix}
    known = {symbol: radius for symbol, radius in radii.items() if radius is not None}
    whole = sum(mix[symbol] for symbol in known)
    return sum(mix[symbol] * radius for symbol, radius in known.items()) / whole if whole > 0 else None
