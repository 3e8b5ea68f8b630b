"""Stripes: the lattice of doped sites, and the ratio c/a."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from polywell.doping import PERIOD_EDGES, stripe_doping
from polywell.geometry.stacking import stacking
from polywell.proposal.rows import Row

if TYPE_CHECKING:
    from pymatgen.core import Structure

SHIFT_EDGES = Fraction(1, 2)
"""The second kind of plane is displaced by Q = (a/2, a/2); in edges along both."""


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
