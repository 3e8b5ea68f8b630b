"""How the carriers of each family are counted, and what their number means: one table with sources."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from polywell.data.charges import NetKind
from polywell.data.tables import Record, load_rows
from polywell.records import ElectronState


class StateBound(Record):
    """The word for carriers below `upto`, from the bound of the row before; without end in the last row."""

    word: ElectronState
    upto: float | None = None
    chains: bool = False
    source: Annotated[str, Field(min_length=1)]
    checked: Literal["read", "recalled"]


class Surplus(Record):
    """Bonds of pnictogens beyond one for each metal of a net; metals of `beside` stand between them."""

    beside: tuple[str, ...] = ()
    bonds: Annotated[int, Field(ge=1, le=3)]
    source: Annotated[str, Field(min_length=1)]
    checked: Literal["read", "recalled"]


class CarrierFamily(Record):
    """How the electrons of one family are counted; `least`, `most` and `parent` are formal valences."""

    name: Annotated[str, Field(min_length=1)]
    metal: str
    net: NetKind
    carriers: Literal["holes", "d electrons"]
    least: float
    most: float
    parent: float
    foreign: Annotated[float, Field(gt=0, lt=1)]
    oxygen_taken_up: frozenset[str] = frozenset()
    source: Annotated[str, Field(min_length=1)]
    surplus: tuple[Surplus, ...] = ()
    state: Annotated[tuple[StateBound, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _bounds_grow(self) -> CarrierFamily:
        for chains in (False, True):
            bounds = [row.upto for row in self.state if row.chains == chains]
            known = [bound for bound in bounds if bound is not None]
            if bounds and (bounds[:-1] != known or known != sorted(set(known))):
                raise ValueError(
                    f"states of {self.name!r} end at {bounds}; expected growing bounds and none for the last"
                )
        return self

    def state_at(self, carriers: float, chains: bool = False) -> ElectronState:
        """The word for a number of carriers; `chains` where more of the metal stands outside the nets."""
        rows = [row for row in self.state if row.chains] if chains else []
        for row in rows or [row for row in self.state if not row.chains]:
            if row.upto is None or carriers < row.upto - 1e-9:
                return row.word
        return ElectronState.UNKNOWN


@cache
def carrier_families() -> tuple[CarrierFamily, ...]:
    """The families of the table, in its order."""
    return load_rows("electrons.toml", "family", CarrierFamily)


@cache
def carriers_of(metal: str, net: NetKind) -> CarrierFamily | None:
    """The family of a metal and a kind of net; None where the table has none."""
    return next((row for row in carrier_families() if row.metal == metal and row.net == net), None)


@cache
def named(name: str) -> CarrierFamily:
    """The family of a name, such as `cuprate`.

    Raises:
        ValueError: the table has no such family.
    """
    for row in carrier_families():
        if row.name == name:
            return row
    raise ValueError(
        f"no carriers are known of a family {name!r}; expected one of "
        f"{', '.join(row.name for row in carrier_families())}"
    )
