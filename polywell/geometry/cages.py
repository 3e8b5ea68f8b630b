"""The polyhedral cages on the hollows of a square net: octahedra, nonahedra and tridecahedra.

All heights are measured along the normal of the sheet, from the centre of the square of metals.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np

from polywell.geometry.ions import Bools, Ints, Ions
from polywell.geometry.nets.square_nets import BRIDGED, Nets
from polywell.geometry.periodic import rows_of
from polywell.geometry.tolerances import TOLERANCES, Tolerances

OCTAHEDRON, NONAHEDRON, TRIDECAHEDRON = "octahedron", "nonahedron", "tridecahedron"

Corner = tuple[int, tuple[int, int, int]]
"""An ion in a periodic image."""


@dataclass(frozen=True)
class Cage:
    """One cage on the hollow of square `square` of net `net`.

    `apexes` are the ions at its tips in the order of `heights` (Å, signed along the net's normal);
    `ligands` are the other ligands among its vertices (the upper plane of FeAs-type cages). `xi_ang` is
    the height of the cage, `offset_ang` the distance of the apexes within the sheet: of one from the
    other for an octahedron, of the apex from the hollow's axis for the others.
    """

    kind: str
    net: int
    square: int
    apexes: tuple[Corner, ...]
    heights: tuple[float, ...]
    ligands: tuple[Corner, ...]
    xi_ang: float
    offset_ang: float


class _Tip(NamedTuple):
    """A cation on a hollow's axis, its signed height, and its place within the sheet, in Å."""

    ion: Corner
    height: float
    offset: tuple[float, float, float]


Tips = dict[int, _Tip]
"""Tips by the number of the square below or above which they stand."""


def cages(ions: Ions, nets: Nets, tolerances: Tolerances = TOLERANCES) -> list[Cage]:
    """Every complete cage on the hollows of the nets.

    An octahedron needs a cation on either side; a nonahedron needs its four upper ligands; a
    tridecahedron needs these and a cation above them. The first ion on the hollow's axis decides: where
    it is a ligand there is no apex on that side. Hydrogen is passed over.
    """
    if not len(nets.squares):
        return []
    return (
        _octahedra(ions, nets, tolerances) if nets.kind == BRIDGED else _capped_cages(ions, nets, tolerances)
    )


def _octahedra(ions: Ions, nets: Nets, tolerances: Tolerances) -> list[Cage]:
    below, above = _tips(ions, nets, tolerances.octahedron_height, tolerances)
    found = []
    for square in sorted(below.keys() & above.keys()):
        low, high = below[square], above[square]
        offset = [u - v for u, v in zip(high.offset, low.offset, strict=True)]
        found.append(
            Cage(
                kind=OCTAHEDRON,
                net=int(nets.net_of[square]),
                square=square,
                apexes=(low.ion, high.ion),
                heights=(low.height, high.height),
                ligands=(),
                xi_ang=high.height - low.height,
                offset_ang=_length(offset),
            )
        )
    return found


def _capped_cages(ions: Ions, nets: Nets, tolerances: Tolerances) -> list[Cage]:
    squares = nets.squares
    below, above = _tips(ions, nets, tolerances.tridecahedron_height, tolerances)
    normals = nets.normals[nets.net_of]
    depth = np.einsum("ij,ij->i", squares.cap_vectors, normals)
    lateral = squares.cap_vectors - depth[:, None] * normals
    p, q = nets.neighbours[:, 0], nets.neighbours[:, 1]
    images = squares.cap_images[q] + nets.neighbour_images
    rise = np.einsum("ij,ij->i", ions.at(squares.caps[q], images) - squares.centres[p], normals[p])
    upper: list[list[Corner]] = [[] for _ in range(len(squares))]
    heights: list[list[float]] = [[] for _ in range(len(squares))]
    rows = zip(p.tolist(), squares.caps[q].tolist(), images.tolist(), rise.tolist(), strict=True)
    for square, cap, (i, j, k), height in rows:
        upper[square].append((cap, (i, j, k)))
        heights[square].append(height)
    found = []
    for square in range(len(squares)):
        if len(upper[square]) != 4:
            continue
        net, lower, plane = int(nets.net_of[square]), float(depth[square]), sum(heights[square]) / 4
        cap, (i, j, k) = int(squares.caps[square]), squares.cap_images[square].tolist()
        if not ions.is_hole[cap]:
            found.append(
                Cage(
                    kind=NONAHEDRON,
                    net=net,
                    square=square,
                    apexes=((cap, (i, j, k)),),
                    heights=(lower,),
                    ligands=tuple(upper[square]),
                    xi_ang=abs(plane - lower),
                    offset_ang=_length(lateral[square].tolist()),
                )
            )
        tip = (above if lower < 0 else below).get(square)
        if tip is not None and abs(tip.height) > abs(plane) + tolerances.apex_over_ligands:
            found.append(
                Cage(
                    kind=TRIDECAHEDRON,
                    net=net,
                    square=square,
                    apexes=(tip.ion,),
                    heights=(tip.height,),
                    ligands=tuple(upper[square]),
                    xi_ang=abs(tip.height),
                    offset_ang=_length(tip.offset),
                )
            )
    return found


def _length(vector: list[float] | tuple[float, ...]) -> float:
    return sqrt(sum(x * x for x in vector))


def _tips(ions: Ions, nets: Nets, reach: float, tolerances: Tolerances) -> tuple[Tips, Tips]:
    """The first cation below and above every hollow.

    There is none where a ligand comes first or where the hollow itself is filled.
    """
    squares = nets.squares
    start = squares.sites[:, 0]
    square, row = rows_of(ions.starts[start], ions.starts[start + 1])
    heavy = ions.is_heavy | ions.is_hole  # what is there in most cells of the average fills a hollow
    is_heavy = heavy[ions.others[row]]
    square, row = square[is_heavy], row[is_heavy]
    corner = squares.corners[:, 0] - squares.centres
    normal = nets.normals.take(nets.net_of[square], axis=0)
    from_centre = ions.vectors.take(row, axis=0) + corner.take(square, axis=0)
    height = np.einsum("ij,ij->i", from_centre, normal)
    offset = from_centre - height[:, None] * normal
    lateral2 = np.einsum("ij,ij->i", offset, offset)
    edge2 = 2.0 * np.einsum("ij,ij->i", corner, corner)
    near = np.flatnonzero(
        (lateral2 <= tolerances.cylinder_ratio**2 * edge2[square]) & (np.abs(height) <= reach)
    )
    square, row, height, offset, lateral2 = (
        one.take(near, axis=0) for one in (square, row, height, offset, lateral2)
    )
    ion = ions.others[row]
    images = ions.images[row] + squares.images[square, 0]
    inside = (np.abs(height) < tolerances.hollow_radius) & (lateral2 < tolerances.hollow_radius**2)
    if len(squares.caps):
        inside &= ion != squares.caps[square]
    filled = np.zeros(len(squares), dtype=bool)
    filled[square[inside]] = True
    decides = ~filled[square] & ~ions.is_hole[ion]

    def first(side: Bools) -> Tips:
        rows = np.flatnonzero(side & decides)
        rows = rows[np.lexsort((np.abs(height[rows]), square[rows]))]
        rows = rows[_firsts(square[rows])]
        rows = rows[~ions.is_ligand[ion[rows]]]
        named = zip(square[rows].tolist(), ion[rows].tolist(), images[rows].tolist(), strict=True)
        placed = zip(height[rows].tolist(), offset[rows].tolist(), strict=True)
        return {
            at: _Tip((cation, (i, j, k)), rise, (x, y, z))
            for (at, cation, (i, j, k)), (rise, (x, y, z)) in zip(named, placed, strict=True)
        }

    return first(height < 0), first(height > 0)


def _firsts(groups: Ints) -> Ints:
    """Rows at which a new group begins, groups standing together."""
    begins = np.ones(len(groups), dtype=bool)
    begins[1:] = groups[1:] != groups[:-1]
    return np.flatnonzero(begins)
