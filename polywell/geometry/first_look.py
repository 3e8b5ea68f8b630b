"""A first look at whole structures, at their bonds alone: most hold no square of metals, and show it.

A square net, whole or with holes, holds two edges of one metal at a right angle. Where no metal has such two,
the rest of the geometry need not be found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from polywell.data.elements import LIGANDS, NET_METALS, covalent_radius
from polywell.geometry.cells import SLACK, are_sound
from polywell.geometry.ions import Bools, Floats, Ints, translations
from polywell.geometry.nets.bonds import Bonds, edges_between
from polywell.geometry.nets.squares import right_angles
from polywell.geometry.periodic import rows_of
from polywell.geometry.tolerances import TOLERANCES, Tolerances

MOST_SITES = 200
"""Structures with more, each of which has many pairs of sites, are left to the full search."""


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
    owner = np.repeat(np.arange(len(cells.sizes)), cells.sizes)
    is_sound = are_sound(cells.lattices, cells.frac, owner, cells.sizes, tolerances)
    is_sound &= cells.sizes <= MOST_SITES
    asked = np.flatnonzero(is_sound[owner])
    if not len(asked):
        return is_sound
    owner, kinds, frac = owner[asked], cells.kinds[asked], cells.frac[asked]
    frac -= np.floor(frac)
    lattices = np.where(is_sound[:, None, None], cells.lattices, np.eye(3))
    radii = np.array([covalent_radius(symbol) for symbol in cells.symbols])
    is_metal = np.array([symbol in NET_METALS for symbol in cells.symbols], dtype=bool)
    is_ligand = np.array([symbol in LIGANDS for symbol in cells.symbols], dtype=bool)
    binds = is_metal[:, None] & is_ligand
    overlap = wide.overlap_ratio * (radii[:, None] + radii)
    limits = np.where(binds | binds.T, wide.bond_ratio / wide.overlap_ratio, 1.0) * overlap
    one, other, images = _near(lattices, owner, frac, kinds, limits)
    cart = np.einsum("ij,ijk->ik", frac, lattices[owner])
    vectors = cart.take(other, axis=0) + translations(lattices, owner[one], images)
    vectors -= cart.take(one, axis=0)
    distances = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    of, to = kinds[one], kinds[other]
    met = (distances < overlap[of, to]) & ((one != other) | images.any(axis=1))
    is_sound[owner[one[met]]] = False
    bound = np.flatnonzero((distances <= limits[of, to]) & (binds[of, to] | binds[to, of]))
    turned = is_metal[to[bound]]
    metals, ligands = np.where(turned, (other[bound], one[bound]), (one[bound], other[bound]))
    sign = np.where(turned, -1, 1)[:, None]
    bonds = Bonds(metals, ligands, sign * images[bound], sign * vectors[bound])
    elements = [cells.symbols[kind] for kind in kinds.tolist()]
    edges = edges_between(elements, radii[kinds], bonds, wide)
    for kind in edges[:2]:
        once, _ = kind.distinct(len(elements))
        corner, _ = right_angles(once, wide)
        is_sound[owner[once.first[corner]]] = False
    return is_sound


def _near(
    lattices: Floats, owner: Ints, frac: Floats, kinds: Ints, limits: Floats
) -> tuple[Ints, Ints, Ints]:
    """Pairs of ions that may be as near as the limit of their elements, one way round, and all that are.

    Two ions are no nearer than the planes of the lattice on which they lie.

    Args:
        lattices: cells (C, 3, 3) in Å.
        owner: structures (N,) of the ions, ascending.
        frac: fractional coordinates (N, 3).
        kinds: numbers (N,) of their elements.
        limits: by two elements, in Å.

    Returns:
        The one ions, the others, and the images (P, 3) of these.
    """
    inverse = np.linalg.inv(lattices)
    spacings = 1 / np.sqrt(np.einsum("nij,nij->jn", inverse, inverse))[:, owner]
    columns, count = np.ascontiguousarray(frac.T), len(limits)
    one, other = rows_of(np.arange(len(owner)), np.searchsorted(owner, owner, side="right"))
    limit = limits.ravel().take(kinds[one] * count + kinds[other])
    for column, spacing in zip(columns, spacings, strict=True):
        apart = column.take(other) - column.take(one)
        close = np.flatnonzero(np.abs(apart - np.rint(apart)) * spacing.take(one) <= limit)
        one, other, limit = one.take(close), other.take(close), limit.take(close)
    images = np.zeros((len(one), 0), dtype=np.int64)
    for column, spacing in zip(columns, spacings, strict=True):
        apart, width = column.take(other) - column.take(one), limit / spacing.take(one)
        begin, end = np.ceil(-width - apart), np.floor(width - apart) + 1
        row, image = rows_of(begin.astype(np.int64), end.astype(np.int64))
        one, other, limit = one.take(row), other.take(row), limit.take(row)
        images = np.column_stack((images.take(row, axis=0), image))
    return one, other, images


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
    )
