"""Squares of metals: closed rings of four edges, bare or capped by one ligand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import radians, sin

import numpy as np

from polywell.geometry.ions import Floats, Ints, Ions
from polywell.geometry.nets.bonds import Bonds, Edges
from polywell.geometry.periodic import among, code, rows_of
from polywell.geometry.tolerances import Tolerances


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


NO_SQUARES = Squares(
    sites=np.zeros((0, 4), np.int64),
    images=np.zeros((0, 4, 3), np.int64),
    corners=np.zeros((0, 4, 3)),
    centres=np.zeros((0, 3)),
    caps=np.zeros(0, np.int64),
    cap_images=np.zeros((0, 3), np.int64),
    cap_vectors=np.zeros((0, 3)),
)


def right_angles(edges: Edges, tolerances: Tolerances) -> tuple[Ints, Ints]:
    """Pairs of edges that leave one metal at a right angle and are about as long, each pair once.

    Args:
        edges: each once, in order of their first metal.
        tolerances: those of the geometry.

    Returns:
        Rows (R,) of the one and of the other edge.
    """
    length = np.sqrt(np.einsum("ij,ij->i", edges.vectors, edges.vectors))
    after = np.arange(1, len(edges.first) + 1)
    p, q = rows_of(after, np.searchsorted(edges.first, edges.first, side="right"))
    short, long = np.minimum(length[p], length[q]), np.maximum(length[p], length[q])
    skew = sin(radians(tolerances.square_angle))
    u, v = edges.vectors.take(p, axis=0), edges.vectors.take(q, axis=0)
    right = long <= tolerances.square_edge_ratio * short
    right &= np.abs(np.einsum("ij,ij->i", u, v)) <= skew * short * long
    return p[right], q[right]


def squares_of(
    ions: Ions, edges: Edges, known: Ints, angles: tuple[Ints, Ints], tolerances: Tolerances
) -> Squares:
    """Closed rings of four edges that are squares within tolerance, each once.

    Args:
        ions: those that the edges join.
        edges: each once.
        known: their codes, ascending.
        angles: pairs of them (see `right_angles`).
        tolerances: those of the geometry.
    """
    count = len(ions.elements)
    first, second, images, vectors = edges.first, edges.second, edges.images, edges.vectors
    p, q = angles
    lowest = (first[p] <= second[p]) & (first[q] <= second[q])
    p, q = p[lowest], q[lowest]
    if not len(p):
        return NO_SQUARES
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    short = np.minimum(length[p], length[q])
    third, r = rows_of(np.searchsorted(first, second[p]), np.searchsorted(first, second[p], side="right"))
    p, q, short = p[third], q[third], short[third]
    miss = vectors.take(r, axis=0) - vectors.take(q, axis=0)
    fits = np.einsum("ij,ij->i", miss, miss) <= (tolerances.square_closure * short) ** 2
    fits &= first[p] <= second[r]
    p, q, r = p[fits], q[fits], r[fits]
    opposite = images.take(p, axis=0) + images.take(r, axis=0)
    closed = among(code(second[q], second[r], opposite - images.take(q, axis=0), count), known)
    p, q, r, opposite = p[closed], q[closed], r[closed], opposite[closed]
    sites = np.column_stack((first[p], second[p], second[r], second[q]))
    places = np.stack((np.zeros_like(opposite), images[p], opposite, images[q]), axis=1)
    once = _each_once(sites, places)
    sites, places = sites[once], places[once]
    corners = ions.at(sites.ravel(), places.reshape(-1, 3)).reshape(-1, 4, 3)
    return replace(NO_SQUARES, sites=sites, images=places, corners=corners, centres=corners.mean(axis=1))


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
    ring, origin = np.nonzero(rings == rings[:, :1])
    moved = places[ring] - places[ring, origin][:, None]
    corners = rings[ring].ravel()
    forms = np.sort(code(np.zeros_like(corners), corners, moved.reshape(-1, 3), 0).reshape(-1, 4), axis=1)
    order = np.lexsort(forms.T)
    numbers = np.zeros(len(forms), dtype=np.int64)
    numbers[order[1:]] = np.cumsum((forms[order[1:]] != forms[order[:-1]]).any(axis=1))
    lowest = np.minimum.reduceat(numbers, np.searchsorted(ring, np.arange(len(rings))))
    _, once = np.unique(lowest, return_index=True)
    return np.sort(np.concatenate((np.flatnonzero(~several), rows[once])))


def capped(ions: Ions, bonds: Bonds, squares: Squares, tolerances: Tolerances) -> Squares:
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
