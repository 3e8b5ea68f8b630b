"""All images of a site under a space group, without comparing every operation with every other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Lattice
from pymatgen.core.operations import SymmOp
from pymatgen.symmetry.groups import SpaceGroup

Floats = NDArray[np.float64]

DIGITS = 10
"""Decimals to which fractional coordinates of images are rounded."""

METRIC_SLACK = 1e-3
"""How far an operation may change products of the cell's edges, as a share of the longest edge's square."""


class _Operation:
    """The number of an operation, with the operation's own hash, which pymatgen gives to all alike."""

    def __init__(self, number: int, operation: SymmOp) -> None:
        self.number = number
        self._hash = hash(operation)

    def __hash__(self) -> int:
        return self._hash


@cache
def operations(symbol: str) -> Floats:
    """The operations (N, 4, 4) of a space group on fractional coordinates, in the order of pymatgen.

    That is the order of a set whose members all have the same hash, so that each operation is compared
    with many others, at 60 µs each: most of the time in which pymatgen makes a cubic group. Here the
    numbers of the operations go through such a set. Structures have their sites in this order.

    Args:
        symbol: Hermann-Mauguin symbol as pymatgen writes it, such as `P4/nmm:2`.

    Raises:
        ValueError: pymatgen knows no such group.
    """
    for group in SpaceGroup.SYMM_OPS:
        if symbol in (group["hermann_mauguin"], group["universal_h_m"], group["hermann_mauguin_u"]):
            made = [SymmOp.from_xyz_str(text) for text in group["symops"]]
            ordered = {_Operation(number, operation) for number, operation in enumerate(made)}
            return np.array([made[one.number].affine_matrix for one in ordered])
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
