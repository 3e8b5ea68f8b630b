"""Doping and stripes: the series x = 2/(4n), the lattice of doped sites, and the ratio c/a."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from polywell.geometry.ions import Floats
from polywell.proposal.stacking import stacking

if TYPE_CHECKING:
    from pymatgen.core import Structure

PLANES = 2
"""Two kinds of CuO2 plane give the numerator of x = 2/(4n)."""

PERIOD_EDGES = 4
"""Stripes repeat every four edges along a; gives the 4 in the denominator."""

SHIFT_EDGES = (Fraction(1, 2), Fraction(1, 2))
"""Q = (a/2, a/2), by which the second kind of plane is displaced, in edges."""

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
    """Doped sites of both kinds of plane over a window, as (M, 2) positions in Å.

    `cell_ang` are the sides of the stripe cell, 4a × nb.
    """

    n: int
    doping: float
    cell_ang: tuple[float, float]
    first: Floats
    second: Floats


@dataclass(frozen=True)
class AxisRatios:
    """Candidates for what "c/a" may mean; lengths in Å.

    `repeat_over_edge` uses the repeat along the normal (the conventional c of a tetragonal cell) and the
    metal-metal edge, `repeat_over_diagonal` the same with the √2 larger cell, `spacing_over_edge` the
    distance from one sheet to the next. None where no lattice vector runs along the normal.
    """

    edge_ang: float
    repeat_ang: float | None
    spacing_ang: float
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


def stripe_lattice(
    n: int, a_ang: float, b_ang: float | None = None, cells: tuple[int, int] = (2, 2)
) -> StripeLattice:
    """Positions of the doped sites of both kinds of plane, seen along the normal.

    The first kind has one site at the corner of each 4a × nb cell, the second the same displaced by
    Q = (a/2, a/2).

    Args:
        n: spacing along b in edges.
        a_ang: edge of the metal net along a, in Å.
        b_ang: edge along b, in Å; equal to a when it is left out.
        cells: how many stripe cells along a and b.

    Raises:
        ValueError: n, an edge or a count is not positive.
    """
    b_ang = a_ang if b_ang is None else b_ang
    if not (a_ang > 0 and b_ang > 0 and min(cells) > 0):
        raise ValueError(f"edges and cells must be positive, got {a_ang} Å, {b_ang} Å, {cells}")
    sides = (PERIOD_EDGES * a_ang, n * b_ang)
    steps = np.array([(i, j) for i in range(cells[0]) for j in range(cells[1])], dtype=np.float64)
    first = steps * np.array(sides)
    shift = np.array([float(SHIFT_EDGES[0]) * a_ang, float(SHIFT_EDGES[1]) * b_ang])
    return StripeLattice(n, float(stripe_doping(n)), sides, first, first + shift)


def side_bar_offset_edges() -> Fraction:
    """Distance in edges of the side bars of a plaquette from its centre bar.

    Half a period less the displacement of the other plane. This reading is ours: the number of the
    proposal follows from it. One domain has the other plane's bars at 4a/2 - a/2 on one side and at
    4a/2 + a/2 on the other; equal bars on both sides need both domains.
    """
    return Fraction(PERIOD_EDGES, 2) - SHIFT_EDGES[0]


def axis_ratios(structure: Structure) -> AxisRatios:
    """The ratios that could be called c/a, measured on the primitive lattice of a layered structure.

    Raises:
        NoSheetError: the structure has no sheets.
    """
    found = stacking(structure.get_primitive_structure())
    repeat = found.repeat_ang
    return AxisRatios(
        edge_ang=found.edge_ang,
        repeat_ang=repeat,
        spacing_ang=found.spacing_ang,
        repeat_over_edge=None if repeat is None else repeat / found.edge_ang,
        repeat_over_diagonal=None if repeat is None else repeat / (found.edge_ang * 2**0.5),
        spacing_over_edge=found.spacing_ang / found.edge_ang,
    )
