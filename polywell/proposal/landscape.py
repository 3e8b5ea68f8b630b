"""The Coulomb landscape of a cage: the electron's energy in the plane of the sheet and along its normal.

The proposal puts the superconducting electron at Γ, the centre of the hollow, and normal-state electrons
in four pockets along the diagonals of the square of metals. Nothing here assumes either: minima are
searched for, and what is not found is said to be missing. By Earnshaw's theorem a point charge has no
minimum of energy in three directions at once; a minimum within the plane is a maximum along the normal.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import minimum_filter

from polywell.data.charges import site_charges
from polywell.electrons.electrostatics import potential_v
from polywell.geometry.ions import Floats
from polywell.geometry.polyhedra import corner_points_ang
from polywell.proposal.rows import Row
from polywell.records import Phase

if TYPE_CHECKING:
    from pymatgen.core import Structure

GRID = 25
"""Points along an edge of the square in the search for minima."""
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


class Crystal:
    """The point charges of one structure, balanced by the metal of a phase (see `polywell.data.charges`).

    Raises:
        NoChargeError: an element has no formal charge.
    """

    def __init__(self, structure: Structure, phase: Phase) -> None:
        """Charge the sites of a structure."""
        self.lattice = np.asarray(structure.lattice.matrix, dtype=np.float64)
        self.frac = np.asarray(structure.frac_coords, dtype=np.float64)
        self.charges = site_charges(structure, phase.metal)
        self.square = frame(structure, phase)

    def energy_ev(self, points: Floats) -> Floats:
        """Potential energy (...) in eV of an electron at points (..., 3) in Å."""
        found = potential_v(self.lattice, self.frac, self.charges.of_sites, points.reshape(-1, 3))
        energy: Floats = -found.reshape(points.shape[:-1])
        return energy


def vertices_ang(structure: Structure, phase: Phase, role: str) -> Floats:
    """Places (N, 3) in Å of the vertices of a phase's cage that have a role, in their order."""
    held = [vertex for vertex in phase.vertices if vertex.role == role]
    return corner_points_ang(structure.lattice.matrix, structure.frac_coords, held)


def frame(structure: Structure, phase: Phase) -> Frame:
    """The square of metals under a phase's cage, in the coordinates of the structure."""
    corners = vertices_ang(structure, phase, "metal")
    normal = np.cross(corners[2] - corners[0], corners[3] - corners[1])
    return Frame(corners.mean(axis=0), corners, normal / np.linalg.norm(normal))


def landscape(structure: Structure, phase: Phase) -> Row:
    """Search the plane of the sheet around one cage of a structure for Γ, passes and pockets.

    Returns:
        Energies in eV of an electron (zero: mean over the cell), lengths in Å. `gamma_ev` is the energy at
        the centre of the hollow. `gamma_is_well` says that the search found an in-plane minimum there;
        `curvature_ev_ang2` are the second derivatives along the two edges and the normal (also
        `normal_ev_ang2`: negative is a maximum). `pass_ev` is the lowest of the four maxima on the way to the
        metals, `pass_ang` its distance from the centre, `depth_ev` = pass_ev - gamma_ev the depth of Γ within
        the plane; None where the energy only falls. `wall_over_pass_ev` is the energy at the same distance
        towards an edge, less that of the pass. `minima` lists every in-plane minimum outside the cores as
        (u, v); `pockets` counts those on a diagonal that are not Γ. `lobes_deg` are the directions, from the
        first edge, in which the energy on the circle of the passes is lowest.

    Raises:
        NoChargeError: an element has no formal charge.
    """
    ions = Crystal(structure, phase)
    gamma = float(ions.energy_ev(ions.square.centre))
    curvature, minima = _curvatures(ions), _minima(ions)
    at_centre = [one for one in minima if max(abs(one[0]), abs(one[1])) < CENTRE]
    diagonal = [one for one in minima if one not in at_centre and abs(abs(one[0]) - abs(one[1])) < CENTRE / 2]
    top, distance = min(_passes(ions), default=(None, None))
    lobes = () if distance is None else _lobes(ions, distance)
    return Row(
        metal_charge=ions.charges.metal_charge,
        gamma_ev=gamma,
        gamma_is_well=bool(at_centre) and min(curvature[:2]) > 0,
        curvature_ev_ang2=curvature,
        normal_ev_ang2=curvature[2],
        pass_ev=top,
        pass_ang=distance,
        depth_ev=None if top is None else top - gamma,
        wall_over_pass_ev=None if top is None or distance is None else _wall(ions, distance) - top,
        minima=tuple(minima),
        pockets=len(diagonal),
        lobes_deg=lobes,
        lobes=len(lobes),
    )


def plane_map(structure: Structure, phase: Phase, points: int = 91) -> Row:
    """Energy in the plane of the sheet over a window of `MAP_EDGES` edges around the hollow.

    In eV on a regular grid: `energy_ev` (points, points), `x_ang` and `y_ang` in Å from the hollow's centre.
    """
    ions = Crystal(structure, phase)
    corners, steps = ions.square.corners, np.linspace(-MAP_EDGES / 2, MAP_EDGES / 2, points)
    u, v = np.meshgrid(steps, steps)
    energy = ions.energy_ev(ions.square.at(u.ravel(), v.ravel())).reshape(points, points)
    sides = [float(np.linalg.norm(corners[k] - corners[0])) for k in (1, 3)]
    return Row(x_ang=steps * sides[0], y_ang=steps * sides[1], energy_ev=energy)


