"""What a microscope sees: where a crystal cleaves, how deep its sheets lie, sites of stripes, and c/a."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from polywell.doping import PERIOD_EDGES, stripe_doping
from polywell.geometry.layers.stacking import NoSheetError, Stacking, stacking
from polywell.proposal.rows import Row

if TYPE_CHECKING:
    from pymatgen.core import Structure

SHIFT_EDGES = Fraction(1, 2)
"""The second kind of plane is displaced by Q = (a/2, a/2); in edges along both."""
SAME_GAP_ANG = 0.01
"""Å: gaps that differ by less are equally wide."""
EXPOSED_SHEET_ANG = 0.3
"""Å: a sheet nearer to the cleavage plane is itself the surface."""


def cleavage(structure: Structure) -> Row:
    """Find the cleavage plane of a layered structure: the widest gap between its atomic planes.

    The two sides of the gap, and equally wide gaps, may differ; the surface with the shallowest sheet
    that is not itself the surface is taken, or a bare sheet if there is no other.

    Returns:
        `gap_ang`, the width of the gap; `exposed`, the elements of the surface plane; `h_alpha_ang` and
        `h_beta_ang`, the depths of the nearest and second-nearest sheet below it; `contrast`, the intensity
        k = h_α/h_β of the side bars relative to the centre bar (proposal, STM contrast).

    Raises:
        NoSheetError: the structure has no sheets, or a single atomic plane.
    """
    found = stacking(structure)
    if len(found.planes) < 2:
        raise NoSheetError("a crystal of one atomic plane has no gap to cleave")
    neighbours = list(zip(found.planes, found.planes[1:] + found.planes[:1], strict=True))
    gaps = [(upper.height_ang - lower.height_ang) % found.period_ang for lower, upper in neighbours]
    surfaces = [
        (*_depths(found, plane.height_ang, down), plane.elements, gap)
        for (lower, upper), gap in zip(neighbours, gaps, strict=True)
        if gap >= max(gaps) - SAME_GAP_ANG
        for plane, down in ((lower, -1.0), (upper, 1.0))
    ]
    covered = [surface for surface in surfaces if surface[0] >= EXPOSED_SHEET_ANG]
    near, second, exposed, gap = min(covered or surfaces, key=lambda one: (round(one[0], 6), one[2]))
    return Row(gap_ang=gap, exposed=exposed, h_alpha_ang=near, h_beta_ang=second, contrast=near / second)


def _depths(found: Stacking, surface: float, down: float) -> tuple[float, float]:
    """Depths of the two nearest sheets on the side of the crystal that is left."""
    depths = []
    for sheet in found.sheets_ang:
        depth = (down * (sheet - surface)) % found.period_ang
        depths += [0.0 if found.period_ang - depth < 1e-6 else depth, depth + found.period_ang]
    nearest, second = sorted(depths)[:2]
    return nearest, second


def stripe_lattice(n: int, edges_ang: tuple[float, float], cells: tuple[int, int]) -> Row:
    """Doped sites of both kinds of plane, seen along the normal, over some stripe cells along a and b.

    The `first` kind has one site at the corner of each 4a × nb cell, the `second` the same displaced by Q;
    both as (M, 2) positions in Å.
    """
    sides = (PERIOD_EDGES * edges_ang[0], n * edges_ang[1])
    first = np.argwhere(np.ones(cells)) * np.array(sides)
    second = first + float(SHIFT_EDGES) * np.array(edges_ang)
    return Row(n=n, doping=float(stripe_doping(n)), cell_ang=sides, first=first, second=second)


def side_bar_offset_edges() -> Fraction:
    """Distance in edges of the side bars of a plaquette from its centre bar.

    Half a period less the displacement of the other plane. This reading is ours: the number of the
    proposal follows from it. One domain has the other plane's bars at 4a/2 - a/2 on one side and at
    4a/2 + a/2 on the other; equal bars on both sides need both domains.
    """
    return Fraction(PERIOD_EDGES, 2) - SHIFT_EDGES


def axis_ratios(structure: Structure) -> Row:
    """The ratios that could be called c/a, measured on the primitive lattice of a layered structure.

    Returns:
        `edge_ang` and `repeat_ang`, the edge of the net and the repeat along the normal (the conventional c
        of a tetragonal cell; None where no lattice vector runs along it); their ratio `repeat_over_edge`;
        `repeat_over_diagonal`, that of the √2 larger cell; `spacing_over_edge`, from one sheet to the next.

    Raises:
        NoSheetError: the structure has no sheets.
    """
    found = stacking(structure.get_primitive_structure())
    edge, repeat = found.edge_ang, found.repeat_ang
    return Row(
        edge_ang=edge,
        repeat_ang=repeat,
        repeat_over_edge=repeat and repeat / edge,
        repeat_over_diagonal=repeat and repeat / (edge * 2**0.5),
        spacing_over_edge=found.spacing_ang / edge,
    )
