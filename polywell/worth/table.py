"""The table of bounds, poisons and discounts (`tables/worth.toml`)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from polywell.data.tables import Record, Table, load_table
from polywell.records import Possible, RouteKind

Checked = Literal["read", "recalled", "computed"]


class Bound(Record):
    """Beyond `doubtful` and `impossible`, on one side, a measure makes a candidate so."""

    measure: Literal["valence", "contact", "bond_valence", "instability", "hull", "foreign"]
    side: Literal["above", "below"]
    doubtful: float
    impossible: float | None = None
    families: tuple[str, ...] = ()
    source: Annotated[str, Field(min_length=1)]
    checked: Checked

    def verdict(self, value: float) -> Possible:
        """The word for a value of the measure."""
        sign = 1 if self.side == "above" else -1
        if self.impossible is not None and sign * value > sign * self.impossible:
            return Possible.IMPOSSIBLE
        return Possible.DOUBTFUL if sign * value > sign * self.doubtful else Possible.POSSIBLE


class Poison(Record):
    """An element that ends superconductivity in some series."""

    series: tuple[str, ...]
    element: str
    why: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    checked: Checked


class UnusualIon(Record):
    """Of these ions there are no more than `most` for each metal of the nets in what can be."""

    families: tuple[str, ...]
    ions: Annotated[tuple[str, ...], Field(min_length=1)]
    most: Annotated[float, Field(ge=0)]
    word: Possible
    why: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    checked: Checked

    def names(self, ion: str) -> bool:
        """Whether it speaks of an ion; * stands for any element."""
        return any(fnmatchcase(ion, one) for one in self.ions)


class Unknown(Record):
    """What stands for a value that is not known."""

    probability: Annotated[float, Field(ge=0, le=1)]


class Discount(Record):
    """Factors of the expected gain."""

    possible: dict[Possible, float]
    route: dict[RouteKind, float]
    support: dict[str, float]
    unknown: Unknown


class WorthTable(Table):
    """The whole table."""

    bound: Annotated[tuple[Bound, ...], Field(min_length=1)]
    poison: tuple[Poison, ...]
    ion: tuple[UnusualIon, ...]
    discount: Discount


@cache
def worth_table() -> WorthTable:
    """The table, read once."""
    return load_table("worth.toml", WorthTable)
