"""Slabs: a monolayer, or a film with vacuum, has two periods, and all that a square net needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pymatgen.core import Lattice, Structure

LEAST_GAP_ANG = 10.0
"""Empty space in Å between a slab and the next one of a given third vector that is kept: no bond and no cage
reaches across."""

VACUUM_ANG = 15.0
"""Empty space in Å where the third vector is set, as much as databases of monolayers leave."""

SLAB = "a slab with two periods: the third vector is only room around it"
"""What is remarked on a slab that is screened as a crystal."""

_PARALLEL = 1e-6
"""Least area in Å² that two periods span."""


def as_crystal(
    vectors: ArrayLike, positions: ArrayLike, periodic: Sequence[Any]
) -> NDArray[np.float64] | None:
    """The three vectors by which a slab can be screened as if it were a crystal.

    The vector along which it does not repeat is kept where it leaves enough room; else it is set along the
    normal of the slab, as long as the slab is thick and the vacuum wide.

    Args:
        vectors: as rows, (3, 3), in Å; the one without a period may be anything, also zero.
        positions: Cartesian, (N, 3), in Å.
        periodic: whether the structure repeats along each vector, (3,).

    Returns:
        Vectors as rows, (3, 3), in Å; None where not exactly two of the vectors are periods.
    """
    matrix = np.array(vectors, dtype=np.float64)
    open_ = [axis for axis in range(3) if not periodic[axis]]
    if len(open_) != 1 or not np.isfinite(matrix).all():
        return None
    axis = open_[0]
    normal = np.cross(matrix[axis - 2], matrix[axis - 1])
    area = float(np.linalg.norm(normal))
    if area < _PARALLEL:
        return None
    normal /= area
    heights = np.array(positions, dtype=np.float64).reshape(-1, 3) @ normal
    thickness = float(np.ptp(heights)) if len(heights) else 0.0
    if abs(float(matrix[axis] @ normal)) < thickness + LEAST_GAP_ANG:
        matrix[axis] = (thickness + VACUUM_ANG) * normal
    return matrix


def periods(vectors: ArrayLike, periodic: Sequence[Any]) -> tuple[bool, bool, bool]:
    """Along which vectors a structure repeats: a vector of zero is no period, whatever is said of it."""
    first, second, third = (
        bool(said) and bool(np.any(vector))
        for vector, said in zip(np.asarray(vectors), periodic, strict=True)
    )
    return first, second, third


def crystal_of(structure: Structure) -> Structure | None:
    """A structure with three periods: as it is, or a slab with room around it; None for fewer than two."""
    periodic = structure.lattice.pbc
    if all(periodic):
        return structure
    vectors = as_crystal(structure.lattice.matrix, structure.cart_coords, periodic)
    if vectors is None:
        return None
    return Structure(
        Lattice(vectors), structure.species_and_occu, structure.cart_coords, coords_are_cartesian=True
    )
