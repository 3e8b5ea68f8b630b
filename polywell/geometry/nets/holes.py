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
from polywell.geometry.nets.squares import Squares, right_angles, squares_of
from polywell.geometry.periodic import code, rows_of
from polywell.geometry.tolerances import Tolerances

CAPS_OF_A_METAL = 4
"""Ligands round a metal of a capped net: two above, two below."""

RING = 4
"""Right angles that look into one hole: one at each far corner of the squares that meet in it. Where rows of
corners are missing, two of them at opposite corners."""


MOST_ANGLES = 500
"""Structures with more right angles whose square does not close are looked at closely at once."""

SLACK = 1e-6
"""Share by which limits are wider at first: what rounding could decide is left to the closer look."""


@dataclass(frozen=True)
class _Open:
    """Right angles (N,) whose square does not close, seen from the metal `metals`.

    `places` (N, 3) in Å is where something is missing, at `away` (N, 3) from the metal, `normals` (N, 3) are
    those of the squares, `edges` (N,) their shorter edges in Å; `ligands` (N,) numbers a like ligand where
    a bridge is missing, and is -1 where a corner is.
    """

    metals: Ints
    places: Floats
    away: Floats
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
    for crystal in _looked_into(ions, seen, owner, tolerances).tolist():
        own = _holes(ions, crystal, seen, np.flatnonzero(owner == crystal), tolerances)
        if own.elements or own.foreign:
            found[crystal] = own
    return found


def missing_caps(
    ions: Ions, bonds: Bonds, half: Edges, squares: Squares, tolerances: Tolerances
) -> dict[int, Holes]:
    """The caps that are missing in each structure that has other squares, which are whole.

    A square lacks its cap where each of its four edges has a ligand on the other side, and where at least
    two of its metals have all others of their four.

    Args:
        ions: those of all structures.
        bonds: of metals to ligands.
        half: edges with one ligand in place of two, each once.
        squares: those of the edges with two.
        tolerances: those of the geometry.
    """
    size = len(ions.lattices)
    is_capped = np.bincount(ions.crystals[squares.sites[:, 0]], minlength=size) > 0
    edges = half.chosen(is_capped[ions.crystals[half.first]])
    if not len(edges.first):
        return {}
    edges, known = edges.distinct(len(ions.elements))
    bare = squares_of(ions, edges, known, right_angles(edges, tolerances), tolerances)
    held = np.bincount(bonds.metals, minlength=len(ions.elements))
    found: dict[int, Holes] = {}
    for row in range(len(bare)):
        place, ligands = _missing_cap(ions, bonds, edges, known, bare, row, tolerances)
        corners = np.sort(held[bare.sites[row]])
        crystal = int(ions.crystals[bare.sites[row, 0]])
        if place is None or corners[0] < CAPS_OF_A_METAL - 2 or corners[2] < CAPS_OF_A_METAL - 1:
            continue
        around = ions.cart[ions.members(crystal)]
        if crystal in found:
            around = np.concatenate((around, found[crystal].places))
        near = find_points_in_spheres(
            np.ascontiguousarray(around),
            place[None],
            tolerances.hole_radius,
            PERIODIC,
            ions.lattices[crystal],
            1e-8,
        )[1]
        if not len(near):
            one = Holes(place[None], (ions.elements[ligands[0]],), ())
            found[crystal] = found[crystal].with_those_of(one) if crystal in found else one
    return found


def _missing_cap(
    ions: Ions, bonds: Bonds, edges: Edges, known: Ints, bare: Squares, row: int, tolerances: Tolerances
) -> tuple[Floats | None, list[int]]:
    """Where the cap of a bare square would stand in Å, within the cell, and the ligands on the other side."""
    corners, centre = bare.corners[row], bare.centres[row]
    normal = np.cross(corners[2] - corners[0], corners[3] - corners[1])
    normal /= np.sqrt(normal @ normal)
    heights, ligands = [], []
    for one in range(4):
        other = (one + 1) % 4
        between = bare.images[row, other] - bare.images[row, one]
        side = code(bare.sites[row, [one]], bare.sites[row, [other]], between[None], len(ions.elements))
        bond = edges.bonds[np.searchsorted(known, side)[0], 0]
        away = corners[one] + bonds.vectors[bond] - centre
        heights.append(float(away @ normal))
        ligands.append(int(bonds.ligands[bond]))
        if away @ away - heights[-1] ** 2 < tolerances.hole_radius**2:  # it stands over this square
            return None, ligands
    low, high = tolerances.cap_height
    same = max(heights) < 0 or min(heights) > 0
    if not same or not low <= min(map(abs, heights)) <= max(map(abs, heights)) <= high:
        return None, ligands
    lattice = ions.lattices[ions.crystals[bare.sites[row, 0]]]
    frac = (centre - normal * np.mean(heights)) @ np.linalg.inv(lattice)
    return (frac - np.floor(frac)) @ lattice, ligands


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
    u, v = edges.vectors.take(p, axis=0), edges.vectors.take(q, axis=0)
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
    places = ions.cart[metals] + far
    return _Open(metals[kept], places[kept], far[kept], normal[kept], short[kept], ligands[kept])


