"""From blocks and sheets to a crystal: its edge by an elastic compromise, its heights by addition.

The edge is the mean of those that sheets and blocks would have by themselves, each weighed by its
stiffness: a block by its thickness times the stiffness of its kind, a sheet by that of a sheet, with the
spacer's as the unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import exp, log, sqrt

import numpy as np

from polywell.design.blocks.layers import Atom, Plane
from polywell.design.library import Library
from polywell.design.sizes import Blend, Filled, capped_height_ang
from polywell.geometry.sites import Sites

SheetName = tuple[str, str]
"""Metal and ligand of a sheet."""


@dataclass(frozen=True)
class Stiffness:
    """Weights of the compromise: of one Å of an inner layer, and of a sheet, against one Å of a spacer."""

    inner: float
    sheet: float

    def of(self, block: Blend) -> float:
        """Weight of a block."""
        return block.thickness_ang * (1.0 if block.role == "spacer" else self.inner)


@dataclass(frozen=True)
class Assembled:
    """A crystal of blocks: its sites, and the largest strain of its blocks and sheets, without its sign.

    `forced` is the strain of the whole against its own edge without a substrate.
    """

    sites: Sites
    mismatch: float
    forced: float


def compromise_ang(
    blocks: Sequence[Blend], sheet: SheetName, library: Library, stiffness: Stiffness
) -> float:
    """The edge in Å of a crystal of these blocks with one sheet below each."""
    weights = [stiffness.of(one) for one in blocks]
    edges = [one.edge_ang(library.responses[one.kind]) for one in blocks]
    whole = sum(weights) + stiffness.sheet * len(blocks)
    pulled = sum(weight * edge for weight, edge in zip(weights, edges, strict=True))
    return (pulled + stiffness.sheet * len(blocks) * library.edges_ang[sheet]) / whole


def assembled(
    blocks: Sequence[Blend],
    sheet: SheetName,
    library: Library,
    stiffness: Stiffness,
    forced_ang: float | None = None,
) -> Assembled:
    """The crystal of blocks, from the bottom up, with a sheet below each.

    Args:
        blocks: from the bottom up.
        sheet: metal and ligand.
        library: whose rules are followed.
        stiffness: weights of the compromise.
        forced_ang: edge in Å that a substrate forces on it; the compromise if None.

    Raises:
        ValueError: a bond of the sheet cannot span the cell.
    """
    free = compromise_ang(blocks, sheet, library, stiffness)
    edge = free if forced_ang is None else forced_ang
    net = blocks[0].first.block.net
    count = len(blocks)
    faces = [_faces(one, sheet, library, edge) if net == "capped" else (0.0, 0.0) for one in blocks]
    storeys = []
    strains = [edge / library.edges_ang[sheet] - 1]
    for k, one in enumerate(blocks):
        beyond = (blocks[k - 1].role, blocks[(k + 1) % count].role)
        stood = one.standing(library.responses[one.kind], beyond)
        *heights, top = (stood.at(edge) + faces[k][0]).tolist()
        atoms = tuple(
            Atom(mix, atom.u, atom.v, height)
            for atom, mix, height in zip(one.first.block.atoms, one.first.mixes, heights, strict=True)
        )
        below = (
            _capped_sheet(sheet, faces[k - 1][1], faces[k][0])
            if net == "capped"
            else _bridged_sheet(sheet, blocks[k - 1], one)
        )
        storeys.append(Storey(below, atoms, one.first.block.shift, top + faces[k][1]))
        strains.append(stood.strain_slope * edge - 1)
    ratio = _ratio(blocks)
    plane = Plane(edge * sqrt(ratio), edge / sqrt(ratio))
    return Assembled(stacked(storeys, plane), max(map(abs, strains)), edge / free - 1)


def _faces(blend: Blend, sheet: SheetName, library: Library, edge_ang: float) -> tuple[float, float]:
    """Mean heights of the ligands of the sheet below, and of that above, on the side of a block."""
    low = high = 0.0
    for one, weight in blend.parts:
        low += weight * capped_height_ang(one.block, True, sheet, library.bonds_ang, edge_ang)
        high += weight * capped_height_ang(one.block, False, sheet, library.bonds_ang, edge_ang)
    return low, high


def _ratio(blocks: Sequence[Blend]) -> float:
    """Ratio of the edges: that of the spacers, in the geometric mean; inner layers follow."""
    ratios = [log(block.ratio) for block in blocks if block.role == "spacer"]
    return exp(sum(ratios) / len(ratios)) if ratios else 1.0


def _capped_sheet(sheet: SheetName, below_ang: float, above_ang: float) -> tuple[Atom, ...]:
    metal, ligand = ((sheet[0], 1.0),), ((sheet[1], 1.0),)
    return (
        Atom(metal, 0.0, 0.0, 0.0),
        Atom(metal, 0.5, 0.5, 0.0),
        Atom(ligand, 0.5, 0.0, -below_ang),
        Atom(ligand, 0.0, 0.5, above_ang),
    )


def _bridged_sheet(sheet: SheetName, under: Blend, over: Blend) -> tuple[Atom, ...]:
    """Metal and ligands, these as high as in the mean of the parents of both blocks."""
    metal, ligand = ((sheet[0], 1.0),), ((sheet[1], 1.0),)
    one, other = _mean_rises(under, True), _mean_rises(over, False)
    bridges = [Atom(ligand, u, v, (one[u, v] + other[u, v]) / 2) for u, v in ((0.5, 0.0), (0.0, 0.5))]
    return (Atom(metal, 0.0, 0.0, 0.0), *bridges)


@cache
def _mean_rises(blend: Blend, above: bool) -> Mapping[tuple[float, float], float]:
    rises = [(_rises(one, above), weight) for one, weight in blend.parts]
    return {place: sum(weight * rise[place] for rise, weight in rises) for place in rises[0][0]}


def _rises(filled: Filled, above: bool) -> Mapping[tuple[float, float], float]:
    """Heights in Å of the two bridges of the sheet on one side of a block."""
    sheet = filled.block.above if above else filled.block.below
    found: dict[tuple[float, float], list[float]] = {(0.5, 0.0): [], (0.0, 0.5): []}
    for atom in sheet.atoms:
        if not atom.is_cation:
            found[(0.5, 0.0) if abs(atom.u - 0.5) < abs(atom.v - 0.5) else (0.0, 0.5)].append(atom.z)
    return {place: sum(some) / len(some) if some else 0.0 for place, some in found.items()}


@dataclass(frozen=True)
class Storey:
    """A sheet, what stands on it up to the next one, and the way there: fractions of the plane, and Å."""

    sheet: tuple[Atom, ...]
    block: tuple[Atom, ...]
    shift: tuple[float, float]
    thickness_ang: float


def stacked(storeys: Sequence[Storey], plane: Plane) -> Sites:
    """The crystal in which storeys follow each other without end.

    Every storey stands aside of the one below by its shift. The third edge of the cell leads from the first
    sheet to the next that is equal; it is inclined where the shifts do not add up to a period of the plane.
    """
    (ax, _), (bx, by) = plane.rows
    height = sum(one.thickness_ang for one in storeys)
    climb = [_nearest(sum(one.shift[k] for one in storeys)) for k in (0, 1)]
    frac: list[tuple[float, float, float]] = []
    mixes: list[dict[str, float]] = []
    u, v, z = 0.0, 0.0, 0.0
    for one in storeys:
        for atom in (*one.sheet, *one.block):
            share = (z + atom.z) / height
            frac.append((u + atom.u - share * climb[0], v + atom.v - share * climb[1], share))
            mixes.append(_mix(atom.mix))
        u, v, z = u + one.shift[0], v + one.shift[1], z + one.thickness_ang
    lattice = np.array(
        [[ax, 0.0, 0.0], [bx, by, 0.0], [climb[0] * ax + climb[1] * bx, climb[1] * by, height]]
    )
    return Sites(lattice, np.array(frac).reshape(-1, 3), mixes)


@lru_cache(maxsize=4096)
def _mix(shares: tuple[tuple[str, float], ...]) -> dict[str, float]:
    return dict(shares)


def _nearest(fraction: float) -> float:
    """The equivalent of a fraction nearest to zero."""
    rest = fraction - round(fraction)
    return 0.0 if abs(rest) < 1e-9 else rest
