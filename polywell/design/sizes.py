"""How a block answers to other ions, to other neighbours, and to another in-plane length.

The rules, with constants that `polywell.design.library` fits to the heights and edges of measured
structures, and to no T_c:

1. A plane of cations whose mean radius grows by Δr and whose mean charge grows by Δq pushes what is below
   it and above it away by κ Δr + κ_q Δq: it rises by that much over the sheet below, and the block becomes
   thicker by twice as much.
2. The edge that a block would have by itself grows by α Δr + α_q Δq, means over its cations.
3. Strained in the plane by ε, every height over the faces of the block shrinks by ν ε of itself.
4. A sheet between a spacer and an inner layer is polar: what stands on either side of it stands off by
   π + π_q (q − 2) farther than over a sheet between equals, with the charge q of the nearest plane of
   cations.
5. The ligands of a capped sheet keep their distance to the metal: their height follows from the edge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import pairwise
from math import sqrt

import numpy as np

from polywell.data.charges import NetKind
from polywell.data.spacers import spacer_table
from polywell.design.blocks.layers import Block, Role, usual_charge
from polywell.design.blocks.topology import planes
from polywell.geometry.ions import Floats

Mix = tuple[tuple[str, float], ...]

ANIONS = frozenset({"O", "S", "As"})
"""Ions beside which the charges of cations are asked for."""


@dataclass(frozen=True)
class Response:
    """Constants of one kind of block, and the number of heights they were fitted to.

    `growth` κ, `flattening` ν and `widening` α have no unit; `push` κ_q, `pull` α_q, `polar` π and
    `polar_charge` π_q are in Å, for each e where a charge is meant.
    """

    growth: float
    push: float
    flattening: float
    polar: float
    polar_charge: float
    widening: float
    pull: float
    heights: int


@dataclass(frozen=True, eq=False)
class Filled:
    """A block with ions on its places: the parent's own or others, in the order of its atoms."""

    block: Block
    mixes: tuple[Mix, ...]

    @cached_property
    def changes(self) -> list[tuple[float, float, float]]:
        """Height in the parent in Å, and what radius (Å) and charge (e) of every plane of cations grew by."""
        made = []
        atoms, mixes, net = self.block.atoms, self.mixes, self.block.net
        for plane in planes(self.block):
            grown = sum(_change(radius_ang, atoms[k].mix, mixes[k], net) for k in plane)
            charged = sum(_change(charge, atoms[k].mix, mixes[k], net) for k in plane)
            height = sum(atoms[k].z for k in plane)
            made.append((height / len(plane), grown / len(plane), charged / len(plane)))
        return made

    def edge_ang(self, response: Response) -> float:
        """The edge in Å that it would have by itself (rule 2)."""
        changes = self.changes
        count = len(changes) or 1
        grown, charged = (sum(change[k] for change in changes) / count for k in (1, 2))
        return self.block.plane.edge_ang + response.widening * grown + response.pull * charged

    def stand_off_ang(self, response: Response, beyond: tuple[Role, Role]) -> tuple[float, float]:
        """What it stands off more than in its parent, below and above, among other neighbours (rule 4)."""
        layers = planes(self.block)
        made = []
        for side, plane in ((0, layers[:1]), (1, layers[-1:])):
            flag = int(beyond[side] != self.block.role) - int(self.block.beyond[side] != self.block.role)
            charges = [charge(self.mixes[k], self.block.net) for some in plane for k in some]
            known = [one for one in charges if one is not None]
            mean = sum(known) / len(known) if known else 2.0
            made.append(flag * (response.polar + response.polar_charge * (mean - 2.0)))
        return made[0], made[1]


@cache
def radius_ang(mix: Mix, net: NetKind) -> float | None:
    """Mean radius in Å of the ions of a site; None where the table has none of the most frequent."""
    table = spacer_table()
    radii = {symbol: table.radius_ang(symbol, net == "capped") for symbol, _ in mix}
    known = [(radii[symbol], share) for symbol, share in mix]
    whole = sum(share for radius, share in known if radius is not None)
    if 2 * whole <= sum(share for _, share in mix):
        return None
    return sum(radius * share for radius, share in known if radius is not None) / whole


@cache
def charge(mix: Mix, net: NetKind) -> float | None:
    """Mean usual charge in e of the ions of a site; None where one has none."""
    charges = [(usual_charge(symbol, net, ANIONS), share) for symbol, share in mix]
    if any(one is None for one, _ in charges):
        return None
    return sum((one or 0) * share for one, share in charges) / sum(share for _, share in charges)


@cache
def _change(measure: Callable[[Mix, NetKind], float | None], old: Mix, new: Mix, net: NetKind) -> float:
    """What a site's measure grows by with another mix; 0 where it is not known for both."""
    if new == old:
        return 0.0
    before, after = measure(old, net), measure(new, net)
    return 0.0 if before is None or after is None else after - before


