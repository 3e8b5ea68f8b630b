"""Square nets: metals on a sheet of squares that is periodic in exactly two directions.

Two kinds of square are known. In a *bridged* square (CuO2, NiO2) every edge is an M-X-M bridge that
is straight or gently bent. In a *capped* square (FeAs) the metals touch and one ligand, bonded to all
four, stands above or below the hollow. Squares that share an edge and lie in one plane belong to one
sheet; chains, ladders and the vertical squares of a bilayer never close into two directions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians, sin, sqrt

import numpy as np

from polywell.geometry.ions import Bools, Floats, Ints, Ions
from polywell.geometry.periodic import among, code, members_of, pairs_within, rank_and_plane, rows_of
from polywell.geometry.tolerances import TOLERANCES, Tolerances

BRIDGED, CAPPED = "bridged", "capped"


@dataclass(frozen=True)
class Bonds:
    """Metal-ligand bonds, one a row, in order of the metal.

    `metals` and `ligands` (B,) are ions, `images` (B, 3) those of the ligand, `vectors` (B, 3) run from
    the metal to the ligand in Å.
    """

    metals: Ints
    ligands: Ints
    images: Ints
    vectors: Floats


@dataclass(frozen=True)
class Edges:
    """Metal-metal edges in both directions, one a row for each ligand that both metals are bonded to.

    `first` (E,) stands in the home cell, `second` (E,) in image `images` (E, 3); `vectors` (E, 3) run
    from the first to the second in Å; `bonds` (E, 2) are the rows of the two bonds to the ligand.
    """

    first: Ints
    second: Ints
    images: Ints
    vectors: Floats
    bonds: Ints

    def chosen(self, rows: Ints | Bools) -> Edges:
        """The edges of these rows."""
        return Edges(
            self.first[rows], self.second[rows], self.images[rows], self.vectors[rows], self.bonds[rows]
        )


@dataclass(frozen=True)
class Squares:
    """S squares of metals, corners in cyclic order.

    `sites` (S, 4) and `images` (S, 4, 3) name the corners, `corners` (S, 4, 3) and `centres` (S, 3) are
    positions in Å. Over a capped square stands the ligand `caps` (S,) in image `cap_images` (S, 3), at
    `cap_vectors` (S, 3) from the centre; these have no rows for bridged squares.
    """

    sites: Ints
    images: Ints
    corners: Floats
    centres: Floats
    caps: Ints
    cap_images: Ints
    cap_vectors: Floats

    def __len__(self) -> int:
        return len(self.sites)

    def chosen(self, rows: Ints) -> Squares:
        """The squares of these rows."""
        caps = rows if len(self.caps) else slice(0, 0)
        return Squares(
            self.sites[rows],
            self.images[rows],
            self.corners[rows],
            self.centres[rows],
            self.caps[caps],
            self.cap_images[caps],
            self.cap_vectors[caps],
        )


_NO_SQUARES = Squares(
    sites=np.zeros((0, 4), np.int64),
    images=np.zeros((0, 4, 3), np.int64),
    corners=np.zeros((0, 4, 3)),
    centres=np.zeros((0, 3)),
    caps=np.zeros(0, np.int64),
    cap_images=np.zeros((0, 3), np.int64),
    cap_vectors=np.zeros((0, 3)),
)


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


def square_nets(ions: Ions, tolerances: Tolerances = TOLERANCES) -> tuple[Bonds, tuple[Nets, Nets]]:
    """Find every square net of metals that is periodic in exactly two directions.

    Geometry comes from the atoms alone: neither cell axes nor symmetry labels are used.

    Returns:
        The metal-ligand bonds, and the bridged and the capped nets of all structures.
    """
    bonds = _bonds(ions, tolerances)
    bridged, capped = _edges(ions, bonds, tolerances)
    flat = _squares(ions, bridged, tolerances)
    covered = _squares(ions, capped, tolerances)
    if len(covered):
        covered = _capped(ions, bonds, covered, tolerances)
    return bonds, (
        _nets(BRIDGED, ions, bonds, bridged, flat, tolerances),
        _nets(CAPPED, ions, bonds, capped, covered, tolerances),
    )


def _bonds(ions: Ions, tolerances: Tolerances) -> Bonds:
    rows = np.flatnonzero(ions.is_metal[ions.centres] & ions.is_ligand[ions.others])
    centres, others = ions.centres[rows], ions.others[rows]
    near = ions.distances[rows] <= tolerances.bond_ratio * (ions.radii[centres] + ions.radii[others])
    near &= ions.occupancy[others] > tolerances.bridge_occupancy
    return Bonds(centres[near], others[near], ions.images[rows[near]], ions.vectors[rows[near]])


def _edges(ions: Ions, bonds: Bonds, tolerances: Tolerances) -> tuple[Edges, Edges]:
    """Bridged and capped edges from all pairs of bonds that meet at one ligand."""
    order = np.argsort(bonds.ligands, kind="stable")
    one, two = pairs_within(bonds.ligands[order])
    one, two = order[one], order[two]
    between = bonds.images[one] - bonds.images[two]
    vectors = bonds.vectors[one] - bonds.vectors[two]
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    lengths = np.sqrt(np.einsum("ij,ij->i", bonds.vectors, bonds.vectors))
    cosine = np.einsum("ij,ij->i", bonds.vectors[one], bonds.vectors[two]) / (lengths[one] * lengths[two])
    edges = Edges(bonds.metals[one], bonds.metals[two], between, vectors, np.column_stack((one, two)))
    low, high = tolerances.bridged_edge
    straight = cosine <= cos(radians(tolerances.bridge_angle))
    bridged = straight & (length >= low) & (length <= high)
    low, high = tolerances.capped_edge
    touching = edges.chosen((length >= low) & (length <= high))
    coded = code(touching.first, touching.second, touching.images, len(ions.elements))
    _, inverse, counts = np.unique(coded, return_inverse=True, return_counts=True)
    return edges.chosen(bridged), touching.chosen(counts[inverse] >= 2)


def _squares(ions: Ions, edges: Edges, tolerances: Tolerances) -> Squares:
    """Closed rings of four edges that are squares within tolerance, each once."""
    if not len(edges.first):
        return _NO_SQUARES
    count = len(ions.elements)
    known, rows = np.unique(code(edges.first, edges.second, edges.images, count), return_index=True)
    edges = edges.chosen(rows)
    first, second, images, vectors = edges.first, edges.second, edges.images, edges.vectors
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    p, q = pairs_within(first)
    short, long = np.minimum(length[p], length[q]), np.maximum(length[p], length[q])
    skew = sin(radians(tolerances.square_angle))
    square = (p < q) & (first[p] <= second[p]) & (first[q] <= second[q])
    square &= long <= tolerances.square_edge_ratio * short
    square &= np.abs(np.einsum("ij,ij->i", vectors[p], vectors[q])) <= skew * short * long
    p, q, short = p[square], q[square], short[square]
    third, r = rows_of(np.searchsorted(first, second[p]), np.searchsorted(first, second[p], side="right"))
    p, q, short = p[third], q[third], short[third]
    miss = vectors[r] - vectors[q]
    fits = np.einsum("ij,ij->i", miss, miss) <= (tolerances.square_closure * short) ** 2
    fits &= first[p] <= second[r]
    p, q, r = p[fits], q[fits], r[fits]
    opposite = images[p] + images[r]
    closed = among(code(second[q], second[r], opposite - images[q], count), known)
    p, q, r, opposite = p[closed], q[closed], r[closed], opposite[closed]
    sites = np.column_stack((first[p], second[p], second[r], second[q]))
    places = np.stack((np.zeros_like(opposite), images[p], opposite, images[q]), axis=1)
    once = _each_once(sites, places)
    sites, places = sites[once], places[once]
    corners = ions.at(sites.ravel(), places.reshape(-1, 3)).reshape(-1, 4, 3)
    return replace(_NO_SQUARES, sites=sites, images=places, corners=corners, centres=corners.mean(axis=1))


def _each_once(sites: Ints, images: Ints) -> Ints:
    """Rows that name every square once.

    All start at the lowest site; only squares that hold that site more than once can come in several
    forms.
    """
    several = (sites[:, 1:] == sites[:, :1]).any(axis=1)
    rows = np.flatnonzero(several)
    if not len(rows):
        return np.arange(len(sites))
    rings, places = sites[rows], images[rows]
    moved = (places[:, None] - places[:, :, None]).reshape(-1, 3)  # by ring, origin and corner
    corners = np.tile(rings[:, None], (1, 4, 1)).ravel()
    forms = np.sort(code(np.zeros_like(corners), corners, moved, 0).reshape(-1, 4), axis=1)
    _, numbers = np.unique(forms, axis=0, return_inverse=True)
    lowest = np.where(rings == rings[:, :1], numbers.reshape(-1, 4), len(forms)).min(axis=1)
    _, once = np.unique(lowest, return_index=True)
    return np.sort(np.concatenate((np.flatnonzero(~several), rows[once])))


def _capped(ions: Ions, bonds: Bonds, squares: Squares, tolerances: Tolerances) -> Squares:
    """Keep squares over which exactly one ligand, bonded to all four metals, stands on one side."""
    count = len(ions.elements)
    start = squares.sites[:, 0]
    square, bond = rows_of(
        np.searchsorted(bonds.metals, start), np.searchsorted(bonds.metals, start, side="right")
    )
    caps, images = bonds.ligands[bond], bonds.images[bond]
    bonded = np.sort(code(bonds.metals, bonds.ligands, bonds.images, count))
    over = np.ones(len(square), dtype=bool)
    for corner in (1, 2, 3):
        seen = images - squares.images[square, corner]
        over &= among(code(squares.sites[square, corner], caps, seen, count), bonded)
    square, caps, images = square[over], caps[over], images[over]
    vectors = ions.at(caps, images) - squares.centres[square]
    height = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    low, high = tolerances.cap_height
    near = (height >= low) & (height <= high)
    square, caps, images, vectors = square[near], caps[near], images[near], vectors[near]
    single = np.bincount(square, minlength=len(squares))[square] == 1
    rows = square[single]
    return Squares(
        squares.sites[rows],
        squares.images[rows],
        squares.corners[rows],
        squares.centres[rows],
        caps[single],
        images[single],
        vectors[single],
    )


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
    across: list[list[tuple[int, int, int, int]]] = [[] for _ in range(len(squares))]
    for (p, q), (i, j, k) in zip(neighbours.tolist(), shifts.tolist(), strict=True):
        across[p].append((q, i, j, k))
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
    metals = tuple(tuple(sorted(set(squares.sites[members].ravel().tolist()))) for members in sheets)
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
    seed: int, across: list[list[tuple[int, int, int, int]]], place: dict[int, tuple[int, int, int]]
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
    vectors = edges.vectors[row]
    rise = np.einsum("ij,ij->i", vectors, normals[net])
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
