"""Cages as bodies in space: their corners, their faces, and the frame of their sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from math import cos, radians

import numpy as np

from polywell.geometry.ions import Bools, Floats, Ints
from polywell.geometry.periodic import pairs_within
from polywell.records import Vertex

IMAGES_EITHER_WAY = 2
"""Lattice vectors that a cage may be moved by to stand near the first one."""

SAME_PLACE_ANG = 0.1
"""Two sites of a kind that a translation brings this near to each other are one."""

MOST_COMPARED = 4_000_000
"""Distances that the search for translations may look at; a larger cell is drawn without."""

NO_CENTRING: Floats = np.zeros((1, 3))

FLAT = 1e-9
"""Å: a corner that stands no higher over a plane lies in it."""

COPLANAR = 0.985
"""Two facets whose normals have a larger cosine are one face; no edge is drawn between them (10°)."""


@dataclass(frozen=True)
class Frame:
    """Right-handed axes of a sheet as rows (3, 3): along an edge of the net, its normal, and across."""

    origin_ang: Floats
    axes: Floats

    def place(self, points_ang: Floats) -> Floats:
        """Points (N, 3) in Å of the crystal's axes, in the frame of the sheet."""
        placed: Floats = (points_ang - self.origin_ang) @ self.axes.T
        return placed


def corner_points_ang(lattice: Floats, frac_coords: Floats, vertices: Sequence[Vertex]) -> Floats:
    """Positions (N, 3) in Å of the vertices of a cage.

    Args:
        lattice: (3, 3) lattice vectors in Å, as rows.
        frac_coords: (S, 3) fractional coordinates of all sites.
        vertices: corners of a cage, by site and periodic image.
    """
    fractions = np.array([frac_coords[one.site] + np.array(one.image) for one in vertices], dtype=float)
    points: Floats = fractions.reshape(-1, 3) @ lattice
    return points


def sheet_frame(points_ang: Floats, roles: Sequence[str]) -> Frame:
    """The frame of the square of metals below or inside a cage; its origin is the centre of the square.

    The normal points to the side of the cage's centre of gravity, if the cage has one.

    Raises:
        ValueError: fewer than three metals, or metals in one line.
    """
    metals = points_ang[[place for place, role in enumerate(roles) if role == "metal"]]
    if len(metals) < 3:
        raise ValueError(f"a cage stands on a square of metals, got {len(metals)} of them")
    centre = metals.mean(axis=0)
    _, sizes, axes = np.linalg.svd(metals - centre)
    if sizes[1] < 0.1:
        raise ValueError("the metals of the cage stand in one line; expected a square")
    normal = axes[2]
    if (points_ang.mean(axis=0) - centre) @ normal < -1e-6:
        normal = -normal
    gaps = metals - metals[0]
    nearest = sorted(gaps[1:], key=lambda gap: float(gap @ gap))[0]
    edge = nearest - (nearest @ normal) * normal
    edge /= np.linalg.norm(edge)
    return Frame(centre, np.array([edge, normal, np.cross(edge, normal)]))


def body(corners_ang: Floats) -> tuple[tuple[tuple[int, int, int], ...], tuple[tuple[int, int], ...]]:
    """Triangles and edges of the convex hull; edges between nearly coplanar triangles are left out.

    A cage without volume has neither.

    Args:
        corners_ang: (N, 3) in Å.

    Returns:
        Triangles (M, 3) and edges (E, 2), by the numbers of their corners.
    """
    from scipy.spatial import ConvexHull, QhullError

    try:
        hull = ConvexHull(corners_ang)
    except QhullError:
        return (), ()
    triangles, sides = [], dict[tuple[int, int], list[Floats]]()
    for simplex, equation in zip(hull.simplices, hull.equations, strict=True):
        one, two, three = (int(corner) for corner in simplex)
        normal = equation[:3]
        turn = np.cross(corners_ang[two] - corners_ang[one], corners_ang[three] - corners_ang[one]) @ normal
        triangles.append((one, two, three) if turn > 0 else (one, three, two))
        for first, second in ((one, two), (two, three), (one, three)):
            sides.setdefault((min(first, second), max(first, second)), []).append(normal)
    edges = [
        pair for pair, normals in sides.items() if len(normals) < 2 or normals[0] @ normals[1] < COPLANAR
    ]
    return tuple(triangles), tuple(sorted(edges))


def centrings(lattice_ang: Floats, frac_coords: Floats, kinds: Sequence[object]) -> Floats:
    """Translations (K, 3), in lattice vectors, that bring the crystal onto itself; the first is none at all.

    Args:
        lattice_ang: (3, 3) lattice vectors as rows.
        frac_coords: (S, 3) fractional coordinates.
        kinds: what stands on each site; equal kinds may take each other's place.
    """
    counts = Counter(kinds)
    rarest = [place for place, kind in enumerate(kinds) if counts[kind] == min(counts.values())]
    found = [np.zeros(3)]
    if len(rarest) * len(kinds) ** 2 > MOST_COMPARED:
        return np.array(found)
    differ = np.array([[one != other for other in kinds] for one in kinds])
    for other in rarest[1:]:
        shift = frac_coords[other] - frac_coords[rarest[0]]
        apart = frac_coords[:, None] + shift - frac_coords[None]
        away = np.linalg.norm((apart - np.round(apart)) @ lattice_ang, axis=2)
        if np.all(np.where(differ, np.inf, away).min(axis=1) < SAME_PLACE_ANG):
            found.append(shift)
    return np.array(found)


