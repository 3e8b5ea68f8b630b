"""Doping and stripes: the series x = 2/(4n), the lattice of doped sites, and the ratio c/a."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from polywell.geometry.ions import Floats
from polywell.geometry.stacking import stacking

if TYPE_CHECKING:
    from pymatgen.core import Structure

PLANES, PERIOD_EDGES = 2, 4
"""Two kinds of CuO2 plane, and stripes that repeat every four edges along a, give x = 2/(4n)."""

SHIFT_EDGES = Fraction(1, 2)
"""The second kind of plane is displaced by Q = (a/2, a/2); in edges along both."""

SPACINGS = range(2, 9)
"""Values of n, the spacing of stripes along b in edges, that the proposal lists."""

STRIPE_MEANING = {
    2: "fully filled stripes, the highest doping",
    3: "optimum",
    4: "checkerboard, insulating: the 1/8 anomaly",
    5: "underdoped",
    6: "underdoped",
}
"""What the proposal says of each n; it says nothing of n = 7 and 8."""


@dataclass(frozen=True)
class StripeLattice:
    """Doped sites of both kinds of plane as (M, 2) positions in Å; the stripe cell is 4a × nb."""

    n: int
    doping: float
    cell_ang: tuple[float, float]
    first: Floats
    second: Floats


@dataclass(frozen=True)
class AxisRatios:
    """Candidates for what "c/a" may mean; lengths in Å.

    `repeat_over_edge` uses the repeat along the normal (the conventional c of a tetragonal cell; None where
    no lattice vector runs along it) and the metal-metal edge, `repeat_over_diagonal` the √2 larger cell,
    `spacing_over_edge` the distance from one sheet to the next.
    """

    edge_ang: float
    repeat_ang: float | None
    repeat_over_edge: float | None
    repeat_over_diagonal: float | None
    spacing_over_edge: float


def stripe_doping(n: int) -> Fraction:
    """Doping x = 2/(4n) of stripes that are n edges apart along b (proposal, doping and stripes).

    Raises:
        ValueError: n is not a positive integer.
    """
    if n < 1:
        raise ValueError(f"n must be a positive number of edges, got {n}; the proposal uses 2 to 8")
    return Fraction(PLANES, PERIOD_EDGES * n)


def nearest_spacing(doping: float) -> int:
    """The n of the series (2 to 8) whose x = 2/(4n) is nearest to a doping; a tie goes to the smaller n.

    Raises:
        ValueError: the doping is not between 0 and 1.
    """
    if not 0 < doping < 1:
        raise ValueError(f"a doping is a number of carriers per metal between 0 and 1, got {doping}")
    return min(SPACINGS, key=lambda n: (abs(float(stripe_doping(n)) - doping), n))


def stripe_lattice(n: int, edges_ang: tuple[float, float], cells: tuple[int, int]) -> StripeLattice:
    """Doped sites of both kinds of plane, seen along the normal, over some stripe cells along a and b.

    The first kind has one site at the corner of each 4a × nb cell, the second the same displaced by Q.
    """
    sides = (PERIOD_EDGES * edges_ang[0], n * edges_ang[1])
    first = np.argwhere(np.ones(cells)) * np.array(sides)
    shift = float(SHIFT_EDGES) * np.array(edges_ang)
    return StripeLattice(n, float(stripe_doping(n)), sides, first, first + shift)


def side_bar_offset_edges() -> Fraction:
    """Distance in edges of the side bars of a plaquette from its centre bar.

    Half a period less the displacement of the other plane. This reading is ours: the number of the
    proposal follows from it. One domain has the other plane's bars at 4a/2 - a/2 on one side and at
    4a/2 + a/2 on the other; equal bars on both sides need both domains.
    """
    return Fraction(PERIOD_EDGES, 2) - SHIFT_EDGES


def axis_ratios(structure: Structure) -> AxisRatios:
    """The ratios that could be called c/a, measured on the primitive lattice of a layered structure.

    Raises:
        NoSheetError: the structure has no sheets.
    """
    found = stacking(structure.get_primitive_structure())
    edge, repeat = found.edge_ang, found.repeat_ang
    square, diagonal = (None if repeat is None else repeat / side for side in (edge, edge * 2**0.5))
    return AxisRatios(edge, repeat, square, diagonal, found.spacing_ang / edge)
