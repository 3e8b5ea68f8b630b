"""The Coulomb landscape of a cage: the electron's energy in the plane of the sheet and along its normal.

The proposal puts the superconducting electron at Γ, the centre of the hollow, and normal-state electrons
in four pockets along the diagonals of the square of metals. Nothing here assumes either: minima are
searched for, and what is not found is said to be missing. By Earnshaw's theorem a point charge has no
minimum of energy in three directions at once; a minimum within the plane is a maximum along the normal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import minimum_filter
from scipy.stats import rankdata

from polywell.data.charges import site_charges
from polywell.geometry.ions import Floats
from polywell.proposal.electrostatics import potential_v
from polywell.records import Phase

if TYPE_CHECKING:
    from pymatgen.core import Structure

GRID = 25
"""Points along an edge of the square in the first search."""

RAY_POINTS = 81
"""Points along a ray from the hollow to a metal."""

CORE_ANG = 0.5
"""Å: nearer to a nucleus the energy is that of a bare point charge and no landscape."""

NEIGHBOURHOOD_ANG = 8.0
"""Å: nuclei farther from the hollow are no cores of the square around it."""

CENTRE = 0.1
"""A minimum within this share of the edge from the centre of the hollow is Γ."""

STEP_ANG = 0.01
"""Å: step of the numerical second derivatives."""

MAP_EDGES, MAP_HEIGHT_ANG = 1.5, 3.0
"""Size of the maps: edges of the square along the sheet, Å to either side of it."""


@dataclass(frozen=True)
class Frame:
    """Square of metals in space: centre (3,), corners (4, 3) in cyclic order, normal (3,); in Å."""

    centre: Floats
    corners: Floats
    normal: Floats

    def at(self, u: Floats, v: Floats) -> Floats:
        """Points (M, 3) of the plane at u and v along the edges, in shares of them, from the centre."""
        along = (self.corners[1] - self.corners[0] + self.corners[2] - self.corners[3]) / 2
        across = (self.corners[3] - self.corners[0] + self.corners[2] - self.corners[1]) / 2
        points: Floats = self.centre + u[:, None] * along + v[:, None] * across
        return points


@dataclass(frozen=True)
class Landscape:
    """Energies in eV of an electron (zero: mean over the cell), lengths in Å.

    `gamma_ev` is the energy at the centre of the hollow. `gamma_is_well` says that the search found an
    in-plane minimum there; `curvature_ev_ang2` are the second derivatives along the two edges and the
    normal. `pass_ev` is the lowest of the four maxima on the way to the metals, `pass_ang` its distance
    from the centre, `depth_ev` = pass_ev - gamma_ev the depth of Γ within the plane; None where the
    energy only falls. `wall_over_pass_ev` is the energy at the same distance towards an edge, less that of
    the pass. `minima` lists every in-plane minimum outside the cores as (u, v, energy); `pockets` counts
    those on a diagonal that are not Γ. `lobes_deg` are the directions, from the first edge, in which the
    energy on the circle of the passes is lowest.
    """

    metal_charge: float
    gamma_ev: float
    gamma_is_well: bool
    curvature_ev_ang2: tuple[float, float, float]
    pass_ev: float | None
    pass_ang: float | None
    depth_ev: float | None
    wall_over_pass_ev: float | None
    minima: tuple[tuple[float, float, float], ...]
    pockets: int
    lobes_deg: tuple[float, ...]

    @property
    def lobes(self) -> int:
        """Number of directions in which the energy is lowest on the circle of the passes."""
        return len(self.lobes_deg)

    @property
    def normal_ev_ang2(self) -> float:
        """Second derivative along the normal: negative is a maximum."""
        return self.curvature_ev_ang2[2]


@dataclass(frozen=True)
class EnergyMap:
    """Energy in eV on a regular grid: `energy_ev` (len(y), len(x)), axes in Å from the hollow's centre."""

    x_ang: Floats
    y_ang: Floats
    energy_ev: Floats


class Crystal:
    """The point charges of one structure, balanced by the metal of a phase (see `polywell.data.charges`).

    Raises:
        NoChargeError: an element has no formal charge.
    """

    def __init__(self, structure: Structure, phase: Phase) -> None:
        """Charge the sites of a structure."""
        self.lattice = np.asarray(structure.lattice.matrix, dtype=np.float64)
        self.frac = np.array([site.frac_coords for site in structure], dtype=np.float64)
        self.charges = site_charges(structure, phase.metal)

    def energy_ev(self, points: Floats) -> Floats:
        """Potential energy (M,) in eV of an electron at points (M, 3) in Å."""
        energy: Floats = -potential_v(self.lattice, self.frac, self.charges.of_sites, points)
        return energy


