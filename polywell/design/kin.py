"""The measured blocks that are most like one that is wanted, and their mean with its ions on their places."""

from __future__ import annotations

from functools import cache
from math import exp

from polywell.design.layers import Block
from polywell.design.library import Library, topology_of
from polywell.design.sizes import Blend, Filled, Mix, charge, radius_ang

NO_RADIUS_ANG = 0.2
"""Å: two different ions count as this far apart where one of them has no radius."""

CHARGE_ANG = 0.1
"""Å for each e by which the charges of two ions differ."""

NEIGHBOUR_ANG = 0.05
"""Å for each side on which the blocks beyond the sheet have other roles."""

OTHER_SHEET_ANG = 0.1
"""Å: blocks of parents with other sheets count as this much farther."""

MOST_PARENTS = 5
"""Blocks that a mean is taken of, at most."""

FADING_ANG = 0.05
"""Å: a block that is this much farther than the nearest counts 1/e of it."""


def distance_ang(block: Block, other: Block) -> float:
    """How far the ions of two blocks of equal topology are apart: summed differences of radii in Å.

    A charge that differs by one, other neighbours and other sheets count as further differences.
    """
    away = 0.0
    for (mix, element, radius, own), (other_mix, other_element, known, its) in zip(
        _sizes(block), _sizes(other), strict=True
    ):
        if mix == other_mix:
            continue
        if radius is not None and known is not None:
            away += abs(radius - known)
        elif element != other_element:
            away += NO_RADIUS_ANG
        away += CHARGE_ANG * abs((own or 0.0) - (its or 0.0))
    away += NEIGHBOUR_ANG * sum(a != b for a, b in zip(block.beyond, other.beyond, strict=True))
    same = (block.below.metal, block.below.ligand) == (other.below.metal, other.below.ligand)
    return round(away + (0.0 if same else OTHER_SHEET_ANG), 6)


@cache
def _sizes(block: Block) -> tuple[tuple[Mix, str, float | None, float | None], ...]:
    """Mix, element, radius in Å and charge in e of every atom."""
    return tuple(
        (atom.mix, atom.element, radius_ang(atom.mix, block.net), charge(atom.mix, block.net))
        for atom in block.atoms
    )


def blend(block: Block, library: Library) -> Blend | None:
    """The mean of the nearest blocks of equal topology with the ions of a block; None where there is none."""
    alike = library.by_topology.get(topology_of(block), ())
    ranked = sorted(((distance_ang(block, one), one.parent, k) for k, one in enumerate(alike)))[:MOST_PARENTS]
    if not ranked:
        return None
    mixes = tuple(atom.mix for atom in block.atoms)
    weights = [exp((ranked[0][0] - away) / FADING_ANG) for away, _, _ in ranked]
    whole = sum(weights)
    return Blend(
        tuple(
            (Filled(alike[k], mixes), weight / whole)
            for (_, _, k), weight in zip(ranked, weights, strict=True)
        )
    )
