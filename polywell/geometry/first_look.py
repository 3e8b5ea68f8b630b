"""A first look at whole structures, at their bonds alone: most hold no square of metals, and show it.

A square net, whole or with holes, holds two edges of one metal at a right angle. Where no metal has such two,
the rest of the geometry need not be found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from pymatgen.optimization.neighbors import find_points_in_spheres

from polywell.data.elements import LIGANDS, NET_METALS, covalent_radius
from polywell.geometry.ions import LARGEST_IMAGE, PERIODIC, Bools, Floats, Ints, translations
from polywell.geometry.nets.bonds import Bonds, edges_between
from polywell.geometry.nets.squares import right_angles
from polywell.geometry.tolerances import TOLERANCES, Tolerances

SLACK = 1e-6
"""Share by which limits are wider here: what rounding could decide is left to the full search."""


@dataclass(frozen=True)
class Cells:
    """C structures side by side, each of their N sites filled by one whole ion.

    `lattices` (C, 3, 3) in Å, `sizes` (C,) counts the sites of each structure, `frac` (N, 3) are their
    fractional coordinates, and `kinds` (N,) numbers their elements in `symbols`.
    """

    lattices: Floats
    sizes: Ints
    frac: Floats
    kinds: Ints
    symbols: Sequence[str]


def without_right_angles(cells: Cells, tolerances: Tolerances = TOLERANCES) -> Bools:
    """Which structures (C,) are sound, without ions that overlap, and hold no square net, even with holes.

    Nothing is said of the others: they are for `polywell.geometry.find`.
    """
    wide = _wider(tolerances)
    is_sound = _are_sound(cells, wide)
    owner = np.repeat(np.arange(len(cells.sizes)), cells.sizes)
    radii = np.array([covalent_radius(symbol) for symbol in cells.symbols])[cells.kinds]
    is_metal = np.array([symbol in NET_METALS for symbol in cells.symbols], bool)[cells.kinds]
    is_ligand = np.array([symbol in LIGANDS for symbol in cells.symbols], bool)[cells.kinds]
    largest = np.zeros((3, len(cells.sizes)))
    for row, chosen in enumerate((is_metal, is_ligand, radii > 0)):
        np.maximum.at(largest[row], owner[chosen], radii[chosen])
    reach = np.maximum(wide.bond_ratio * (largest[0] + largest[1]), 2 * wide.overlap_ratio * largest[2])
    frac = np.where(is_sound[owner, None], cells.frac, 0.0)
    cart = np.einsum("ij,ijk->ik", frac - np.floor(frac), cells.lattices[owner])
    ends = np.cumsum(cells.sizes)
    one, other, image, apart = [], [], [], []
    for number in np.flatnonzero(is_sound).tolist():
        first = ends[number] - cells.sizes[number]
        own, lattice = cart[first : ends[number]], cells.lattices[number]
        found = find_points_in_spheres(own, own, float(reach[number]), PERIODIC, lattice, 1e-8)
        one.append(found[0] + first)
        other.append(found[1] + first)
        image.append(found[2])
        apart.append(found[3])
    if not one:
        return is_sound
    centres, others, distances = np.concatenate(one), np.concatenate(other), np.concatenate(apart)
    images = np.concatenate(image).astype(np.int64)
    both = radii[centres] + radii[others]
    near = np.flatnonzero(distances < wide.overlap_ratio * both)
    near = near[(centres[near] != others[near]) | images[near].any(axis=1)]
    is_sound[owner[centres[near]]] = False
    rows = np.flatnonzero(is_metal[centres] & is_ligand[others] & (distances <= wide.bond_ratio * both))
    rows = rows[np.argsort(centres[rows], kind="stable")]
    centres, others, images = centres[rows], others[rows], images[rows]
    vectors = cart[others] + translations(cells.lattices, owner[others], images) - cart[centres]
    elements = [cells.symbols[kind] for kind in cells.kinds.tolist()]
    edges = edges_between(elements, radii, Bonds(centres, others, images, vectors), wide)
    for kind in edges[:2]:
        once, _ = kind.distinct(len(elements))
        corner, _ = right_angles(once, wide)
        is_sound[owner[once.first[corner]]] = False
    return is_sound


def _wider(tolerances: Tolerances) -> Tolerances:
    more, less = 1 + SLACK, 1 - SLACK
    low, high = tolerances.bridged_edge
    shortest, longest = tolerances.capped_edge
    return replace(
        tolerances,
        overlap_ratio=tolerances.overlap_ratio * more,
        bond_ratio=tolerances.bond_ratio * more,
        bridge_angle=tolerances.bridge_angle * less,
        bridged_edge=(low * less, high * more),
        capped_edge=(shortest * less, longest * more),
        square_angle=tolerances.square_angle * more,
        square_edge_ratio=tolerances.square_edge_ratio * more,
        smallest_volume_per_ion=tolerances.smallest_volume_per_ion * more,
    )


def _are_sound(cells: Cells, tolerances: Tolerances) -> Bools:
    """Which cells are finite, and not flat, skewed or overfull; the full search refuses the others."""
    owner = np.repeat(np.arange(len(cells.sizes)), cells.sizes)
    is_sound: Bools = np.isfinite(cells.lattices.sum(axis=(1, 2)))
    is_sound[owner[~np.isfinite(cells.frac).all(axis=1)]] = False
    edges = np.sqrt(np.einsum("ijk,ijk->ij", cells.lattices, cells.lattices))
    with np.errstate(invalid="ignore", over="ignore"):
        volumes = np.abs(np.linalg.det(np.where(is_sound[:, None, None], cells.lattices, 0.0)))
        is_sound &= volumes > (1 + SLACK) * 1e-4 * edges.prod(axis=1)
        is_sound &= volumes >= tolerances.smallest_volume_per_ion * cells.sizes
        is_sound &= tolerances.reach * edges.max(axis=1) ** 2 <= LARGEST_IMAGE * volumes
    return is_sound
