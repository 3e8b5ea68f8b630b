"""How a layered crystal is stacked: the normal of its sheets, its atomic planes, its repeats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Element

from polywell.families import built_in_families
from polywell.geometry.ions import Floats, Ions, crystal_of, side_by_side
from polywell.geometry.layers.sheets import mix_of
from polywell.geometry.nets.square_nets import square_nets
from polywell.geometry.sites import majority

if TYPE_CHECKING:
    from pymatgen.core import Structure

PLANE_THICKNESS_ANG = 0.4
"""Å: ions whose heights follow each other more closely lie in one atomic plane (puckering, tilts)."""

REACH = 6
"""Lattice vectors are sought among integer combinations up to this many of each edge of the cell."""

FLAT_ANG = 0.02
"""Å: a lattice vector that climbs less lies in the sheet; one that strays less runs along the normal."""


class NoSheetError(ValueError):
    """A structure has no square net of a metal of the λ table."""


@dataclass(frozen=True)
class AtomicPlane:
    """Ions at one height along the normal of the sheets.

    `height_ang` is the mean height of the ions of its heaviest element, between 0 and the period;
    `elements` are in alphabetical order; `is_sheet` says that it holds the metals of a sheet.
    """

    height_ang: float
    elements: tuple[str, ...]
    is_sheet: bool


@dataclass(frozen=True)
class Stacking:
    """How sheets and atomic planes follow each other along the normal.

    `period_ang` is the smallest climb of a vector of the given lattice; `repeat_ang` is the length of its
    shortest vector along the normal itself (None: there is none); `edge_ang` is the mean edge of the metal
    net; `planes` are in order of height.
    """

    period_ang: float
    repeat_ang: float | None
    edge_ang: float
    planes: tuple[AtomicPlane, ...]

    @property
    def sheets_ang(self) -> tuple[float, ...]:
        """Heights of the sheets within one period."""
        return tuple(plane.height_ang for plane in self.planes if plane.is_sheet)

    @property
    def spacing_ang(self) -> float:
        """Mean distance of one sheet from the next."""
        return self.period_ang / len(self.sheets_ang)


def stacking(structure: Structure) -> Stacking:
    """Find the sheets of a structure and lay its ions out along their normal.

    Heights are measured from an origin of the cell's own; differences mean something, heights do not.
    A cell larger than the primitive one gives a larger period with the same planes repeated.

    Raises:
        NoSheetError: the structure has no square net of Cu, Ni, Fe or another metal of the λ table, or
            nets in several orientations.
        ValueError: the cell cannot be read (see `polywell.geometry.ions.crystal_of`).
    """
    ions, _ = side_by_side([crystal_of(structure)])
    formula, known = structure.composition.reduced_formula, built_in_families().metals
    metals, normals, edges = set[int](), [], []
    for nets in square_nets(ions)[1]:
        for number, members in enumerate(nets.metals):
            if majority(mix_of(ions, members)) in known:
                metals.update(members)
                normals.append(nets.normals[number])
                rings = nets.squares.corners[nets.net_of == number]
                sides = rings - rings[:, [1, 2, 3, 0]]
                edges.append(float(np.linalg.norm(sides, axis=2).mean()))
    if not metals:
        raise NoSheetError(
            f"{formula} has no square net of {', '.join(sorted(known))}: screen it first, its record says why"
        )
    normal = _one_direction(normals, formula)
    period, repeat = _periods(np.asarray(structure.lattice.matrix, dtype=np.float64), normal)
    planes = _planes(ions, metals, (ions.cart @ normal) % period, period)
    return Stacking(period, repeat, float(np.mean(edges)), planes)


def _one_direction(normals: list[Floats], formula: str) -> Floats:
    first = normals[0]
    if any(abs(float(first @ other)) < 0.99 for other in normals):
        raise NoSheetError(f"{formula} has sheets in several orientations: it is not layered")
    largest = int(np.argmax(np.abs(first).round(6)))
    return first if first[largest] > 0 else -first


def _periods(lattice: Floats, normal: Floats) -> tuple[float, float | None]:
    """Smallest climb along the normal, and the shortest lattice vector parallel to it, in Å."""
    steps = np.arange(-REACH, REACH + 1)
    vectors = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3) @ lattice
    climb = vectors @ normal
    rising = climb > FLAT_ANG
    stray = np.linalg.norm(vectors - climb[:, None] * normal, axis=1)
    straight = climb[rising & (stray < FLAT_ANG * 3)]
    return float(climb[rising].min()), float(straight.min()) if len(straight) else None


def _planes(ions: Ions, metals: set[int], heights: Floats, period: float) -> tuple[AtomicPlane, ...]:
    """Group ions by height, the top of one period joined to the bottom of the next."""
    order = np.argsort(heights, kind="stable")
    ordered = heights[order]
    gaps = np.append(ordered[1:], ordered[0] + period) - ordered
    if gaps.max() <= PLANE_THICKNESS_ANG:
        raise NoSheetError(f"no gap between atomic planes is wider than {PLANE_THICKNESS_ANG} Å")
    start = int(np.argmax(gaps)) + 1
    order, ordered = np.roll(order, -start), np.roll(ordered, -start)
    ordered = np.where(ordered < ordered[0], ordered + period, ordered)
    begin = np.append(0, np.flatnonzero(np.diff(ordered) > PLANE_THICKNESS_ANG) + 1)
    planes = []
    for members, at in zip(np.split(order, begin[1:]), np.split(ordered, begin[1:]), strict=True):
        symbols = [ions.elements[ion] for ion in members]
        heaviest = max(symbols, key=lambda symbol: Element(symbol).Z)
        height = float(np.mean(at[np.array(symbols) == heaviest])) % period
        is_sheet = any(int(ion) in metals for ion in members)
        planes.append(AtomicPlane(height, tuple(sorted(set(symbols))), is_sheet))
    return tuple(sorted(planes, key=lambda plane: plane.height_ang))