def normal_map(structure: Structure, phase: Phase, points: int = 91) -> Row:
    """The same in the plane of the normal and one diagonal of the square, through the hollow."""
    ions = Crystal(structure, phase)
    square = ions.square
    diagonal = square.corners[2] - square.corners[0]
    length = float(np.linalg.norm(diagonal))
    along = np.linspace(-MAP_EDGES * length / 2, MAP_EDGES * length / 2, points)
    up = np.linspace(-MAP_HEIGHT_ANG, MAP_HEIGHT_ANG, points)
    s, h = np.meshgrid(along, up)
    places = square.centre + s[..., None] * diagonal / length + h[..., None] * square.normal
    return Row(x_ang=along, y_ang=up, energy_ev=ions.energy_ev(places))


def _curvatures(ions: Crystal) -> tuple[float, float, float]:
    square = ions.square
    edges = (square.corners[1] - square.corners[0], square.corners[3] - square.corners[0])
    directions = [edge / np.linalg.norm(edge) for edge in edges] + [square.normal]
    offsets = [step * direction for direction in directions for step in (-STEP_ANG, STEP_ANG)]
    energy = ions.energy_ev(square.centre + np.array([np.zeros(3), *offsets]))
    x, y, z = ((energy[1::2] + energy[2::2] - 2 * energy[0]) / STEP_ANG**2).tolist()
    return x, y, z


def _cores(ions: Crystal, points: Floats) -> Floats:
    """Distance (M,) of points to the nearest charge of the neighbourhood, in Å."""
    centre = ions.square.centre
    home = ions.frac - np.floor(ions.frac - centre @ np.linalg.inv(ions.lattice) + 0.5)
    steps = np.array(list(product((-1, 0, 1), repeat=3)))
    sites = (home[:, None, :] + steps).reshape(-1, 3) @ ions.lattice
    near = sites[np.linalg.norm(sites - centre, axis=1) < NEIGHBOURHOOD_ANG]
    vectors = points[:, None, :] - near
    distance: Floats = np.sqrt(np.einsum("ijk,ijk->ij", vectors, vectors).min(axis=1))
    return distance


def _minima(ions: Crystal) -> list[tuple[float, float]]:
    """Every in-plane minimum outside the cores within the square, as a point of the grid."""
    steps = np.linspace(-0.5, 0.5, GRID)
    u, v = np.meshgrid(steps, steps, indexing="ij")
    points = ions.square.at(u.ravel(), v.ravel())
    free = _cores(ions, points) > CORE_ANG
    energy = np.full(u.size, np.inf)
    energy[free] = ions.energy_ev(points[free])
    energy = energy.reshape(u.shape)
    inside = minimum_filter(free.reshape(u.shape), 3, mode="constant", cval=False)
    found = np.argwhere(inside & (energy <= minimum_filter(energy, 3)))
    return [(float(steps[i]), float(steps[j])) for i, j in found]


def _passes(ions: Crystal) -> list[tuple[float, float]]:
    """Maxima on the rays from the hollow to its four metals: energy and distance, where there are any."""
    found, centre = [], ions.square.centre
    arms = ions.square.corners - centre
    lengths = np.linalg.norm(arms, axis=1)
    shares = np.linspace(np.zeros(4), 1 - CORE_ANG / lengths, RAY_POINTS, axis=1)
    energies = ions.energy_ev(centre + shares[:, :, None] * arms[:, None, :])
    for arm, length, share, energy in zip(arms, lengths.tolist(), shares, energies, strict=True):
        top = int(energy.argmax())
        if 0 < top < RAY_POINTS - 1:
            a, b, _ = np.polyfit(share[top - 1 : top + 2], energy[top - 1 : top + 2], 2).tolist()
            place = -b / (2 * a)
            found.append((float(ions.energy_ev(centre + place * arm)), place * length))
    return found


def _wall(ions: Crystal, radius_ang: float) -> float:
    """Lowest energy at a distance from the hollow towards the middles of the edges."""
    corners, centre = ions.square.corners, ions.square.centre
    middles = (corners + np.roll(corners, -1, axis=0)) / 2 - centre
    outward = middles / np.linalg.norm(middles, axis=1, keepdims=True)
    return float(ions.energy_ev(centre + radius_ang * outward).min())


def _lobes(ions: Crystal, radius_ang: float) -> tuple[float, ...]:
    """Directions in degrees of the minima of the energy on a circle around the hollow."""
    square = ions.square
    edge = square.corners[1] - square.corners[0]
    x = edge / np.linalg.norm(edge)
    y = np.cross(square.normal, x)
    degrees = np.arange(0.0, 360.0, 2.5)
    angle = np.radians(degrees)[:, None]
    energy = ions.energy_ev(square.centre + radius_ang * (np.cos(angle) * x + np.sin(angle) * y))
    lower = (energy < np.roll(energy, 1)) & (energy <= np.roll(energy, -1))
    return tuple(degrees[lower].tolist())
