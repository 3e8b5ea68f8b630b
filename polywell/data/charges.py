"""Formal charges: of ions by their table, and of the sites of a structure, neutral by one stated rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from polywell.data.tables import Record, load_table
from polywell.geometry.ions import Floats

if TYPE_CHECKING:
    from pymatgen.core import Structure


class NoChargeError(ValueError):
    """The charges of a structure cannot be said."""


@dataclass(frozen=True)
class Charges:
    """Charges (N,) of the sites in units of e, summing to zero, and the charge of one metal ion."""

    of_sites: Floats
    metal_charge: float


NetKind = Literal["bridged", "capped"]
"""The two kinds of net, as `polywell.geometry.nets` names them."""


class Ion(Record):
    """Charges of elements that depend on what they stand beside, or of which there are several."""

    elements: Annotated[tuple[str, ...], Field(min_length=1)]
    net: NetKind | None = None
    beside: tuple[str, ...] = ()
    oxygens: Annotated[int, Field(ge=0, le=4)] = 0
    charges: Annotated[tuple[int, ...], Field(min_length=1)]
    usual: int
    source: Annotated[str, Field(min_length=1)]
    checked: Literal["read", "recalled"]

    @model_validator(mode="after")
    def _usual_is_one_of_them(self) -> Ion:
        if list(self.charges) != sorted(set(self.charges)) or self.usual not in self.charges:
            raise ValueError(
                f"charges {self.charges} of {self.elements}: expected growing ones, {self.usual} among them"
            )
        return self


class _Table(Record):
    schema_version: Annotated[Literal[2], Field(alias="schema")]
    source: str
    charge: dict[str, int]
    ion: tuple[Ion, ...]


@cache
def _table() -> _Table:
    return load_table("formal_charges.toml", _Table)


def formal_charges() -> dict[str, int]:
    """The table of formal charges by element, in units of e."""
    return _table().charge


def charge_rows() -> tuple[Ion, ...]:
    """The rows of elements whose charge depends on what they stand beside, or that have several."""
    return _table().ion


@cache
def ions_of(symbol: str, net: NetKind) -> tuple[Ion, ...]:
    """The rows of an element beside a kind of net, in the order of the table; the first that applies holds.

    Its charge of the table of formal charges stands last, as a row of one charge; an element without one has
    no such row.
    """
    table = _table()
    rows = tuple(row for row in table.ion if symbol in row.elements and row.net in (None, net))
    if symbol not in table.charge:
        return rows
    usual = table.charge[symbol]
    return (
        *rows,
        Ion(elements=(symbol,), charges=(usual,), usual=usual, source=table.source, checked="recalled"),
    )


def site_charges(structure: Structure, metal: str) -> Charges:
    """Charges of the sites, occupancies respected, the metal of the sheets balancing the cell.

    A shared or partly filled site carries its mean charge, as diffraction sees it.

    Args:
        structure: any periodic structure; oxidation states that it may carry are ignored.
        metal: the element that takes what neutrality leaves.

    Raises:
        NoChargeError: the metal is missing, or another element has no formal charge in the table.
    """
    table = formal_charges()
    fixed, share = np.zeros(len(structure)), np.zeros(len(structure))
    for place, site in enumerate(structure):
        species: Any = site.species
        for specie, amount in species.items():
            symbol = "H" if specie.symbol in ("D", "T") else specie.symbol
            if symbol == metal:
                share[place] += amount
            elif symbol in table:
                fixed[place] += table[symbol] * amount
            else:
                raise NoChargeError(
                    f"{symbol} has no formal charge; the table holds {', '.join(sorted(table))}: add it there"
                )
    if not share.any():
        raise NoChargeError(f"{structure.composition.reduced_formula} holds no {metal} to balance its charge")
    each = -float(fixed.sum()) / float(share.sum())
    return Charges(fixed + each * share, each)