def _continued(edges: Edges, rows: Ints, wanted: Floats, short: Floats, tolerances: Tolerances) -> Ints:
    """For each edge of `rows` one that leaves its far end along `wanted`, within the closure; -1 without."""
    begin = np.searchsorted(edges.first, edges.second[rows])
    owner, row = rows_of(begin, np.searchsorted(edges.first, edges.second[rows], side="right"))
    miss = edges.vectors.take(row, axis=0) - wanted.take(owner, axis=0)
    fits = np.einsum("ij,ij->i", miss, miss) <= (tolerances.square_closure * short[owner]) ** 2
    found = np.full(len(rows), -1)
    found[owner[fits]] = row[fits]
    return found


def _looked_into(ions: Ions, seen: _Open, owner: Ints, tolerances: Tolerances) -> Ints:
    """Structures in which enough right angles look into one place; the others need no closer look.

    Args:
        ions: those of all structures.
        seen: right angles, in order of their structure.
        owner: their structures (N,).
        tolerances: those of the geometry.
    """
    near = tolerances.square_closure * (1 + SLACK) * seen.edges
    inverse = np.linalg.inv(ions.lattices)
    frac = np.einsum("ni,nij->nj", seen.places, inverse[owner])
    far = np.zeros(len(ions.lattices))
    np.maximum.at(far, owner, 2 * near)
    shares = far[:, None] * np.sqrt(np.einsum("nij,nij->nj", inverse, inverse))  # of the cell, by axis
    # In thin cells a place is near to several images of another; where there are many, so are their pairs.
    left = (shares >= 0.5).any(axis=1) | (np.bincount(owner, minlength=len(far)) > MOST_ANGLES)
    after, end = np.arange(1, len(owner) + 1), np.searchsorted(owner, owner, side="right")
    one, other = rows_of(after, np.where(left[owner], after, end))
    for column, share in zip(np.ascontiguousarray(frac.T), shares[owner].T, strict=True):
        apart = column.take(one) - column.take(other)
        close = np.flatnonzero(np.abs(apart - np.rint(apart)) <= share.take(one))
        one, other = one.take(close), other.take(close)
    alike = (seen.ligands[one] < 0) == (seen.ligands[other] < 0)
    one, other = one[alike], other[alike]
    apart = frac[one] - frac[other]
    apart = np.einsum("ni,nij->nj", apart - np.rint(apart), ions.lattices[owner[one]])
    between = seen.away[one] + seen.away[other]
    least, apart = np.minimum(near[one], near[other]) ** 2, np.einsum("ij,ij->i", apart, apart)
    turned = np.abs(np.einsum("ij,ij->i", seen.normals[one], seen.normals[other]))
    joined = (apart <= least) & (turned >= cos(radians(tolerances.fold)) - SLACK)
    counts = 1 + np.bincount(np.concatenate((one[joined], other[joined])), minlength=len(owner))
    faces = (seen.ligands[one] < 0) & (np.einsum("ij,ij->i", between, between) <= least)
    faces &= joined | ((counts[one] > 1) & (counts[other] > 1))
    looks = left[owner] | (counts >= RING)
    looks[one[faces]] = True
    return np.unique(owner[looks])


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


def _faces_itself(seen: _Open, rows: Ints, tolerances: Tolerances) -> bool:
    """Whether two right angles look into a corner from opposite sides: its four neighbours are there."""
    if seen.ligands[rows[0]] >= 0:
        return False
    between = seen.away[rows][:, None] + seen.away[rows][None]
    near = tolerances.square_closure * float(seen.edges[rows].min())
    return bool((np.einsum("ijk,ijk->ij", between, between) <= near**2).any())


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
    order = np.argsort(one, kind="stable")
    ends = np.searchsorted(one[order], np.arange(len(places) + 1)).tolist()
    taken = np.zeros(len(places), dtype=bool)
    for seed in range(len(places)):
        if taken[seed] or ends[seed + 1] - ends[seed] < 2:
            continue
        mine = order[ends[seed] : ends[seed + 1]]
        group = other[mine]
        if len(group) < RING and not _faces_itself(seen, rows[group], tolerances):
            continue
        taken[group] = True
        stands = places[group] + images[mine] @ lattice
        yield rows[group], stands.mean(axis=0)
