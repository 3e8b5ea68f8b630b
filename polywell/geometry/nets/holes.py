"""Holes: isolated corners and bridges of a net that are empty or, as corners, hold another cation.

An average structure in which one metal or ligand in so many is missing keeps its net, whose sites are partly
filled. Written as an ordered supercell, the same crystal would lose it. So the net is carried through a hole
where all around it stands: the eight metals round one corner, the six round one bridge. Whatever the order,
at most every fourth corner, and every fourth bridge, can be a hole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, radians

import numpy as np
from pymatgen.optimization.neighbors import find_points_in_spheres

from polywell.geometry.ions import PERIODIC, Floats, Holes, Ints, Ions
from polywell.geometry.nets.bonds import Bonds, Edges
from polywell.geometry.nets.squares import Squares
from polywell.geometry.periodic import rows_of
from polywell.geometry.tolerances import Tolerances

RING = 4
"""Right angles that look into one hole: one at each far corner of the squares that meet in it."""


@dataclass(frozen=True)
class _Open:
    """Right angles (N,) whose square does not close, seen from the metal `metals`.

    `places` (N, 3) in Å is where something is missing, `normals` (N, 3) are those of the squares, `edges`
    (N,) their shorter edges in Å; `ligands` (N,) numbers a like ligand where a bridge is missing, and is -1
    where a corner is.
    """

    metals: Ints
    places: Floats
    normals: Floats
    edges: Floats
    ligands: Ints


def holes(
    ions: Ions,
    bonds: Bonds,
    edges: Edges,
    corners: tuple[Ints, Ints],
    squares: Squares,
    bridged: bool,
    tolerances: Tolerances,
) -> dict[int, Holes]:
    """The holes of each structure that has some.

    Args:
        ions: those of all structures.
        bonds: of metals to ligands.
        edges: those of one kind of net, each once, in order of their first metal.
        corners: right angles between them (see `squares.right_angles`).
        squares: those of the edges, with or without caps.
        bridged: whether ligands bridge the edges; where they cap the squares, corners are looked for only.
        tolerances: those of the geometry.
    """
    size = len(ions.lattices)
    angles = np.bincount(ions.crystals[edges.first[corners[0]]], minlength=size)
    closed = np.bincount(ions.crystals[squares.sites[:, 0]], minlength=size)
    rows = np.flatnonzero((angles != 4 * closed)[ions.crystals[edges.first[corners[0]]]])
    if not len(rows):
        return {}
    seen = _open(ions, bonds, edges, (corners[0][rows], corners[1][rows]), bridged, tolerances)
    owner = ions.crystals[seen.metals]
    found = {}
    for crystal in np.flatnonzero(np.bincount(owner, minlength=size) >= RING).tolist():
        own = _holes(ions, crystal, seen, np.flatnonzero(owner == crystal), tolerances)
        if own.elements or own.foreign:
            found[crystal] = own
    return found


def _open(
    ions: Ions,
    bonds: Bonds,
    edges: Edges,
    corners: tuple[Ints, Ints],
    bridged: bool,
    tolerances: Tolerances,
) -> _Open:
    """What is missing where two edges p and q at a right angle are no two sides of a square."""
    p, q = corners
    u, v = edges.vectors[p], edges.vectors[q]
    short = np.sqrt(np.minimum(np.einsum("ij,ij->i", u, u), np.einsum("ij,ij->i", v, v)))
    after_p = _continued(edges, p, v, short, tolerances)
    after_q = _continued(edges, q, u, short, tolerances)
    lone = (after_p < 0) | (after_q < 0)
    p, q, u, v, short = p[lone], q[lone], u[lone], v[lone], short[lone]
    after_p, after_q = after_p[lone], after_q[lone]
    half = (after_p >= 0) | (after_q >= 0)
    far = u + v
    along_p, along_q = u + edges.vectors[after_p], v + edges.vectors[after_q]
    far = np.where((after_p >= 0)[:, None], (along_p + v) / 2, far)
    far = np.where((after_q >= 0)[:, None], (along_q + u) / 2, far)
    normal = np.cross(u, v)
    normal /= np.sqrt(np.einsum("ij,ij->i", normal, normal))[:, None]
    kept = np.flatnonzero(~half | bridged)
    ligands = np.where(half, bonds.ligands[edges.bonds[p, 0]], -1)
    metals = edges.first[p]
    return _Open(metals[kept], (ions.cart[metals] + far)[kept], normal[kept], short[kept], ligands[kept])


def _continued(edges: Edges, rows: Ints, wanted: Floats, short: Floats, tolerances: Tolerances) -> Ints:
    """For each edge of `rows` one that leaves its far end along `wanted`, within the closure; -1 without."""
    begin = np.searchsorted(edges.first, edges.second[rows])
    owner, row = rows_of(begin, np.searchsorted(edges.first, edges.second[rows], side="right"))
    miss = edges.vectors[row] - wanted[owner]
    fits = np.einsum("ij,ij->i", miss, miss) <= (tolerances.square_closure * short[owner]) ** 2
    found = np.full(len(rows), -1)
    found[owner[fits]] = row[fits]
    return found


def _holes(ions: Ions, crystal: int, seen: _Open, rows: Ints, tolerances: Tolerances) -> Holes:
    lattice, members = ions.lattices[crystal], ions.members(crystal)
    frac = seen.places[rows] @ np.linalg.inv(lattice)
    places = np.ascontiguousarray((frac - np.floor(frac)) @ lattice)
    around = np.ascontiguousarray(ions.cart[members])
    count = len(around)
    elements, foreign = [], set()
    for group, place in _rings(places, seen, rows, lattice, tolerances):
        like = seen.ligands[group]
        _, near, _, distances = find_points_in_spheres(
            around, place[None], tolerances.hole_radius, PERIODIC, lattice, 1e-8
        )
        if not len(near):
            ghosts = seen.metals[group] if like[0] < 0 else like
            names = Counter(ions.elements[ion] for ion in ghosts.tolist())
            elements.append(min(names, key=lambda symbol: (-names[symbol], symbol)))
            around = np.concatenate((around, place[None]))
        elif like[0] < 0 and len(near) == 1 and near[0] < count:
            ion = members.start + int(near[0])
            fits = float(distances[0]) <= tolerances.square_closure * float(seen.edges[group].min())
            if fits and not ions.is_metal[ion] and not ions.is_ligand[ion]:
                foreign.add(int(near[0]))
    return Holes(around[count:], tuple(elements), tuple(sorted(foreign)))


def _rings(
    places: Floats, seen: _Open, rows: Ints, lattice: Floats, tolerances: Tolerances
) -> Iterator[tuple[Ints, Floats]]:
    """Rows of right angles of one plane that look into one place, and the place in Å."""
    reach = tolerances.square_closure * float(seen.edges[rows].max())
    one, other, images, distances = find_points_in_spheres(places, places, reach, PERIODIC, lattice, 1e-8)
    least = cos(radians(tolerances.fold))
    normals, edges = seen.normals[rows], seen.edges[rows]
    bridge = seen.ligands[rows] >= 0
    alike = np.abs(np.einsum("ij,ij->i", normals[one], normals[other])) >= least
    alike &= bridge[one] == bridge[other]
    alike &= distances <= tolerances.square_closure * np.minimum(edges[one], edges[other])
    one, other, images = one[alike], other[alike], images[alike]
    taken = np.zeros(len(places), dtype=bool)
    for seed in range(len(places)):
        if taken[seed]:
            continue
        mine = np.flatnonzero(one == seed)
        group = other[mine]
        if len(group) < RING:
            continue
        taken[group] = True
        stands = places[group] + images[mine] @ lattice
        yield rows[group], stands.mean(axis=0)
