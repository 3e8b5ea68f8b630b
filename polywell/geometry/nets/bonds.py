"""Bonds of metals to ligands, and the edges between metals that share a ligand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

import numpy as np

from polywell.data.elements import HALOGENS
from polywell.geometry.ions import Bools, Floats, Ints, Ions
from polywell.geometry.periodic import code, pairs_within
from polywell.geometry.tolerances import Tolerances


@dataclass(frozen=True)
class Bonds:
    """Metal-ligand bonds, one a row, in order of the metal.

    `metals` and `ligands` (B,) are ions, `images` (B, 3) those of the ligand, `vectors` (B, 3) run from
    the metal to the ligand in Å.
    """

    metals: Ints
    ligands: Ints
    images: Ints
    vectors: Floats


@dataclass(frozen=True)
class Edges:
    """Metal-metal edges in both directions, one a row for each ligand that both metals are bonded to.

    `first` (E,) stands in the home cell, `second` (E,) in image `images` (E, 3); `vectors` (E, 3) run
    from the first to the second in Å; `bonds` (E, 2) are the rows of the two bonds to the ligand.
    """

    first: Ints
    second: Ints
    images: Ints
    vectors: Floats
    bonds: Ints

    def distinct(self, count: int) -> tuple[Edges, Ints]:
        """Each edge once, whatever the number of its ligands, in order of its code (see `periodic.code`).

        Args:
            count: number of ions.

        Returns:
            The edges and their codes.
        """
        known, rows = np.unique(code(self.first, self.second, self.images, count), return_index=True)
        return self.chosen(rows), known

    def chosen(self, rows: Ints | Bools) -> Edges:
        """The edges of these rows."""
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        return Edges(
            self.first[rows],
            self.second[rows],
            self.images.take(rows, axis=0),
            self.vectors.take(rows, axis=0),
            self.bonds.take(rows, axis=0),
        )


def bonds_of(ions: Ions, tolerances: Tolerances) -> Bonds:
    """Metal-ligand bonds up to the sum of the covalent radii and some more, also those to empty places."""
    rows = np.flatnonzero(ions.is_metal[ions.centres] & ions.is_ligand[ions.others])
    centres, others = ions.centres[rows], ions.others[rows]
    near = ions.distances[rows] <= tolerances.bond_ratio * (ions.radii[centres] + ions.radii[others])
    near &= (ions.occupancy[others] > tolerances.bridge_occupancy) | ions.is_hole[others]
    kept = rows[near]
    images, vectors = ions.images.take(kept, axis=0), ions.vectors.take(kept, axis=0)
    return Bonds(centres[near], others[near], images, vectors)


def edges_between(
    elements: Sequence[str], radii: Floats, bonds: Bonds, tolerances: Tolerances
) -> tuple[Edges, Edges, Edges]:
    """Bridged and capped edges from all pairs of bonds that meet at one ligand, and those capped once only.

    A capped edge runs below one ligand and above another.

    Args:
        elements: those of N ions.
        radii: covalent radii (N,) of the ions in Å.
        bonds: those between the ions.
        tolerances: those of the geometry.
    """
    order = np.argsort(bonds.ligands, kind="stable")
    one, two = pairs_within(bonds.ligands[order])
    one, two = order[one], order[two]
    between = bonds.images.take(one, axis=0) - bonds.images.take(two, axis=0)
    u, v = bonds.vectors.take(one, axis=0), bonds.vectors.take(two, axis=0)
    vectors = u - v
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    lengths = np.sqrt(np.einsum("ij,ij->i", bonds.vectors, bonds.vectors))
    cosine = np.einsum("ij,ij->i", u, v) / (lengths[one] * lengths[two])
    edges = Edges(bonds.metals[one], bonds.metals[two], between, vectors, np.column_stack((one, two)))
    low, high = tolerances.bridged_edge
    straight = (cosine <= cos(radians(tolerances.bridge_angle))) & (length >= low)
    bridged = straight & (length <= high)
    longer = np.flatnonzero(straight & ~bridged)
    halide = longer[[elements[ion] in HALOGENS for ion in bonds.ligands[one[longer]].tolist()]]
    excess = radii[bonds.ligands[one[halide]]] - tolerances.bridging_radius
    bridged[halide] = length[halide] <= high + 2 * excess
    low, high = tolerances.capped_edge
    touching = edges.chosen((length >= low) & (length <= high))
    coded = code(touching.first, touching.second, touching.images, len(elements))
    _, inverse, counts = np.unique(coded, return_inverse=True, return_counts=True)
    shared = counts[inverse]
    return edges.chosen(bridged), touching.chosen(shared >= 2), touching.chosen(shared == 1)
