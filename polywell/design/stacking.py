"""Putting sheets and blocks on each other: a crystal from its layers, heights additive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from polywell.design.blocks.layers import Atom, Plane
from polywell.geometry.sites import Sites


@dataclass(frozen=True)
class Storey:
    """A sheet, what stands on it up to the next one, and the way there: fractions of the plane, and Å."""

    sheet: tuple[Atom, ...]
    block: tuple[Atom, ...]
    shift: tuple[float, float]
    thickness_ang: float


def stacked(storeys: Sequence[Storey], plane: Plane) -> Sites:
    """The crystal in which storeys follow each other without end.

    Every storey stands aside of the one below by its shift. The third edge of the cell leads from the first
    sheet to the next that is equal; it is inclined where the shifts do not add up to a period of the plane.
    """
    (ax, _), (bx, by) = plane.rows
    height = sum(one.thickness_ang for one in storeys)
    climb = [_nearest(sum(one.shift[k] for one in storeys)) for k in (0, 1)]
    frac: list[tuple[float, float, float]] = []
    mixes: list[dict[str, float]] = []
    u, v, z = 0.0, 0.0, 0.0
    for one in storeys:
        for atom in (*one.sheet, *one.block):
            share = (z + atom.z) / height
            frac.append((u + atom.u - share * climb[0], v + atom.v - share * climb[1], share))
            mixes.append(_mix(atom.mix))
        u, v, z = u + one.shift[0], v + one.shift[1], z + one.thickness_ang
    lattice = np.array(
        [[ax, 0.0, 0.0], [bx, by, 0.0], [climb[0] * ax + climb[1] * bx, climb[1] * by, height]]
    )
    return Sites(lattice, np.array(frac).reshape(-1, 3), mixes)


@lru_cache(maxsize=4096)
def _mix(shares: tuple[tuple[str, float], ...]) -> dict[str, float]:
    return dict(shares)


def _nearest(fraction: float) -> float:
    """The equivalent of a fraction nearest to zero."""
    rest = fraction - round(fraction)
    return 0.0 if abs(rest) < 1e-9 else rest
