"""Square nets: metals on a sheet of squares that is periodic in exactly two directions.

Two kinds of square are known. In a *bridged* square (CuO2, NiO2) every edge is an M-X-M bridge that
is straight or gently bent. In a *capped* square (FeAs) the metals touch and one ligand, bonded to all
four, stands above or below the hollow. Squares that share an edge and lie in one plane belong to one
sheet; chains, ladders and the vertical squares of a bilayer never close into two directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sqrt

import numpy as np

from polywell.geometry.ions import Floats, Holes, Ints, Ions
from polywell.geometry.nets.bonds import Bonds, Edges, bonds_of, edges_between
from polywell.geometry.nets.holes import holes, missing_caps
from polywell.geometry.nets.squares import Squares, capped, right_angles, squares_of
from polywell.geometry.periodic import code, members_of, pairs_within, rank_and_plane, rows_of
from polywell.geometry.tolerances import TOLERANCES, Tolerances

BRIDGED, CAPPED = "bridged", "capped"


@dataclass(frozen=True)
class Nets:
    """K nets of one kind, and the squares that make them.

    `crystals` (K,) numbers the structure of each net, `normals` (K, 3) are unit vectors, `metals` lists
    the ions of each net, and `ligands` those that bridge or cap them, one for each edge or square.
    `net_of` (S,) and `net_of_edge` (E,) say to which net a square and an edge belong; `edges` run within
    the sheets. Row k of `neighbours` (P, 2) and `neighbour_images` (P, 3) says that square
    `neighbours[k, 1]`, in that image, continues square `neighbours[k, 0]`. `three_dimensional` holds the
    structures in which squares close in three directions.
    """

    kind: str
    crystals: Ints
    normals: Floats
    metals: tuple[tuple[int, ...], ...]
    ligands: tuple[tuple[int, ...], ...]
    squares: Squares
    net_of: Ints
    edges: Edges
    net_of_edge: Ints
    neighbours: Ints
    neighbour_images: Ints
    three_dimensional: frozenset[int]


@dataclass(frozen=True)
class Drawn:
    """Squares of one kind, and what they are drawn with: edges, each once, and right angles between them.

    `half` holds the edges of capped squares that lack one of their two ligands, no square's so far.
    """

    kind: str
    edges: Edges
    once: Edges
    corners: tuple[Ints, Ints]
    squares: Squares
    half: Edges


def square_nets(ions: Ions, tolerances: Tolerances = TOLERANCES) -> tuple[Bonds, tuple[Nets, Nets]]:
    """Find every square net of metals that is periodic in exactly two directions.

    Geometry comes from the atoms alone: neither cell axes nor symmetry labels are used.

    Returns:
        The metal-ligand bonds, and the bridged and the capped nets of all structures.
    """
    bonds, (flat, covered) = drawn(ions, tolerances)
    return bonds, (nets_of(ions, bonds, flat, tolerances), nets_of(ions, bonds, covered, tolerances))


def drawn(ions: Ions, tolerances: Tolerances) -> tuple[Bonds, tuple[Drawn, Drawn]]:
    """The metal-ligand bonds, and all bridged and capped squares, whether or not they belong to nets."""
    bonds = bonds_of(ions, tolerances)
    bridged, touching, half = edges_between(ions.elements, ions.radii, bonds, tolerances)
    none = half.chosen(np.zeros(0, np.int64))
    return bonds, (
        _drawn(BRIDGED, ions, bridged, none, tolerances),
        _drawn(CAPPED, ions, touching, half, tolerances),
    )


def _drawn(kind: str, ions: Ions, edges: Edges, half: Edges, tolerances: Tolerances) -> Drawn:
    once, known = edges.distinct(len(ions.elements))
    corners = right_angles(once, tolerances)
    squares = squares_of(ions, once, known, corners, tolerances)
    return Drawn(kind, edges, once, corners, squares, half)


def holes_of(ions: Ions, bonds: Bonds, kinds: tuple[Drawn, ...], tolerances: Tolerances) -> dict[int, Holes]:
    """The holes of the nets of each structure that has some; see `polywell.geometry.nets.holes`."""
    found: dict[int, Holes] = {}
    for kind in kinds:
        bridged = kind.kind == BRIDGED
        corners = holes(ions, bonds, kind.once, kind.corners, kind.squares, bridged, tolerances)
        caps = missing_caps(ions, bonds, kind.half, kind.squares, tolerances)
        for own in (corners, caps):
            for crystal, more in own.items():
                found[crystal] = found[crystal].with_those_of(more) if crystal in found else more
    return found


def nets_of(ions: Ions, bonds: Bonds, kind: Drawn, tolerances: Tolerances) -> Nets:
    """The nets that squares of one kind make, whose holes are apart."""
    squares = kind.squares
    if ions.is_hole.any() or ions.is_foreign.any():
        squares = _with_holes_apart(ions, bonds, kind, squares)
    if kind.kind == CAPPED and len(squares):
        squares = capped(ions, bonds, squares, tolerances)
    return _nets(kind.kind, ions, bonds, kind.edges, squares, tolerances)


def _with_holes_apart(ions: Ions, bonds: Bonds, kind: Drawn, squares: Squares) -> Squares:
    """Those of which one corner, two that are opposite, or one bridge is a hole, or foreign."""
    count, edges = len(ions.elements), kind.once
    known = code(edges.first, edges.second, edges.images, count)
    missing = ions.is_hole | ions.is_foreign
    at = missing[squares.sites].any(axis=1).astype(np.int64)
    for one in range(4):
        other = (one + 1) % 4
        a, b = squares.sites[:, one], squares.sites[:, other]
        side = code(a, b, squares.images[:, other] - squares.images[:, one], count)
        bridge = bonds.ligands[edges.bonds[np.searchsorted(known, side), 0]]
        if kind.kind == BRIDGED:
            at += ions.is_hole[bridge]
    return squares.chosen(np.flatnonzero(at <= 1))


def _nets(
    kind: str, ions: Ions, bonds: Bonds, edges: Edges, squares: Squares, tolerances: Tolerances
) -> Nets:
    """Join coplanar neighbours into sheets and keep the 2-periodic ones."""
    if not len(squares):
        none = np.zeros(0, np.int64)
        return Nets(
            kind=kind,
            crystals=none,
            normals=np.zeros((0, 3)),
            metals=(),
            ligands=(),
            squares=squares,
            net_of=none,
            edges=edges.chosen(none),
            net_of_edge=none,
            neighbours=none.reshape(0, 2),
            neighbour_images=none.reshape(0, 3),
            three_dimensional=frozenset(),
        )
    neighbours, shifts = _coplanar_neighbours(ions, squares, tolerances)
    across: list[list[list[int]]] = [[] for _ in range(len(squares))]
    steps = np.column_stack((neighbours[:, 1], shifts)).tolist()
    for square, step in zip(neighbours[:, 0].tolist(), steps, strict=True):
        across[square].append(step)
    place: dict[int, tuple[int, int, int]] = {}
    sheets, normals, solid = [], [], set()
    for seed in range(len(squares)):
        if seed in place:
            continue
        members, periods = _reached(seed, across, place)
        rank, basis = rank_and_plane(periods)
        crystal = int(ions.crystals[squares.sites[seed, 0]])
        if rank == 3:
            solid.add(crystal)
        if rank == 2:
            sheets.append(members)
            normals.append(_normal(basis, ions.lattices[crystal]))
    net_of = np.full(len(squares), -1)
    for number, members in enumerate(sheets):
        net_of[members] = number
    kept = np.flatnonzero(net_of >= 0)
    renumbered = np.cumsum(net_of >= 0) - 1
    ours = np.flatnonzero(net_of[neighbours[:, 0]] >= 0)
    mine = squares.chosen(kept)
    sites = squares.sites.tolist()
    metals = tuple(tuple(sorted({ion for one in members for ion in sites[one]})) for members in sheets)
    normal = np.array(normals).reshape(-1, 3)
    inner, net_of_edge = _inner_edges(edges, metals, normal)
    if kind == BRIDGED:
        ligands = members_of(net_of_edge, bonds.ligands[inner.bonds[:, 0]], len(metals))
    else:
        ligands = members_of(net_of[kept], mine.caps, len(metals))
    return Nets(
        kind=kind,
        crystals=np.array([int(ions.crystals[ions_of_net[0]]) for ions_of_net in metals], dtype=np.int64),
        normals=normal,
        metals=metals,
        ligands=ligands,
        squares=mine,
        net_of=net_of[kept],
        edges=inner,
        net_of_edge=net_of_edge,
        neighbours=renumbered[neighbours[ours]],
        neighbour_images=shifts[ours],
        three_dimensional=frozenset(solid),
    )


def _reached(
    seed: int, across: list[list[list[int]]], place: dict[int, tuple[int, int, int]]
) -> tuple[list[int], list[tuple[int, int, int]]]:
    """Squares of the sheet around `seed`, and the lattice vectors by which the sheet meets itself.

    Fills `place`, the image in which each square is met.
    """
    place[seed] = (0, 0, 0)
    members = [seed]
    periods = set()
    for square in members:
        a, b, c = place[square]
        for other, i, j, k in across[square]:
            at = (a + i, b + j, c + k)
            known = place.get(other)
            if known is None:
                place[other] = at
                members.append(other)
            elif at != known:
                periods.add((at[0] - known[0], at[1] - known[1], at[2] - known[2]))
    return members, list(periods)


def _normal(basis: list[tuple[int, int, int]], lattice: Floats) -> tuple[float, float, float]:
    (a, b, c), (d, e, f) = (np.array(basis) @ lattice).tolist()
    x, y, z = b * f - c * e, c * d - a * f, a * e - b * d
    length = sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length


def _inner_edges(edges: Edges, metals: tuple[tuple[int, ...], ...], normals: Floats) -> tuple[Edges, Ints]:
    """The edges that run within each net; a metal in several nets brings its edges to each of them."""
    net = np.array([number for number, ions in enumerate(metals) for _ in ions], dtype=np.int64)
    metal = np.array([ion for ions in metals for ion in ions], dtype=np.int64)
    order = np.argsort(edges.first, kind="stable")
    begin = np.searchsorted(edges.first[order], metal)
    owner, row = rows_of(begin, np.searchsorted(edges.first[order], metal, side="right"))
    row, net = order[row], net[owner]
    vectors = edges.vectors.take(row, axis=0)
    rise = np.einsum("ij,ij->i", vectors, normals.take(net, axis=0))
    flat = rise * rise < 0.25 * np.einsum("ij,ij->i", vectors, vectors)
    return edges.chosen(row[flat]), net[flat]


def _coplanar_neighbours(ions: Ions, squares: Squares, tolerances: Tolerances) -> tuple[Ints, Ints]:
    """Pairs of squares that continue each other's plane across an edge, in both directions.

    Returns:
        (K, 2) square numbers and the (K, 3) images in which the second stands.
    """
    after = np.array([1, 2, 3, 0])
    a, b = squares.sites.ravel(), squares.sites[:, after].ravel()
    at_a, at_b = squares.images.reshape(-1, 3), squares.images[:, after].reshape(-1, 3)
    middle = (squares.corners + squares.corners[:, after]).reshape(-1, 3) / 2
    inward = np.repeat(squares.centres, 4, axis=0) - middle
    inward /= np.sqrt(np.einsum("ij,ij->i", inward, inward))[:, None]
    forward = code(a, b, at_b - at_a, len(ions.elements))
    backward = code(b, a, at_a - at_b, len(ions.elements))
    edge = np.minimum(forward, backward)
    origin = np.where((forward <= backward)[:, None], at_a, at_b)
    order = np.argsort(edge, kind="stable")
    p, q = pairs_within(edge[order])
    p, q = order[p], order[q]
    flat = np.einsum("ij,ij->i", inward[p], inward[q]) <= -cos(radians(tolerances.fold))
    p, q = p[flat], q[flat]
    if len(squares.caps):
        alternate = np.einsum("ij,ij->i", squares.cap_vectors[p // 4], squares.cap_vectors[q // 4]) < 0
        p, q = p[alternate], q[alternate]
    return np.column_stack((p // 4, q // 4)), origin[p] - origin[q]
