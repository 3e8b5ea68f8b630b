"""How far the cages of designs are from those of measured crystals: every compound left out in turn.

A compound is left out with all its dopings, then designed from the blocks of the others: each of its blocks takes
the nearest one of equal topology, by the radii of their ions, with the compound's own ions on its places. The
constants of the rules and the weights of the compromise are fitted without it, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil

import numpy as np

from polywell.design.assembly import Assembled, SheetName, Stiffness, assembled
from polywell.design.layers import Block, Cut
from polywell.design.library import Library, Member, measured_library, topology_of
from polywell.design.sizes import Filled, radius_ang
from polywell.families import built_in_families
from polywell.records import Entry, Phase
from polywell.screening import screen_many

GRID = tuple(round(0.25 * 2**k, 4) for k in range(-2, 9))
"""Weights that are tried for inner layers and sheets: from a sixteenth to 64, in factors of two."""

NO_RADIUS_ANG = 0.2
"""Å: two different ions count as this far apart where one of them has no radius."""

OTHER_SHEET_ANG = 0.1
"""Å: blocks of parents with other sheets count as this much farther."""


@dataclass(frozen=True)
class Missed:
    """One cage: ξ in Å as measured and as designed without its compound."""

    id: str
    compound: str
    cage: str
    apexes: tuple[str, ...]
    xi_measured_ang: float
    xi_designed_ang: float
    edge_error_ang: float
    parents: tuple[str, ...]

    @property
    def error_ang(self) -> float:
        """Designed less measured."""
        return self.xi_designed_ang - self.xi_measured_ang


@dataclass(frozen=True)
class Errors:
    """All cages that could be designed, and the crystals that could not, each with why."""

    cages: tuple[Missed, ...]
    undesigned: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rebuild:
    """A crystal as it is designed without its compound."""

    member: Member
    library: Library
    blocks: tuple[Filled, ...]
    sheet: SheetName


def distance_ang(block: Block, other: Block) -> float:
    """How far the ions of two blocks of equal topology are apart: summed differences of radii in Å."""
    away = 0.0
    for one, two in zip(_in_order(block), _in_order(other), strict=True):
        mine, theirs = block.atoms[one], other.atoms[two]
        if mine.mix == theirs.mix:
            continue
        radius, known = radius_ang(mine.mix, block.net), radius_ang(theirs.mix, other.net)
        if radius is not None and known is not None:
            away += abs(radius - known)
        elif mine.element != theirs.element:
            away += NO_RADIUS_ANG
    same = (block.below.metal, block.below.ligand) == (other.below.metal, other.below.ligand)
    return round(away + (0.0 if same else OTHER_SHEET_ANG), 6)


def nearest(block: Block, library: Library) -> Block | None:
    """The block of equal topology whose ions are most alike; None where there is none."""
    alike = library.by_topology.get(topology_of(block), ())
    return min(alike, key=lambda one: (distance_ang(block, one), one.parent), default=None)


def _in_order(block: Block) -> list[int]:
    """Atoms in an order in which blocks of equal topology correspond."""
    order = sorted(range(len(block.atoms)), key=lambda k: round(block.atoms[k].z, 1))
    cations = [k for k in order if block.atoms[k].is_cation]
    anions = [k for k in order if not block.atoms[k].is_cation]
    return [*cations, *anions]


def filled_like(block: Block, parent: Block) -> Filled:
    """A parent with the ions of another block of its topology on its places."""
    mixes = [atom.mix for atom in parent.atoms]
    for own, other in zip(_in_order(parent), _in_order(block), strict=True):
        mixes[own] = block.atoms[other].mix
    return Filled(parent, tuple(mixes))


def without_itself(member: Member, library: Library) -> Rebuild | str:
    """The blocks of a crystal from those of others, or why there are none."""
    others = library.without(member.compound)
    sheet = member.cut.sheets[0]
    name = (sheet.metal, sheet.ligand)
    if name not in others.edges_ang:
        return f"no other crystal has {sheet.name} sheets"
    found = []
    for block in member.cut.blocks:
        parent = nearest(block, others)
        if parent is None:
            return f"no other crystal has a block like {block.formula}"
        found.append(filled_like(block, parent))
    return Rebuild(member, others, tuple(found), name)


def stiffness_of(rows: Iterable[tuple[Rebuild, float]]) -> Stiffness:
    """The weights of the compromise that give the measured edges with the least mean error."""
    table = np.array([_edges_on_grid(one) - measured for one, measured in rows])
    return _best(np.abs(table).sum(axis=0))


def _best(loss: np.ndarray) -> Stiffness:
    place = int(np.argmin(np.round(loss, 6)))
    return Stiffness(GRID[place // len(GRID)], GRID[place % len(GRID)])


def _edges_on_grid(one: Rebuild) -> np.ndarray:
    """Edges in Å by the compromise for all pairs of weights."""
    spacer = [b for b in one.blocks if b.block.role == "spacer"]
    inner = [b for b in one.blocks if b.block.role == "inner"]

    def pull(some: Sequence[Filled]) -> tuple[float, float]:
        edges = [b.edge_ang(one.library.responses[b.kind]) for b in some]
        thick = [b.block.thickness_ang for b in some]
        return sum(thick), sum(t * edge for t, edge in zip(thick, edges, strict=True))

    (t_spacer, a_spacer), (t_inner, a_inner) = pull(spacer), pull(inner)
    weights = np.array(GRID)
    k_inner, k_sheet = np.repeat(weights, len(GRID)), np.tile(weights, len(GRID)) * len(one.blocks)
    edges: np.ndarray = (a_spacer + k_inner * a_inner + k_sheet * one.library.edges_ang[one.sheet]) / (
        t_spacer + k_inner * t_inner + k_sheet
    )
    return edges


@dataclass(frozen=True)
class _LeftOut:
    rebuilds: tuple[Rebuild, ...]
    undesigned: tuple[tuple[str, str], ...]
    off: np.ndarray

    def stiffness(self, compound: str | None = None) -> Stiffness:
        """Weights of the compromise, without a compound if one is named."""
        kept = np.array([one.member.compound != compound for one in self.rebuilds])
        return _best(np.abs(self.off[kept]).sum(axis=0))


@cache
def _left_out() -> _LeftOut:
    library = measured_library()
    found, undesigned = [], []
    for member in library.members:
        made = without_itself(member, library)
        if isinstance(made, str):
            undesigned.append((member.cut.id, made))
        else:
            found.append(made)
    off = np.array([_edges_on_grid(one) - one.member.cut.plane.edge_ang for one in found])
    return _LeftOut(tuple(found), tuple(undesigned), off)


@cache
def measured_stiffness() -> Stiffness:
    """The weights of the compromise, fitted to the edges of the whole library."""
    return _left_out().stiffness()


@cache
def errors() -> Errors:
    """Every crystal of the library designed without its compound, and its cages held against the measured."""
    left = _left_out()
    designs: list[tuple[Rebuild, Assembled]] = []
    undesigned = list(left.undesigned)
    for one in left.rebuilds:
        try:
            stiffness = left.stiffness(one.member.compound)
            designs.append((one, assembled(one.blocks, one.sheet, one.library, stiffness)))
        except ValueError as error:
            undesigned.append((one.member.cut.id, str(error)))
    from polywell.data.reference import reference_entries

    measured = {entry.id: entry for entry in reference_entries()}
    families = built_in_families()
    own = screen_many([measured[one.member.cut.id] for one, _ in designs], families)
    entries = [
        Entry("design", one.member.cut.id, measured[one.member.cut.id].formula,
              measured[one.member.cut.id].elements, None, sites=made.sites)
        for one, made in designs
    ]  # fmt: skip
    cages: list[Missed] = []
    for (one, made), before, after in zip(designs, own, screen_many(entries, families), strict=True):
        parents = tuple(dict.fromkeys(block.block.parent for block in one.blocks))
        off = made.edge_ang - one.member.cut.plane.edge_ang
        pairs = _paired(before.phases, after.phases)
        if not pairs:
            undesigned.append((one.member.cut.id, f"the design has no such cages: {after.reason or 'others'}"))
        cages.extend(
            Missed(
                before.id,
                one.member.compound,
                phase.cage,
                phase.apexes,
                phase.xi_ang,
                designed.xi_ang,
                off,
                parents,
            )
            for phase, designed in pairs
        )
    return Errors(tuple(cages), tuple(sorted(undesigned)))


def _paired(own: Sequence[Phase], other: Sequence[Phase]) -> list[tuple[Phase, Phase]]:
    """Cages of equal kind and apexes; each measured one with the one of its rank, or the nearest to it."""

    def together(phases: Sequence[Phase]) -> dict[tuple[str, tuple[str, ...]], list[Phase]]:
        found: dict[tuple[str, tuple[str, ...]], list[Phase]] = defaultdict(list)
        for phase in phases:
            found[phase.cage, tuple(sorted(phase.apexes))].append(phase)
        return {key: sorted(some, key=lambda phase: phase.xi_ang) for key, some in found.items()}

    mine, theirs = together(own), together(other)
    pairs = []
    for key, phases in mine.items():
        made = theirs.get(key, [])
        if len(made) == len(phases):
            pairs.extend(zip(phases, made, strict=True))
        elif made:
            pairs.extend((one, min(made, key=lambda two: abs(two.xi_ang - one.xi_ang))) for one in phases)
    return pairs


def quantile_ang(cages: Sequence[Missed], share: float) -> float:
    """The error in Å that this share of the cages does not exceed, without its sign."""
    ordered = sorted(abs(one.error_ang) for one in cages)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def cut_members(library: Library) -> Iterable[Cut]:
    """The crystals of a library."""
    return (one.cut for one in library.members)
