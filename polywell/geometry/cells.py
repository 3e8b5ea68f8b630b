"""Which cells can be those of a crystal: finite, and not flat, skewed or overfull."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polywell.geometry.tolerances import Tolerances

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_IMAGE = 60
"""Cells whose neighbour table would reach farther along an axis are too skewed or too thin to be real."""

SLACK = 1e-6
"""Share by which limits are narrower for many cells at once: what rounding could decide is left open."""


class OverlappingAtomsError(ValueError):
    """Atoms stand closer to each other than any bond allows."""


def are_sound(
    lattices: Floats, frac: Floats, owner: Ints, contents: Floats | Ints, tolerances: Tolerances
) -> NDArray[np.bool_]:
    """Which cells (C,) `check_cell` would not refuse; a few at the edge are left out.

    Args:
        lattices: cells (C, 3, 3) in Å.
        frac: fractional coordinates (N, 3) of what they hold.
        owner: their cells (N,).
        contents: sums (C,) of the occupancies.
        tolerances: see `polywell.geometry.tolerances`.
    """
    is_sound: NDArray[np.bool_] = np.isfinite(lattices.sum(axis=(1, 2)))
    is_sound[owner[~np.isfinite(frac).all(axis=1)]] = False
    edges = np.sqrt(np.einsum("ijk,ijk->ij", lattices, lattices))
    with np.errstate(invalid="ignore", over="ignore"):
        volumes = (1 - SLACK) * np.abs(np.linalg.det(np.where(is_sound[:, None, None], lattices, 0.0)))
        is_sound &= volumes > 1e-4 * edges.prod(axis=1)
        is_sound &= volumes >= tolerances.smallest_volume_per_ion * contents
        is_sound &= tolerances.reach * edges.max(axis=1) ** 2 <= LARGEST_IMAGE * volumes
    return is_sound


def check_cell(lattice: Floats, frac: Floats, contents: float, tolerances: Tolerances) -> None:
    """Refuse a cell that cannot be real.

    Args:
        lattice: its vectors (3, 3) in Å.
        frac: fractional coordinates (N, 3) of what it holds.
        contents: sum of the occupancies.
        tolerances: see `polywell.geometry.tolerances`.

    Raises:
        OverlappingAtomsError: the cell is too small for its contents.
        ValueError: the cell or a coordinate is not finite, or the cell is flat or too skewed.
    """
    if not (np.isfinite(lattice).all() and np.isfinite(frac).all()):
        raise ValueError("the cell or a coordinate is not a finite number; check the input file")
    edges = np.sqrt(np.einsum("ij,ij->i", lattice, lattice))
    volume = abs(float(np.linalg.det(lattice)))
    if not volume > 1e-4 * float(edges.prod()):
        raise ValueError(f"the cell is flat: edges {edges.round(4).tolist()} Å span {volume:.4g} Å³")
    if volume < tolerances.smallest_volume_per_ion * contents:
        raise OverlappingAtomsError(
            f"{contents:.6g} atoms in {volume:.4g} Å³: less than {tolerances.smallest_volume_per_ion} Å³ "
            "per atom is no crystal; check cell and coordinates"
        )
    area = float(edges.max()) ** 2
    if tolerances.reach * area / volume > LARGEST_IMAGE:
        spacings = volume / np.array([_area(lattice, k) for k in range(3)])
        if tolerances.reach / float(spacings.min()) > LARGEST_IMAGE:
            raise ValueError(
                f"the cell is too thin or too skewed: lattice planes {spacings.round(4).tolist()} Å apart; "
                "reduce the cell first"
            )


def _area(lattice: Floats, axis: int) -> float:
    return float(np.linalg.norm(np.cross(lattice[axis - 1], lattice[axis - 2])))
