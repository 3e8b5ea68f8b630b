"""Every block of some crystals, and the kinds among them: equal places of the square, equal ions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import fmean

from polywell.design.blocks.cutting import cut_many
from polywell.design.blocks.folding import folded_many
from polywell.design.blocks.layers import Atom, Block, Cut, NotCut, amounts_of, written
from polywell.design.blocks.topology import ions, topology_of
from polywell.design.library import measured_library
from polywell.design.substitutions import pure
from polywell.records import Entry

REFERENCE = "reference"
"""Name of the source that the reference library is."""

TOGETHER = 100
"""Crystals whose geometry is found at once."""


@dataclass(frozen=True)
class BlockRow:
    """One block of one crystal; lengths in Å, charge in e, shift in fractions of the plane.

    Formula and charge are those for one metal of the sheets (two of FeAs-type ones); `charge` is None where
    an element has no usual one. `apex_below` and `apex_above` are the ions with which it closes cages of the
    sheet below and above. `atoms` gives element, shares where they are several, u, v and the height over the
    sheet below. `smallest` says that it stands in the smallest square cell, `lent` that designs are made of
    it.
    """

    source: str
    id: str
    number: int
    formula: str
    net: str
    role: str
    topology: str
    metal: str
    ligand: str
    charge: float | None
    thickness_ang: float
    a_ang: float
    b_ang: float
    gamma_deg: float
    edge_ang: float
    shift_u: float
    shift_v: float
    apex_below: str
    apex_above: str
    atoms: str
    smallest: bool
    lent: bool


@dataclass(frozen=True, eq=False)
class BlockKind:
    """Blocks of equal topology and ions; the first row and `block`, its picture, stand for all of them."""

    block: Block
    rows: tuple[BlockRow, ...]

    @property
    def first(self) -> BlockRow:
        """The row that stands for the kind."""
        return self.rows[0]

    @property
    def name(self) -> str:
        """Formula with every site as its most frequent element."""
        return written(amounts_of(pure(self.block).atoms), self.block.cells)

    @property
    def charge(self) -> float | None:
        """Charge in e with every site as its most frequent element; None where one has no usual charge."""
        whole = pure(self.block).charge
        return None if whole is None else whole / self.block.cells

    @property
    def sheets(self) -> tuple[str, ...]:
        """Sheets beside which it stands, such as CuO2."""
        two = 2 if self.block.net == "bridged" else ""
        return tuple(sorted({f"{row.metal}{row.ligand}{two}" for row in self.rows}))

    @property
    def parents(self) -> tuple[str, ...]:
        """Crystals that have it, each once; those not of the library with the kind of their source."""
        names = (
            row.id if row.source == REFERENCE else f"{row.id} ({row.source.partition(':')[0]})"
            for row in self.rows
        )
        return tuple(dict.fromkeys(names))

    @property
    def thickness_ang(self) -> float:
        """Mean thickness in Å."""
        return fmean(row.thickness_ang for row in self.rows)

    @property
    def edge_ang(self) -> float:
        """Mean edge in Å."""
        return fmean(row.edge_ang for row in self.rows)

    @property
    def spread_ang(self) -> float:
        """Largest difference of two thicknesses in Å."""
        found = [row.thickness_ang for row in self.rows]
        return max(found) - min(found)

    @property
    def lent(self) -> bool:
        """Whether designs are made of one of them."""
        return any(row.lent for row in self.rows)


@dataclass(frozen=True)
class Inventory:
    """All blocks of some crystals: kinds, those of most crystals first, and what was not cut, with why."""

    kinds: tuple[BlockKind, ...]
    crystals: int
    missing: tuple[NotCut, ...]

    @property
    def rows(self) -> tuple[BlockRow, ...]:
        """Every block, by source, crystal and place."""
        every = (row for kind in self.kinds for row in kind.rows)
        return tuple(sorted(every, key=lambda row: (row.source != REFERENCE, row.source, row.id, row.number)))


Whole = tuple[Entry, Cut | NotCut, bool]
"""An entry, its blocks, and whether they stand in the smallest square cell."""


def _cut(entries: Iterable[Entry]) -> Iterator[Whole]:
    """Entries in the smallest cell of their sheets, and all others in the cell that they have."""
    left = iter(entries)
    while some := list(islice(left, TOGETHER)):
        known = list(zip(some, folded_many(some), strict=True))
        others = iter(cut_many([entry for entry, small in known if isinstance(small, NotCut)]))
        for entry, small in known:
            yield (entry, small, True) if isinstance(small, Cut) else (entry, next(others), False)


def inventory(entries: Iterable[Entry]) -> Inventory:
    """The blocks of some entries: in the smallest square cell of their sheets where they fit it.

    Args:
        entries: with structures, such as those of the reference library and the candidates of a list.
    """
    lenders = {member.cut.id for member in measured_library().members}
    found: dict[tuple[str, tuple[str, ...]], list[tuple[BlockRow, Block]]] = defaultdict(list)
    missing, count = [], 0
    for entry, whole, smallest in _cut(entries):
        if isinstance(whole, NotCut):
            missing.append(whole)
            continue
        count += 1
        lent = smallest and entry.source == REFERENCE and entry.id in lenders
        for number, block in enumerate(whole.blocks):
            row = _row(entry, number, block, smallest, lent)
            found[row.topology, ions(block)].append((row, block))
    kinds = [_kind(some) for some in found.values()]
    return Inventory(
        tuple(sorted(kinds, key=lambda one: (-len(one.parents), one.first.formula, one.first.topology))),
        count,
        tuple(missing),
    )


def _kind(some: Sequence[tuple[BlockRow, Block]]) -> BlockKind:
    """The best of them first: lent ones, then those of the reference library, then by id."""
    order = sorted(
        some, key=lambda one: (not one[0].lent, one[0].source != REFERENCE, one[0].id, one[0].number)
    )
    return BlockKind(order[0][1], tuple(row for row, _ in order))


def _row(entry: Entry, number: int, block: Block, smallest: bool, lent: bool) -> BlockRow:
    return BlockRow(
        source=entry.source,
        id=entry.id,
        number=number,
        formula=block.formula,
        net=block.net,
        role=block.role,
        topology=topology_of(block),
        metal=block.below.metal,
        ligand=block.below.ligand,
        charge=None if block.charge is None else round(block.charge / block.cells, 4),
        thickness_ang=round(block.thickness_ang, 4),
        a_ang=round(block.plane.a_ang, 4),
        b_ang=round(block.plane.b_ang, 4),
        gamma_deg=round(block.plane.gamma_deg, 3),
        edge_ang=round(block.plane.edge_ang / block.cells**0.5, 4),
        shift_u=round(block.shift[0], 4),
        shift_v=round(block.shift[1], 4),
        apex_below=" ".join(block.apexes[0]),
        apex_above=" ".join(block.apexes[1]),
        atoms="; ".join(map(_place, block.atoms)),
        smallest=smallest,
        lent=lent,
    )


def _place(atom: Atom) -> str:
    only = len(atom.mix) == 1 and atom.mix[0][1] == 1.0
    name = atom.element if only else "+".join(f"{symbol}{share:g}" for symbol, share in atom.mix)
    return f"{name} {atom.u:.4f} {atom.v:.4f} {atom.z:.4f}"
