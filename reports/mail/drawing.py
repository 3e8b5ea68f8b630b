"""A structure drawn flat: the block and cages of a dossier's view as paths of SVG, seen along the sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polywell.geometry.ions import Floats
from reports.dossier.scene import CageBody, Scene

WIDTH, HEIGHT = 360, 300
"""Size of the picture in units of its own."""

MARGIN = 22
TURN_DEG, NOD_DEG = 14.0, 7.0
"""How far the view is turned about the normal and nodded over the sheet: as the first view in 3D."""

ION_ANG = 0.34
SMALL_ANG = 0.26
"""Radii of cations and of ligands."""


@dataclass(frozen=True)
class Ion:
    """One circle: place and radius in the picture; `kind` is the place of its element in the key."""

    x: float
    y: float
    radius: float
    kind: int


@dataclass(frozen=True)
class Outline:
    """One cage: the path of its faces, the number of its colour, and its height ξ as an arrow."""

    letter: str
    path: str
    colour: int
    arrow: tuple[float, float, float, float]
    label: tuple[float, float]
    xi_ang: float


@dataclass(frozen=True)
class Drawing:
    """A path of bonds, ions from the back to the front, cages, and the elements of the key."""

    bonds: str
    ions: tuple[Ion, ...]
    cages: tuple[Outline, ...]
    elements: tuple[str, ...]


def drawing(scene: Scene, xi_ang: Sequence[float]) -> Drawing:
    """Draw a scene flat.

    Args:
        scene: atoms, bonds and cages in the frame of the sheet.
        xi_ang: ξ in Å of each of its cages, in their order.
    """
    atoms = np.array([(atom.x, atom.y, atom.z) for atom in scene.atoms]).reshape(-1, 3)
    corners = np.vstack([atoms, *(np.array(cage.corners) for cage in scene.cages)])
    seen = _turned(corners)
    low, high = seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)
    scale = min(
        (WIDTH - 2 * MARGIN) / max(high[0] - low[0], 1), (HEIGHT - 2 * MARGIN) / max(high[1] - low[1], 1)
    )
    middle = (low + high) / 2

    def placed(points: Floats) -> Floats:
        flat = _turned(points)
        return np.column_stack(
            [
                WIDTH / 2 + scale * (flat[:, 0] - middle[0]),
                HEIGHT / 2 - scale * (flat[:, 1] - middle[1]),
                flat[:, 2],
            ]
        )

    places = placed(atoms)
    order = np.argsort(places[:, 2], kind="stable")
    ions = tuple(
        Ion(
            round(float(places[n, 0]), 1),
            round(float(places[n, 1]), 1),
            round(scale * (ION_ANG if scene.atoms[n].metal else SMALL_ANG), 1),
            scene.elements.index(scene.atoms[n].element),
        )
        for n in order.tolist()
    )
    bonds = "".join(
        f"M{places[one, 0]:.1f} {places[one, 1]:.1f}L{places[other, 0]:.1f} {places[other, 1]:.1f}"
        for one, other in scene.bonds
    )
    cages = tuple(
        _outline(cage, placed(np.array(cage.corners)), placed(_ends(cage)), place, xi)
        for place, (cage, xi) in enumerate(zip(scene.cages, xi_ang, strict=True))
    )
    return Drawing(bonds, ions, cages, scene.elements)


def _turned(points: Floats) -> Floats:
    """Points as seen: x to the right, y up, z towards the reader."""
    turn, nod = np.radians(TURN_DEG), np.radians(NOD_DEG)
    about_y = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(nod), -np.sin(nod)], [0, np.sin(nod), np.cos(nod)]])
    return np.asarray(points @ (about_x @ about_y).T)


def _ends(cage: CageBody) -> Floats:
    """The ends of the height along the normal, beside the cage."""
    x, y, z = np.array(cage.corners).T
    side = float(x.max()) + 0.35
    return np.array([[side, y.min(), float(z.mean())], [side, y.max(), float(z.mean())]])


def _outline(cage: CageBody, corners: Floats, ends: Floats, place: int, xi_ang: float) -> Outline:
    path = "".join(
        "M" + "L".join(f"{corners[corner, 0]:.1f} {corners[corner, 1]:.1f}" for corner in triangle) + "Z"
        for triangle in cage.triangles
    )
    (x1, y1), (x2, y2) = ends[:, :2].round(1).tolist()
    return Outline(
        cage.letter, path, place % 4, (x1, y1, x2, y2), (round(max(x1, x2) + 3, 1), (y1 + y2) / 2 + 4), xi_ang
    )
