"""Bonds that change a charge or measure one: between anions, of hydrogen, and bond valences of the metals.

All ions of a batch are seen at once, from the neighbour table of its geometry.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from polywell.data.tables import Record, Table, load_table
from polywell.geometry.ions import Bools, Floats, Ints, Ions
from polywell.geometry.tolerances import TOLERANCES, Tolerances

BOND_VALENCE_REACH_ANG = 3.4
"""Å: the longest bond that counts in a sum; a Cu-O bond of this length has the valence 0.01."""

AROUND_ANG = 3.0
"""Å: anions that are further away do not hold a cation of a spacer; those beside Tl in TlBa2CuO5 are 2.7."""

GROUPS = {
    **dict.fromkeys(("C", "Si", "Ge"), 14),
    **dict.fromkeys(("N", "P", "As", "Sb", "Bi"), 15),
    **dict.fromkeys(("O", "S", "Se", "Te"), 16),
    **dict.fromkeys(("F", "Cl", "Br", "I"), 17),
}
"""Group of the elements that form anions; two anions of one group share the electrons of a bond evenly."""


MULTIPLE_C_C_ANG = (1.42, 1.28)
"""Å: carbon that is nearer to carbon is bound twice (1.34 Å in ethene), or three times (1.20 Å in ethyne)."""


class Pair(Record):
    """Bond valence parameters of a cation with some anions; of any charge where `charge` is None."""

    metal: str
    charge: int | None = None
    b_ang: Annotated[float, Field(gt=0)]
    r0_ang: dict[str, float]
    source: str | None = None


class _Table(Table):
    source: str
    checked: Literal["read", "recalled"]
    read: str
    pair: tuple[Pair, ...]


@dataclass(frozen=True)
class Bonding:
    """What the bonds of N ions say.

    `shared` (N,) counts the bonds of an anion to anions of its group (double and triple ones of carbon as
    such), `on_anion` (N,) says of hydrogen that
    it is bound to one, `coordination` (N,) counts the anions that a metal is bound to, `oxygens` (N,) those
    of them that are O or F, `around` (N,) the anions within `AROUND_ANG` of any ion, and `valence` (N,) is
    the bond valence sum of a metal in units of e; 0 where the table has no parameters. `held` (N,) counts the
    ligands (`polywell.data.elements.LIGANDS`) that any ion is bound to, `nearby` (N,) also those within
    `AROUND_ANG`.
    """

    shared: Ints
    on_anion: Bools
    coordination: Ints
    oxygens: Ints
    around: Ints
    valence: Floats
    held: Ints
    nearby: Ints

    @cached_property
    def valences(self) -> list[float]:
        """The bond valence sums as numbers of Python, which a few at a time are read faster."""
        listed: list[float] = self.valence.tolist()
        return listed


@cache
def pairs() -> tuple[Pair, ...]:
    """The rows of the table of bond valence parameters, in its order."""
    return load_table("bond_valence.toml", _Table).pair


@cache
def _parameters() -> tuple[dict[str, int], dict[str, int], Floats, Floats]:
    """Numbers of the metals of nets and the anions of the table, and r0 and b in Å by both."""
    rows = [row for row in pairs() if row.charge is None]
    metals = {row.metal: k for k, row in enumerate(rows)}
    anions = {symbol: k for k, symbol in enumerate(sorted({one for row in rows for one in row.r0_ang}))}
    r0, b = np.full((len(metals), len(anions)), -np.inf), np.ones((len(metals), len(anions)))
    for row in rows:
        for symbol, value in row.r0_ang.items():
            r0[metals[row.metal], anions[symbol]] = value
            b[metals[row.metal], anions[symbol]] = row.b_ang
    return metals, anions, r0, b


def bonding(ions: Ions, tolerances: Tolerances = TOLERANCES) -> Bonding:
    """The bonds of all ions of a batch, of which there are some.

    Two anions of one group are bound to each other up to `tolerances.bond_ratio` times the sum of their
    covalent radii (As-As 2.86 Å, O-O 1.58 Å), where both are there together.
    """
    count = len(ions.elements)
    metals, anions, r0, b = _parameters()
    told = [
        (GROUPS.get(one, 0), one == "C", one in ("O", "F"), metals.get(one, -1), anions.get(one, -1))
        for one in dict.fromkeys(ions.elements)  # in the order of their numbers
    ]
    group, is_carbon, is_hard, metal, anion = np.array(told, np.int64).T[:, ions.kinds]
    rows = np.flatnonzero((ions.is_ligand | (group > 0))[ions.others])
    one, other, distances = ions.centres[rows], ions.others[rows], ions.distances[rows]
    bound = distances <= tolerances.bond_ratio * (ions.radii[one] + ions.radii[other])
    near = np.flatnonzero(bound | (distances <= max(AROUND_ANG, BOND_VALENCE_REACH_ANG)))
    one, other, distances, bound = one[near], other[near], distances[near], bound[near]

    def counted(held: Bools) -> Ints:
        return np.bincount(one[held], minlength=count)

    to_ligand, to_anion, is_around = ions.is_ligand[other], group[other] > 0, distances <= AROUND_ANG
    on_metal = bound & to_anion & ions.is_metal[one]
    alike = np.flatnonzero(bound & to_anion & (group[one] == group[other]))
    alike = alike[ions.occupancy[one[alike]] + ions.occupancy[other[alike]] > tolerances.full_occupancy]
    carbon = is_carbon[one[alike]] & is_carbon[other[alike]]
    order = 1 + sum(carbon & (distances[alike] <= longest) for longest in MULTIPLE_C_C_ANG)
    measured = np.flatnonzero((distances <= BOND_VALENCE_REACH_ANG) & (metal[one] >= 0) & (anion[other] >= 0))
    pair = metal[one[measured]], anion[other[measured]]
    valence = np.exp((r0[pair] - distances[measured]) / b[pair]) * ions.occupancy[other[measured]]
    return Bonding(
        shared=np.bincount(one[alike], order, count).astype(np.int64),
        on_anion=counted(bound & to_anion & ~ions.is_heavy[one]) > 0,
        coordination=counted(on_metal),
        oxygens=counted(on_metal & (is_hard[other] > 0)),
        around=counted(to_anion & is_around),
        valence=np.bincount(one[measured], valence, count).astype(np.float64),
        held=counted(to_ligand & bound),
        nearby=counted(to_ligand & (bound | is_around)),
    )
