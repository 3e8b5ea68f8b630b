"""From blocks and sheets to a crystal: its edge by an elastic compromise, its heights by addition.

The edge is the mean of those that sheets and blocks would have by themselves, each weighed by its stiffness: a
block by its thickness times the stiffness of its kind, a sheet by that of a sheet, with the spacer's as the unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from polywell.design.layers import Atom, Block, Plane
from polywell.design.library import Library
from polywell.design.sizes import Filled, Fitted, capped_height_ang, fitted
from polywell.design.stacking import Storey, stacked
from polywell.geometry.sites import Sites

SheetName = tuple[str, str]
"""Metal and ligand of a sheet."""


@dataclass(frozen=True)
class Stiffness:
    """Weights of the compromise: of one Å of an inner layer, and of a sheet, against one Å of a spacer."""

    inner: float
    sheet: float

    def of(self, filled: Filled) -> float:
        """Weight of a block."""
        return filled.block.thickness_ang * (1.0 if filled.block.role == "spacer" else self.inner)


@dataclass(frozen=True)
class Assembled:
    """A crystal of blocks: its sites, its edge in Å, and the strains of its blocks and of its sheets."""

    sites: Sites
    edge_ang: float
    strains: tuple[float, ...]
    sheet_strain: float

    @property
    def mismatch(self) -> float:
        """The largest strain, without its sign."""
        return max(abs(one) for one in (*self.strains, self.sheet_strain))


def compromise_ang(
    blocks: Sequence[Filled], sheet: SheetName, library: Library, stiffness: Stiffness
) -> float:
    """The edge in Å of a crystal of these blocks with one sheet below each."""
    weights = [stiffness.of(one) for one in blocks]
    edges = [one.edge_ang(library.responses[one.kind]) for one in blocks]
    whole = sum(weights) + stiffness.sheet * len(blocks)
    pulled = sum(weight * edge for weight, edge in zip(weights, edges, strict=True))
    return (pulled + stiffness.sheet * len(blocks) * library.edges_ang[sheet]) / whole


def assembled(
    blocks: Sequence[Filled], sheet: SheetName, library: Library, stiffness: Stiffness
) -> Assembled:
    """The crystal of blocks, from the bottom up, with a sheet below each.

    Raises:
        ValueError: a bond of the sheet cannot span the cell.
    """
    edge = compromise_ang(blocks, sheet, library, stiffness)
    net = blocks[0].block.net
    made: list[Fitted] = []
    faces: list[tuple[float, float]] = []
    for one in blocks:
        face = (0.0, 0.0)
        if net == "capped":
            below = capped_height_ang(one.block, True, sheet, library.bonds_ang, edge)
            face = (below, capped_height_ang(one.block, False, sheet, library.bonds_ang, edge))
        faces.append(face)
        made.append(fitted(one, library.responses[one.kind], edge, face))
    storeys = []
    for k, (one, block) in enumerate(zip(blocks, made, strict=True)):
        under = blocks[k - 1].block
        atoms = (
            _capped_sheet(sheet, faces[k - 1][1], faces[k][0])
            if net == "capped"
            else _bridged_sheet(sheet, under, one.block)
        )
        storeys.append(Storey(atoms, block.atoms, one.block.shift, block.thickness_ang))
    ratio = _ratio([one.block for one in blocks])
    plane = Plane(edge * sqrt(ratio), edge / sqrt(ratio))
    strains = tuple(one.strain for one in made)
    return Assembled(stacked(storeys, plane), edge, strains, edge / library.edges_ang[sheet] - 1)


def _ratio(blocks: Sequence[Block]) -> float:
    """Ratio of the edges: that of the spacers, in the geometric mean; inner layers follow."""
    ratios = [log(block.plane.ratio) for block in blocks if block.role == "spacer"]
    return exp(sum(ratios) / len(ratios)) if ratios else 1.0


def _capped_sheet(sheet: SheetName, below_ang: float, above_ang: float) -> tuple[Atom, ...]:
    metal, ligand = ((sheet[0], 1.0),), ((sheet[1], 1.0),)
    return (
        Atom(metal, 0.0, 0.0, 0.0),
        Atom(metal, 0.5, 0.5, 0.0),
        Atom(ligand, 0.5, 0.0, -below_ang),
        Atom(ligand, 0.0, 0.5, above_ang),
    )


def _bridged_sheet(sheet: SheetName, under: Block, over: Block) -> tuple[Atom, ...]:
    """Metal and ligands, these as high as in the mean of the two parents."""
    metal, ligand = ((sheet[0], 1.0),), ((sheet[1], 1.0),)
    one, other = _rises(under, True), _rises(over, False)
    bridges = [Atom(ligand, u, v, (one[u, v] + other[u, v]) / 2) for u, v in ((0.5, 0.0), (0.0, 0.5))]
    return (Atom(metal, 0.0, 0.0, 0.0), *bridges)


def _rises(block: Block, above: bool) -> Mapping[tuple[float, float], float]:
    """Heights in Å of the two bridges of the sheet on one side of a block."""
    atoms = [atom for atom in (block.above if above else block.below).atoms if not atom.is_cation]
    found: dict[tuple[float, float], list[float]] = {(0.5, 0.0): [], (0.0, 0.5): []}
    for atom in atoms:
        nearer_u = abs(atom.u - 0.5) < abs(atom.v - 0.5)
        found[(0.5, 0.0) if nearer_u else (0.0, 0.5)].append(atom.z)
    return {place: sum(some) / len(some) if some else 0.0 for place, some in found.items()}