def moved_near(corners_ang: Floats, lattice_in_frame: Floats, centrings: Floats = NO_CENTRING) -> Floats:
    """The cage moved by translations of the crystal so that it stands over the origin, or as near as can be.

    Args:
        corners_ang: (N, 3) in the frame of the sheet; the second axis is the normal.
        lattice_in_frame: (3, 3) lattice vectors in that frame, as rows.
        centrings: (K, 3) translations beside whole lattice vectors, in lattice vectors.
    """
    steps = np.array(list(product(range(-IMAGES_EITHER_WAY, IMAGES_EITHER_WAY + 1), repeat=3)), dtype=float)
    shifts = (steps[:, None] + centrings[None]).reshape(-1, 3) @ lattice_in_frame
    centres = corners_ang.mean(axis=0) + shifts
    away = np.hypot(centres[:, 0], centres[:, 2]) + 0.3 * np.abs(centres[:, 1])
    moved: Floats = corners_ang + shifts[int(np.argmin(np.round(away, 6)))]
    return moved


def sites_in_block(
    lattice_in_frame: Floats, frac_coords: Floats, origin: Floats, low_ang: Floats, high_ang: Floats
) -> tuple[Floats, tuple[int, ...]]:
    """Every image of every site inside a block of the frame.

    Args:
        lattice_in_frame: (3, 3) lattice vectors in the frame, as rows.
        frac_coords: (S, 3) fractional coordinates.
        origin: (3,) position of the lattice's origin in the frame, in Å.
        low_ang: (3,) lower corner of the block.
        high_ang: (3,) upper corner of the block.

    Returns:
        Positions (N, 3) in Å and the number of the site of each, in order of sites and images.
    """
    inverse = np.linalg.inv(lattice_in_frame)
    corners = np.array(list(product(*zip(low_ang, high_ang, strict=True)))) - origin
    fractions = corners @ inverse
    ranges = [
        range(int(np.floor(low)) - 1, int(np.ceil(high)) + 2)
        for low, high in zip(fractions.min(axis=0), fractions.max(axis=0), strict=True)
    ]
    images = np.array(list(product(*ranges)), dtype=float)
    places, sites = [], []
    for site, fraction in enumerate(frac_coords):
        points = (images + (fraction - np.floor(fraction))) @ lattice_in_frame + origin
        inside = ((points >= low_ang) & (points <= high_ang)).all(axis=1)
        places.append(points[inside])
        sites += [site] * int(inside.sum())
    found: Floats = np.concatenate(places) if places else np.empty((0, 3))
    return found, tuple(sites)


def face_counts(bodies: Floats, coplanar_deg: float) -> Ints:
    """Number of faces (K,) of the convex hulls of K bodies, nearly coplanar neighbours merged.

    The facets of a hull are the triangles of corners with all others on one side; the triangles of a flat
    quadrangle are all there. A body that spans no volume has no faces.

    Args:
        bodies: (K, N, 3) corners in Å, few of each.
        coplanar_deg: facets that share an edge and whose normals differ by less, in degrees, are one face.
    """
    triangles, beside = _triangles(bodies.shape[1])
    first = bodies[:, triangles[:, 0]]
    normals = np.cross(bodies[:, triangles[:, 1]] - first, bodies[:, triangles[:, 2]] - first)
    sizes = np.sqrt(np.einsum("ijk,ijk->ij", normals, normals))
    normals /= np.where(sizes > FLAT, sizes, np.inf)[..., None]
    heights = bodies @ normals.transpose(0, 2, 1) - np.einsum("ijk,ijk->ij", normals, first)[:, None]
    below, above = heights.max(axis=1) < FLAT, heights.min(axis=1) > -FLAT
    body, facet = np.nonzero((sizes > FLAT) & (below != above))
    outward = np.where(below[body, facet], 1.0, -1.0)[:, None] * normals[body, facet]
    one, other = pairs_within(body)
    rows = np.flatnonzero(beside[facet[one], facet[other]])
    one, other = one[rows], other[rows]
    alike = np.einsum("ij,ij->i", outward[one], outward[other]) >= cos(radians(coplanar_deg))
    one, other = one[alike], other[alike]
    face, before = np.arange(len(body)), np.full(len(body), -1)
    while (face != before).any():
        face, before = face.copy(), face
        np.minimum.at(face, one, before[other])
    return np.bincount(body[face == np.arange(len(body))], minlength=len(bodies))


@cache
def _triangles(corners: int) -> tuple[Ints, Bools]:
    """The triangles (T, 3) of so many corners, and (T, T) which of them share an edge."""
    triangles = np.array(list(combinations(range(corners), 3)))
    shared = (triangles[:, None, :, None] == triangles[None, :, None, :]).sum(axis=(2, 3))
    return triangles, shared >= 2
