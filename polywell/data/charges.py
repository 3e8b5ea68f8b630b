"""Formal charges of the sites of a structure, neutral by one stated rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from polywell.data.tables import load_table
from polywell.geometry.ions import Floats

if TYPE_CHECKING:
    from pymatgen.core import Structure

RULE = (
    "every element has its formal charge times its occupancy; the net metal, on all its sites alike, takes "
    "the charge that makes the cell neutral"
)


class NoChargeError(ValueError):
    """The charges of a structure cannot be said."""


@dataclass(frozen=True)
class Charges:
    """Charges (N,) of the sites in units of e, summing to zero, and the charge of one metal ion."""

    of_sites: Floats
    metal: str
    metal_charge: float


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    source: str
    charge: dict[str, int]


@cache
def formal_charges() -> dict[str, int]:
    """The table of formal charges by element, in units of e."""
    return load_table("formal_charges.toml", _Table).charge


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
    return Charges(fixed + each * share, metal, each)
