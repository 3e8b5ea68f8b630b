"""All images of a site under a space group.

`Structure.from_spacegroup` of pymatgen compares every operation with every other, which takes 2.5 s for the
reference library in place of 0.05 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from pymatgen.core import Lattice
from pymatgen.core.operations import SymmOp
from pymatgen.symmetry.groups import SpaceGroup

from polywell.geometry.ions import Floats

DIGITS = 10
"""Decimals to which fractional coordinates of images are rounded."""

METRIC_SLACK = 1e-3
"""How far an operation may change products of the cell's edges, as a share of the longest edge's square."""


@cache
def operations(symbol: str) -> Floats:
    """The operations (N, 4, 4) of a space group on fractional coordinates, in the order of pymatgen's table.

    Args:
        symbol: Hermann-Mauguin symbol as pymatgen writes it, such as `P4/nmm:2`.

    Raises:
        ValueError: pymatgen knows no such group.
    """
    for group in SpaceGroup.SYMM_OPS:
        if symbol in (group["hermann_mauguin"], group["universal_h_m"], group["hermann_mauguin_u"]):
            return np.array([SymmOp.from_xyz_str(text).affine_matrix for text in group["symops"]])
    # A symbol without its setting, such as C2/m, is not in the table; made from generators by pymatgen.
    return np.array([operation.affine_matrix for operation in SpaceGroup(symbol).symmetry_ops])


def orbits(symbol: str, sites: Sequence[tuple[float, float, float]], tolerance: float) -> list[Floats]:
    """The images (M, 3) of each site in the cell, each once.

    Args:
        symbol: the space group.
        sites: fractional coordinates.
        tolerance: images of which the coordinates differ by less in sum are one.
    """
    points = np.column_stack((np.array(sites, dtype=np.float64).reshape(-1, 3), np.ones(len(sites))))
    turned = (operations(symbol) @ points[:, None, :, None])[:, :, :3, 0]
    return [_each_once(images, tolerance) for images in np.mod(np.round(turned, DIGITS), 1)]


def _each_once(images: Floats, tolerance: float) -> Floats:
    """Images without those that are one with an earlier one."""
    kept = []
    left = images
    while len(left):
        kept.append(left[0])
        left = left[1:][np.abs(left[1:] - left[0]).sum(axis=1) >= tolerance]
    return np.array(kept)


def check_cell(symbol: str, lattice: Lattice) -> None:
    """Checks that all operations leave the cell's lengths and angles as they are.

    Raises:
        ValueError: they do not.
    """
    turns = operations(symbol)[:, :3, :3]
    metric = lattice.matrix @ lattice.matrix.T
    turned = np.einsum("nki,kl,nlj->nij", turns, metric, turns)
    if np.abs(turned - metric).max() > METRIC_SLACK * metric.max():
        raise ValueError(
            f"a cell with {lattice.parameters} does not fit the space group {symbol}; expected lengths and "
            "angles that its operations leave as they are"
        )