def vertices_ang(structure: Structure, phase: Phase, role: str) -> Floats:
    """Places (N, 3) in Å of the vertices of a phase's cage that have a role, in their order."""
    return np.array(
        [
            (structure[vertex.site].frac_coords + np.array(vertex.image)) @ structure.lattice.matrix
            for vertex in phase.vertices
            if vertex.role == role
        ],
        dtype=np.float64,
    )


def frame(structure: Structure, phase: Phase) -> Frame:
    """The square of metals under a phase's cage, in the coordinates of the structure."""
    corners = vertices_ang(structure, phase, "metal")
    normal = np.cross(corners[2] - corners[0], corners[3] - corners[1])
    return Frame(corners.mean(axis=0), corners, normal / np.linalg.norm(normal))


def landscape(structure: Structure, phase: Phase) -> Landscape:
    """Search the plane of the sheet around one cage of a structure for Γ, passes and pockets.

    Raises:
        NoChargeError: an element has no formal charge.
    """
    ions, square = Crystal(structure, phase), frame(structure, phase)
    gamma = float(ions.energy_ev(square.centre[None, :])[0])
    curvature = _curvatures(ions, square)
    minima = _minima(ions, square)
    at_centre = [one for one in minima if max(abs(one[0]), abs(one[1])) < CENTRE]
    diagonal = [one for one in minima if one not in at_centre and abs(abs(one[0]) - abs(one[1])) < CENTRE / 2]
    lowest = min(_passes(ions, square), default=None)
    top, distance = lowest or (None, None)
    return Landscape(
        metal_charge=ions.charges.metal_charge,
        gamma_ev=gamma,
        gamma_is_well=bool(at_centre) and min(curvature[:2]) > 0,
        curvature_ev_ang2=curvature,
        pass_ev=top,
        pass_ang=distance,
        depth_ev=None if top is None else top - gamma,
        wall_over_pass_ev=None if lowest is None else _wall(ions, square, lowest[1]) - lowest[0],
        minima=tuple(minima),
        pockets=len(diagonal),
        lobes_deg=() if distance is None else _lobes(ions, square, distance),
    )


def plane_map(structure: Structure, phase: Phase, points: int = 91) -> EnergyMap:
    """Energy in the plane of the sheet over a window of `MAP_EDGES` edges around the hollow."""
    ions, square = Crystal(structure, phase), frame(structure, phase)
    steps = np.linspace(-MAP_EDGES / 2, MAP_EDGES / 2, points)
    u, v = np.meshgrid(steps, steps)
    energy = ions.energy_ev(square.at(u.ravel(), v.ravel())).reshape(points, points)
    sides = [float(np.linalg.norm(square.corners[k] - square.corners[0])) for k in (1, 3)]
    return EnergyMap(steps * sides[0], steps * sides[1], energy)


def normal_map(structure: Structure, phase: Phase, points: int = 91) -> EnergyMap:
    """Energy in the plane of the normal and one diagonal of the square, through the hollow."""
    ions, square = Crystal(structure, phase), frame(structure, phase)
    diagonal = square.corners[2] - square.corners[0]
    length = float(np.linalg.norm(diagonal))
    along = np.linspace(-MAP_EDGES * length / 2, MAP_EDGES * length / 2, points)
    up = np.linspace(-MAP_HEIGHT_ANG, MAP_HEIGHT_ANG, points)
    s, h = np.meshgrid(along, up)
    places = square.centre + s.reshape(-1, 1) * diagonal / length + h.reshape(-1, 1) * square.normal
    return EnergyMap(along, up, ions.energy_ev(places).reshape(points, points))


