"""What the 3D view of a dossier draws: atoms, bonds, cages and their names, in the frame of the sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polywell.geometry.ions import Floats
from polywell.geometry.polyhedra import (
    body,
    centrings,
    corner_points_ang,
    moved_near,
    sheet_frame,
    sites_in_block,
)
from polywell.records import PHASE_NAMES, Entry, Phase

GREEK = dict(zip(PHASE_NAMES, "αβγδεζηθικλμνξοπρστυφχψω", strict=True))

EDGES_EITHER_SIDE = 1.03
"""The block reaches this many edges of the net from the hollow's axis: a three-by-three of apexes."""

MARGIN_ANG = 3.2
"""The block reaches this far above the highest cage and below the lowest, in Å."""

BESIDE_ANG = 0.2
"""The block reaches at least this far beside every corner of a cage, in Å."""

LEAST_HEIGHT_ANG = 9.0
BOND_SLACK = 1.15
"""A metal and a ligand are joined up to this multiple of the phase's own bond."""

MAX_ATOMS = 700


@dataclass(frozen=True)
class Atom:
    """One atom in Å of the frame: x along an edge of the net, y along the normal of the sheet."""

    element: str
    species: str
    x: float
    y: float
    z: float
    metal: bool


@dataclass(frozen=True)
class CageBody:
    """One cage: its name, corners in Å, triangles, edges, and the names of its apexes."""

    phase: str
    letter: str
    corners: tuple[tuple[float, float, float], ...]
    triangles: tuple[tuple[int, int, int], ...]
    edges: tuple[tuple[int, int], ...]
    apexes: tuple[tuple[str, float, float, float], ...]


@dataclass(frozen=True)
class Scene:
    """A block of the crystal around the cages of an entry, and the cages; bonds are pairs of atoms."""

    atoms: tuple[Atom, ...]
    bonds: tuple[tuple[int, int], ...]
    cages: tuple[CageBody, ...]
    elements: tuple[str, ...]


def scene(entry: Entry | None, phases: Sequence[Phase]) -> Scene | None:
    """Gather the scene of an entry; None when its structure or the corners of its cages are not at hand.

    Args:
        entry: with the structure that was screened.
        phases: its phases, with their vertices.

    Raises:
        ValueError: a vertex is no site of the structure.
    """
    drawn = [phase for phase in phases if phase.vertices]
    if entry is None or entry.structure is None or not drawn:
        return None
    lattice, fractions = entry.structure.lattice.matrix, entry.structure.frac_coords
    if any(not 0 <= vertex.site < len(fractions) for phase in drawn for vertex in phase.vertices):
        raise ValueError(
            f"{entry.id!r}: a cage names a site beyond the {len(fractions)} of the structure; "
            "screen the source again so that structures and predictions belong together"
        )
    roles = [vertex.role for vertex in drawn[0].vertices]
    frame = sheet_frame(corner_points_ang(lattice, fractions, drawn[0].vertices), roles)
    turned = lattice @ frame.axes.T
    origin = frame.place(np.zeros((1, 3)))[0]
    mixes = [
        tuple((element.symbol, float(amount)) for element, amount in site.species.items())
        for site in entry.structure
    ]
    same = centrings(lattice, fractions, mixes)
    cages = []
    for phase in drawn:
        points = frame.place(corner_points_ang(lattice, fractions, phase.vertices))
        cages.append(_cage(phase, moved_near(points, turned, same)))
    heights = [corner[1] for cage in cages for corner in cage.corners]
    low, high = min(heights) - MARGIN_ANG, max(heights) + MARGIN_ANG
    spare = max(0.0, LEAST_HEIGHT_ANG - (high - low)) / 2
    side = EDGES_EITHER_SIDE * max(drawn[0].edges_ang)
    side = max(
        side,
        *(abs(corner[axis]) + BESIDE_ANG for cage in cages for corner in cage.corners for axis in (0, 2)),
    )
    places, sites = sites_in_block(
        turned,
        fractions,
        origin,
        np.array([-side, low - spare, -side]),
        np.array([side, high + spare, side]),
    )
    places, sites = places[:MAX_ATOMS], sites[:MAX_ATOMS]
    metals = {vertex.site for phase in drawn for vertex in phase.vertices if vertex.role == "metal"}
    ligands = {phase.ligand for phase in drawn}
    names = [_names(mix) for mix in mixes]
    atoms = tuple(
        Atom(*names[site], *_point(place), site in metals)
        for site, place in zip(sites, places.tolist(), strict=True)
    )
    reach = BOND_SLACK * max(phase.bond_ang for phase in drawn)
    return Scene(atoms, _bonds(atoms, places, ligands, reach), tuple(cages), _elements(atoms))


def _cage(phase: Phase, corners: Floats) -> CageBody:
    triangles, edges = body(corners)
    return CageBody(
        phase=phase.phase,
        letter=GREEK.get(phase.phase, phase.phase),
        corners=tuple(_point(corner) for corner in corners.tolist()),
        triangles=triangles,
        edges=edges,
        apexes=tuple(
            (vertex.element, *_point(corner))
            for vertex, corner in zip(phase.vertices, corners.tolist(), strict=True)
            if vertex.role == "apex"
        ),
    )


def _point(place: Sequence[float]) -> tuple[float, float, float]:
    x, y, z = place
    return round(x, 3), round(y, 3), round(z, 3)


def _names(mix: Sequence[tuple[str, float]]) -> tuple[str, str]:
    """The element that a site shows, and all that stand on it."""
    main = max((amount, symbol) for symbol, amount in mix)[1]
    full = len(mix) == 1 and mix[0][1] > 0.999
    return main, main if full else " ".join(f"{symbol} {amount:.3g}" for symbol, amount in mix)


def _bonds(
    atoms: Sequence[Atom], places: Floats, ligands: set[str], reach_ang: float
) -> tuple[tuple[int, int], ...]:
    metals = [n for n, atom in enumerate(atoms) if atom.metal]
    others = [n for n, atom in enumerate(atoms) if atom.element in ligands]
    if not metals or not others:
        return ()
    distances = np.linalg.norm(places[metals][:, None] - places[others][None], axis=2)
    near = np.argwhere((distances <= reach_ang) & (distances > 0.5))
    return tuple((metals[int(i)], others[int(j)]) for i, j in near)


def _elements(atoms: Sequence[Atom]) -> tuple[str, ...]:
    return tuple(sorted({atom.element for atom in atoms}))
