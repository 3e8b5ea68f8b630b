"""How the carriers of each family are counted, and what their number means: one table with sources."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from polywell.data.charges import NetKind
from polywell.data.tables import load_table


class CarrierFamily(BaseModel):
    """How the electrons of one family are counted; `least` and `most` are formal valences of its metal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1)]
    metal: str
    net: NetKind
    carriers: Literal["holes", "d electrons"]
    least: float
    most: float
    foreign: Annotated[float, Field(gt=0, lt=1)]
    source: Annotated[str, Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    family: Annotated[tuple[CarrierFamily, ...], Field(min_length=1)]


@cache
def _table() -> _Table:
    return load_table("electrons.toml", _Table)


def carrier_families() -> tuple[CarrierFamily, ...]:
    """The families of the table, in its order."""
    return _table().family


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