@dataclass(frozen=True)
class Standing:
    """A block among given neighbours, at any edge: heights over the lower face are `heights + slopes x edge`.

    The last row is the upper face. `strain_slope` x edge - 1 is the strain.
    """

    heights: Floats
    slopes: Floats
    strain_slope: float

    def at(self, edge_ang: float) -> Floats:
        """Heights in Å of the atoms over the lower face, and of the upper face."""
        return self.heights + self.slopes * edge_ang


def standing(filled: Filled, response: Response, beyond: tuple[Role, Role]) -> Standing:
    """How a block stands in crystals (rules 1, 3, 4).

    Args:
        filled: block and ions.
        response: of its kind.
        beyond: what stands on the far sides of its two sheets.
    """
    block = filled.block
    low = block.below.anion_height_ang(above=True)
    high = block.above.anion_height_ang(above=False)
    off, off_above = filled.stand_off_ang(response, beyond)
    nodes = [(low, off)]
    risen = off
    for height, grown, charged in filled.changes:
        step = response.growth * grown + response.push * charged
        nodes.append((height, risen + step))
        risen += 2 * step
    nodes.append((block.thickness_ang - high, risen))
    heights = [atom.z - low + _between(nodes, atom.z) for atom in block.atoms]
    heights.append(block.thickness_ang - low - high + risen + off_above)
    unstrained = np.array(heights)
    own = filled.edge_ang(response)
    # 1 - ν (edge/own - 1), taken apart into what does not and what does grow with the edge
    return Standing(
        unstrained * (1 + response.flattening), unstrained * (-response.flattening / own), 1.0 / own
    )


@dataclass(frozen=True, eq=False)
class Blend:
    """The mean of blocks of equal topology with equal ions; weights sum to 1, the heaviest is first."""

    parts: tuple[tuple[Filled, float], ...]
    known: dict[tuple[Response, tuple[Role, Role]], Standing] = field(default_factory=dict, repr=False)
    edges: dict[Response, float] = field(default_factory=dict, repr=False)

    @property
    def first(self) -> Filled:
        """The part with the largest weight."""
        return self.parts[0][0]

    @property
    def kind(self) -> str:
        """Kind of its sheets, and its role."""
        return self.first.block.kind

    @property
    def role(self) -> Role:
        """What it is."""
        return self.first.block.role

    @cached_property
    def thickness_ang(self) -> float:
        """Mean thickness in the parents."""
        return sum(weight * one.block.thickness_ang for one, weight in self.parts)

    @cached_property
    def ratio(self) -> float:
        """Mean ratio of the edges of the parents."""
        return sum(weight * one.block.plane.ratio for one, weight in self.parts)

    @property
    def parents(self) -> tuple[str, ...]:
        """Ids of the crystals that it comes from."""
        return tuple(dict.fromkeys(one.block.parent for one, _ in self.parts))

    def edge_ang(self, response: Response) -> float:
        """The mean edge that its parts would have by themselves."""
        if response not in self.edges:
            self.edges[response] = sum(weight * one.edge_ang(response) for one, weight in self.parts)
        return self.edges[response]

    def standing(self, response: Response, beyond: tuple[Role, Role]) -> Standing:
        """The mean of its parts as they stand, remembered."""
        key = (response, beyond)
        if key not in self.known:
            parts = [(standing(one, response, beyond), weight) for one, weight in self.parts]
            self.known[key] = Standing(
                np.sum([weight * one.heights for one, weight in parts], axis=0),
                np.sum([weight * one.slopes for one, weight in parts], axis=0),
                sum(weight * one.strain_slope for one, weight in parts),
            )
        return self.known[key]


def _between(nodes: Sequence[tuple[float, float]], height: float) -> float:
    """Rise at a height, linear between the nodes and constant beyond them."""
    if height <= nodes[0][0]:
        return nodes[0][1]
    for (low, before), (high, after) in pairwise(nodes):
        if low <= height <= high:
            share = (height - low) / (high - low) if high > low else 1.0
            return before + share * (after - before)
    return nodes[-1][1]


def capped_height_ang(
    block: Block,
    above: bool,
    sheet: tuple[str, str],
    bonds_ang: Mapping[tuple[str, str], float],
    edge_ang: float,
) -> float:
    """Height in Å of the ligands of a capped sheet on the side of a block (rule 4).

    Args:
        block: that on this side.
        above: whether it stands above the sheet.
        sheet: metal and ligand.
        bonds_ang: usual lengths of bonds, by metal and ligand.
        edge_ang: of the crystal.
    """
    own = block.below if above else block.above
    height = own.anion_height_ang(above=above)
    length = sqrt(height**2 + (block.plane.edge_ang / 2) ** 2)
    if (own.metal, own.ligand) != sheet:
        length += bonds_ang[sheet] - bonds_ang[own.metal, own.ligand]
    rest = length**2 - (edge_ang / 2) ** 2
    if rest <= 0:
        raise ValueError(f"a bond of {length:.3f} Å does not span half an edge of {edge_ang:.3f} Å")
    return sqrt(rest)
