"""The table of bounds, poisons and discounts (`tables/worth.toml`)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from polywell.data.tables import load_table
from polywell.records import Possible, RouteKind

Checked = Literal["read", "recalled", "computed"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bound(_Row):
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


class Poison(_Row):
    """An element that ends superconductivity in some series."""

    series: tuple[str, ...]
    element: str
    why: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    checked: Checked


class UnusualIon(_Row):
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


class Unknown(_Row):
    """What stands for a value that is not known."""

    probability: Annotated[float, Field(ge=0, le=1)]


class Discount(_Row):
    """Factors of the expected gain."""

    possible: dict[Possible, float]
    route: dict[RouteKind, float]
    support: dict[str, float]
    unknown: Unknown


class Table(_Row):
    """The whole table."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    bound: Annotated[tuple[Bound, ...], Field(min_length=1)]
    poison: tuple[Poison, ...]
    ion: tuple[UnusualIon, ...]
    discount: Discount


@cache
def worth_table() -> Table:
    """The table, read once."""
    return load_table("worth.toml", Table)
