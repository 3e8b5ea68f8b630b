"""Which sheets belong together: those that share apex ions form a block of 1, 2, 3 ... or infinitely many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from polywell.geometry.cages import NONAHEDRON, Cage
from polywell.geometry.nets.square_nets import Nets

SAME_HEIGHT = 1.0
"""Å: two sheets of one block stand farther apart than this."""


@dataclass(frozen=True)
class Block:
    """The block that one net belongs to.

    `sheets` is their number (None: infinite), `distance_ang` the smallest distance in Å to a sheet that
    shares an apex (None: there is none).
    """

    sheets: int | None
    distance_ang: float | None

    @property
    def text(self) -> str:
        """The number of sheets as the catalog writes it."""
        return "infinite" if self.sheets is None else str(self.sheets)


@dataclass(frozen=True)
class Blocks:
    """Block of every net that has cages, and the ions that two sheets share."""

    of_net: dict[int, Block]
    shared: frozenset[int]


def blocks(nets: Nets, cages: Iterable[Cage]) -> Blocks:
    """Find the blocks of one structure from the apexes that its sheets share.

    In La2CuO4 every sheet has its own La on either side (one sheet a block); in YBa2Cu3O7 two sheets
    share Y (two); in CaCuO2 and BaFe2As2 every cation is shared (infinite).

    Args:
        nets: the nets, of which those of this structure are parallel.
        cages: the cages of this structure on these nets.
    """
    cages = list(cages)
    up = nets.normals[cages[0].net]
    numbers = sorted({cage.net for cage in cages})
    sense = {net: 1.0 if float(nets.normals[net] @ up) > 0 else -1.0 for net in numbers}
    below: dict[int, list[tuple[int, float]]] = defaultdict(list)
    above: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for cage in cages:
        if cage.kind != NONAHEDRON:
            for (ion, _), height in zip(cage.apexes, cage.heights, strict=True):
                side = above if sense[cage.net] * height > 0 else below
                side[ion].append((cage.net, abs(height)))
    links: dict[int, list[tuple[int, float]]] = {net: [] for net in numbers}
    shared = above.keys() & below.keys()
    for ion in sorted(shared):
        for lower, rise in above[ion]:
            for upper, drop in below[ion]:
                links[lower].append((upper, rise + drop))
                links[upper].append((lower, -rise - drop))
    return Blocks({net: _block(links, net) for net in numbers}, frozenset(shared))


def _block(links: dict[int, list[tuple[int, float]]], start: int) -> Block:
    if not links[start]:
        return Block(1, None)
    distance = min(abs(step) for _, step in links[start])
    sheets = [start]
    height = {start: 0.0}
    for net in sheets:
        for other, step in links[net]:
            if other not in height:
                height[other] = height[net] + step
                sheets.append(other)
            elif abs(height[net] + step - height[other]) > SAME_HEIGHT:
                return Block(None, distance)
    return Block(len(sheets), distance)
