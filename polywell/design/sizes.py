"""How a block answers to other ions and to another in-plane length.

The rule, written before it was held against any structure, with constants that `polywell.design.library` fits to
the heights and edges of measured structures, and to no T_c:

1. A plane of cations whose mean radius grows by Δr pushes what is below it and above it away by κ Δr: it rises by
   that much over the sheet below, and the block becomes thicker by twice as much.
2. The edge that a block would have by itself grows by κ_a times the mean Δr of its cations.
3. Strained in the plane by ε, every height over the faces of the block shrinks by ν ε of itself.
4. The ligands of a capped sheet keep their distance to the metal: their height follows from the edge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from polywell.data.charges import NetKind
from polywell.data.spacers import spacer_table
from polywell.design.layers import Atom, Block
from polywell.design.topology import planes

Mix = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Response:
    """Constants of one kind of block: κ, ν and κ_a, all without unit, and the heights they were fitted to."""

    growth: float
    flattening: float
    widening: float
    heights: int


@dataclass(frozen=True)
class Filled:
    """A block with ions on its places: the parent's own or others, in the order of its atoms."""

    block: Block
    mixes: tuple[Mix, ...]

    @property
    def kind(self) -> str:
        """Kind of its sheets, and its role."""
        return f"{self.block.net} {self.block.role}"

    @property
    def atoms(self) -> tuple[Atom, ...]:
        """The atoms at the places that they have in the parent."""
        return tuple(
            Atom(mix, atom.u, atom.v, atom.z) for atom, mix in zip(self.block.atoms, self.mixes, strict=True)
        )

    def growths_ang(self) -> list[tuple[float, float]]:
        """Height in the parent, and growth of the mean radius in Å, of every plane of cations."""
        made = []
        for plane in planes(self.block):
            before = [radius_ang(self.block.atoms[k].mix, self.block.net) for k in plane]
            after = [radius_ang(self.mixes[k], self.block.net) for k in plane]
            known = [new - old for old, new in zip(before, after, strict=True) if old and new]
            height = sum(self.block.atoms[k].z for k in plane) / len(plane)
            made.append((height, sum(known) / len(plane)))
        return made

    def edge_ang(self, response: Response) -> float:
        """The edge in Å that it would have by itself (rule 2)."""
        growths = [growth for _, growth in self.growths_ang()]
        mean = sum(growths) / len(growths) if growths else 0.0
        return self.block.plane.edge_ang + response.widening * mean


@dataclass(frozen=True)
class Fitted:
    """A block as it stands in a crystal: its atoms, its thickness in Å, and its strain in the plane."""

    atoms: tuple[Atom, ...]
    thickness_ang: float
    strain: float


def unchanged(block: Block) -> Filled:
    """The block with its own ions."""
    return Filled(block, tuple(atom.mix for atom in block.atoms))


def radius_ang(mix: Mix, net: NetKind) -> float | None:
    """Mean radius in Å of the ions of a site; None where the table has none of the most frequent."""
    table = spacer_table()
    radii = {symbol: table.radius_ang(symbol, net == "capped") for symbol, _ in mix}
    known = [(radii[symbol], share) for symbol, share in mix]
    whole = sum(share for radius, share in known if radius is not None)
    if 2 * whole <= sum(share for _, share in mix):
        return None
    return sum(radius * share for radius, share in known if radius is not None) / whole


def fitted(filled: Filled, response: Response, edge_ang: float, faces_ang: tuple[float, float]) -> Fitted:
    """The block in a crystal of another edge (rules 1, 3).

    Args:
        filled: block and ions.
        response: of its kind.
        edge_ang: the edge of the crystal.
        faces_ang: heights of the ligands of the sheet below over its metals, and of those of the sheet above
            under its own; 0 for bridged sheets.
    """
    block = filled.block
    low = block.below.anion_height_ang(above=True)
    high = block.above.anion_height_ang(above=False)
    own = filled.edge_ang(response)
    strain = edge_ang / own - 1
    scale = 1 - response.flattening * strain
    growths = [(height, response.growth * growth) for height, growth in filled.growths_ang()]
    nodes = [(low, 0.0)]
    risen = 0.0
    for height, growth in growths:
        nodes.append((height, risen + growth))
        risen += 2 * growth
    nodes.append((block.thickness_ang - high, risen))
    atoms = tuple(
        Atom(atom.mix, atom.u, atom.v, faces_ang[0] + scale * (atom.z - low + _between(nodes, atom.z)))
        for atom in filled.atoms
    )
    core = scale * (block.thickness_ang - low - high + risen)
    return Fitted(atoms, faces_ang[0] + core + faces_ang[1], strain)


def _between(nodes: Sequence[tuple[float, float]], height: float) -> float:
    """Rise at a height, linear between the nodes and constant beyond them."""
    if height <= nodes[0][0]:
        return nodes[0][1]
    for (low, before), (high, after) in zip(nodes, nodes[1:], strict=False):
        if low <= height <= high:
            share = (height - low) / (high - low) if high > low else 1.0
            return before + share * (after - before)
    return nodes[-1][1]


def capped_height_ang(
    block: Block, above: bool, sheet: tuple[str, str], bonds_ang: Mapping[tuple[str, str], float], edge_ang: float
) -> float:
    """Height in Å of the ligands of a capped sheet on the side of a block (rule 4).

    Args:
        block: that on this side.
        above: whether it stands above the sheet.
        sheet: metal and ligand.
        bonds_ang: usual lengths of bonds, by metal and ligand.
        edge_ang: of the crystal.
    """
    own = block.below if above else block.above
    height = own.anion_height_ang(above=above)
    length = sqrt(height**2 + (block.plane.edge_ang / 2) ** 2)
    if (own.metal, own.ligand) != sheet:
        length += bonds_ang[sheet] - bonds_ang[own.metal, own.ligand]
    rest = length**2 - (edge_ang / 2) ** 2
    if rest <= 0:
        raise ValueError(f"a bond of {length:.3f} Å does not span half an edge of {edge_ang:.3f} Å")
    return sqrt(rest)