def correlations(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Pearson's and Spearman's correlation of two quantities over several compounds.

    Raises:
        ValueError: there are fewer than three pairs, or one of the quantities never changes.
    """
    values = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    if len(pairs) < 3 or bool(np.any(values.max(axis=1) == values.min(axis=1))):
        raise ValueError(f"a correlation needs three pairs or more that differ, got {len(pairs)}")
    pearson, spearman = (np.corrcoef(one)[0, 1] for one in (values, rankdata(values, axis=1)))
    return float(pearson), float(spearman)


def _curvatures(ions: Crystal, square: Frame) -> tuple[float, float, float]:
    edges = (square.corners[1] - square.corners[0], square.corners[3] - square.corners[0])
    directions = [edge / np.linalg.norm(edge) for edge in edges] + [square.normal]
    offsets = [step * direction for direction in directions for step in (-STEP_ANG, STEP_ANG)]
    energy = ions.energy_ev(square.centre + np.array([np.zeros(3), *offsets]))
    x, y, z = ((energy[1::2] + energy[2::2] - 2 * energy[0]) / STEP_ANG**2).tolist()
    return x, y, z


def _cores(ions: Crystal, square: Frame, points: Floats) -> Floats:
    """Distance (M,) of points to the nearest charge of the neighbourhood, in Å."""
    steps = np.array([(i, j, k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1)])
    home = ions.frac - np.floor(ions.frac - square.centre @ np.linalg.inv(ions.lattice) + 0.5)
    sites = (home[:, None, :] + steps).reshape(-1, 3) @ ions.lattice
    near = sites[np.linalg.norm(sites - square.centre, axis=1) < NEIGHBOURHOOD_ANG]
    vectors = points[:, None, :] - near
    distance: Floats = np.sqrt(np.einsum("ijk,ijk->ij", vectors, vectors).min(axis=1))
    return distance


def _minima(ions: Crystal, square: Frame) -> list[tuple[float, float, float]]:
    """Every in-plane minimum outside the cores within the square: first on a grid, then refined."""
    steps = np.linspace(-0.5, 0.5, GRID)
    u, v = np.meshgrid(steps, steps, indexing="ij")
    points = square.at(u.ravel(), v.ravel())
    free = (_cores(ions, square, points) > CORE_ANG).reshape(u.shape)
    energy = np.full(u.size, np.inf)
    energy[free.ravel()] = ions.energy_ev(points[free.ravel()])
    energy = energy.reshape(u.shape)
    inside = minimum_filter(free, 3, mode="constant", cval=False)
    found = [
        _refined(ions, square, steps[i], steps[j], 1 / (GRID - 1))
        for i, j in np.argwhere(inside & (energy <= minimum_filter(energy, 3)))
    ]
    unique: list[tuple[float, float, float]] = []
    for one in sorted(found, key=lambda one: one[2]):
        if all(abs(one[0] - other[0]) + abs(one[1] - other[1]) > 0.02 for other in unique):
            unique.append(one)
    return unique


def _refined(ions: Crystal, square: Frame, u: float, v: float, step: float) -> tuple[float, float, float]:
    """The bottom of a minimum near (u, v): three Newton steps on ever smaller stencils."""
    offsets = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)], dtype=np.float64)
    terms = np.column_stack(
        (np.ones(9), offsets, offsets[:, 0] ** 2, offsets[:, 0] * offsets[:, 1], offsets[:, 1] ** 2)
    )
    place = np.array([u, v])
    for size in (step / 2, step / 8, step / 32):
        around = place + size * offsets
        _, x, y, xx, xy, yy = np.linalg.lstsq(
            terms, ions.energy_ev(square.at(around[:, 0], around[:, 1])), rcond=None
        )[0].tolist()
        if xx <= 0 or 4 * xx * yy <= xy * xy:
            break  # not a bowl at this size: the grid's point stands
        move = np.linalg.solve([[2 * xx, xy], [xy, 2 * yy]], [-x, -y])
        place = place + size * np.clip(move, -2.0, 2.0)
    energy = float(ions.energy_ev(square.at(place[:1], place[1:]))[0])
    return float(place[0]), float(place[1]), energy


def _passes(ions: Crystal, square: Frame) -> list[tuple[float, float]]:
    """Maxima on the rays from the hollow to its four metals: energy and distance, where there are any."""
    found = []
    arms = square.corners - square.centre
    lengths = np.linalg.norm(arms, axis=1)
    shares = np.linspace(np.zeros(4), 1 - CORE_ANG / lengths, RAY_POINTS, axis=1)
    points = square.centre + shares[:, :, None] * arms[:, None, :]
    energies = ions.energy_ev(points.reshape(-1, 3)).reshape(4, RAY_POINTS)
    for arm, length, share, energy in zip(arms, lengths.tolist(), shares, energies, strict=True):
        top = int(energy.argmax())
        if 0 < top < RAY_POINTS - 1:
            a, b, _ = np.polyfit(share[top - 1 : top + 2], energy[top - 1 : top + 2], 2).tolist()
            place = -b / (2 * a)
            height = float(ions.energy_ev((square.centre + place * arm)[None, :])[0])
            found.append((height, place * length))
    return found


def _wall(ions: Crystal, square: Frame, radius_ang: float) -> float:
    """Lowest energy at a distance from the hollow towards the middles of the edges."""
    middles = (square.corners + np.roll(square.corners, -1, axis=0)) / 2 - square.centre
    outward = middles / np.linalg.norm(middles, axis=1, keepdims=True)
    return float(ions.energy_ev(square.centre + radius_ang * outward).min())


def _lobes(ions: Crystal, square: Frame, radius_ang: float) -> tuple[float, ...]:
    """Directions in degrees of the minima of the energy on a circle around the hollow."""
    edge = square.corners[1] - square.corners[0]
    x = edge / np.linalg.norm(edge)
    y = np.cross(square.normal, x)
    degrees = np.arange(0.0, 360.0, 2.5)
    angle = np.radians(degrees)
    circle = square.centre + radius_ang * (np.cos(angle)[:, None] * x + np.sin(angle)[:, None] * y)
    energy = ions.energy_ev(circle)
    lower = (energy < np.roll(energy, 1)) & (energy <= np.roll(energy, -1))
    return tuple(degrees[lower].tolist())
