"""How far the cages of designs are from those of measured crystals: every compound left out in turn.

A compound is left out with all its dopings, then designed from the blocks of the others: each of its blocks
is the mean of the nearest ones of equal topology, by their ions, with the compound's own ions on their
places. The constants of the rules and the weights of the compromise are fitted without it, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil

import numpy as np

from polywell.data.reference import reference_entries
from polywell.design.assembly import SheetName, Stiffness, assembled
from polywell.design.library import Library, Member, blend, measured_library
from polywell.design.sizes import Blend
from polywell.families import built_in_families
from polywell.records import Entry, Phase
from polywell.screening import screen_many

GRID = tuple(round(0.25 * 2**k, 4) for k in range(-2, 9))
"""Weights that are tried for inner layers and sheets: from a sixteenth to 64, in factors of two."""

PURE = 0.9
"""Share of the ligands of a sheet that are of one kind, at least."""


@dataclass(frozen=True)
class Missed:
    """One cage: ξ in Å as measured and as designed without its compound."""

    id: str
    compound: str
    cage: str
    apexes: tuple[str, ...]
    xi_measured_ang: float
    xi_designed_ang: float
    parents: tuple[str, ...]

    @property
    def error_ang(self) -> float:
        """Designed less measured."""
        return self.xi_designed_ang - self.xi_measured_ang


@dataclass(frozen=True)
class Rebuild:
    """A crystal as it is designed without its compound."""

    member: Member
    library: Library
    blocks: tuple[Blend, ...]
    sheet: SheetName


def without_itself(member: Member, others: Library) -> Rebuild | str:
    """The blocks of a crystal from those of others, or why there are none."""
    sheet = member.cut.sheets[0]
    name = (sheet.metal, sheet.ligand)
    for mixed in (atom for one in member.cut.sheets for atom in one.atoms if not atom.is_cation):
        if dict(mixed.mix)[mixed.element] < PURE * sum(share for _, share in mixed.mix):
            return "its sheets hold ligands of two kinds, those of designs one"
    if name[0] not in built_in_families().metals:
        return f"the λ table has no {name[0]}"
    if name not in others.edges_ang:
        return f"no other crystal has {sheet.name} sheets"
    found = []
    for block in member.cut.blocks:
        mean = blend(block, others)
        if mean is None:
            return f"no other crystal has a block like {block.formula}"
        found.append(mean)
    return Rebuild(member, others, tuple(found), name)


def _edges_on_grid(one: Rebuild) -> np.ndarray:
    """Edges in Å by the compromise for all pairs of weights."""
    spacer = [b for b in one.blocks if b.role == "spacer"]
    inner = [b for b in one.blocks if b.role == "inner"]

    def pull(some: Sequence[Blend]) -> tuple[float, float]:
        edges = [b.edge_ang(one.library.responses[b.kind]) for b in some]
        thick = [b.thickness_ang for b in some]
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
        """The weights with the least mean error of the edges, without a compound if one is named."""
        kept = np.array([one.member.compound != compound for one in self.rebuilds])
        place = int(np.argmin(np.round(np.abs(self.off[kept]).sum(axis=0), 6)))
        return Stiffness(GRID[place // len(GRID)], GRID[place % len(GRID)])


def _each_left_out(library: Library) -> _LeftOut:
    found, undesigned = [], []
    without = {compound: library.without(compound) for compound in {one.compound for one in library.members}}
    for member in library.members:
        made = without_itself(member, without[member.compound])
        if isinstance(made, str):
            undesigned.append((member.cut.id, made))
        else:
            found.append(made)
    off = np.array([_edges_on_grid(one) - one.member.cut.plane.edge_ang for one in found])
    return _LeftOut(tuple(found), tuple(undesigned), off)


MEASURED_STIFFNESS = Stiffness(inner=2.0, sheet=0.0625)
"""Those of the whole library by `stiffness_of_library`, fitted once for all runs; a test fits them anew."""

UNFITTED = Stiffness(1.0, 1.0)
"""Weights where no crystal of a library can be built of the others: every Å and every sheet alike."""


def stiffness_of_library(library: Library) -> Stiffness:
    """The weights of the compromise, fitted to the edges of the crystals that others can build."""
    left = _each_left_out(library)
    return left.stiffness() if left.rebuilds else UNFITTED


@cache
def errors() -> tuple[tuple[Missed, ...], tuple[tuple[str, str], ...]]:
    """Every crystal of the library designed without its compound, and its cages held against the measured.

    Returns:
        All cages that could be designed, and the crystals that could not, each with why.
    """
    left = _each_left_out(measured_library())
    measured = {entry.id: entry for entry in reference_entries()}
    rebuilt: list[tuple[Rebuild, Entry, Entry]] = []
    undesigned = list(left.undesigned)
    for one in left.rebuilds:
        own = measured[one.member.cut.id]
        try:
            made = assembled(one.blocks, one.sheet, one.library, left.stiffness(one.member.compound))
        except ValueError as error:
            undesigned.append((own.id, str(error)))
            continue
        design = Entry("design", own.id, own.formula, own.elements, None, sites=made.sites)
        rebuilt.append((one, own, design))
    families = built_in_families()
    before = screen_many([own for _, own, _ in rebuilt], families)
    after = screen_many([design for _, _, design in rebuilt], families)
    cages: list[Missed] = []
    for (one, own, _), was, now in zip(rebuilt, before, after, strict=True):
        parents = tuple(dict.fromkeys(id for block in one.blocks for id in block.parents))
        pairs = _paired(was.phases, now.phases)
        if not pairs:
            undesigned.append((own.id, f"the design has no such cages: {now.reason or 'others'}"))
        for phase, designed in pairs:
            lengths = phase.xi_ang, designed.xi_ang
            cages.append(Missed(own.id, one.member.compound, phase.cage, phase.apexes, *lengths, parents))
    return tuple(cages), tuple(sorted(undesigned))


def _paired(own: Sequence[Phase], other: Sequence[Phase]) -> list[tuple[Phase, Phase]]:
    """Cages of equal kind and apexes; each measured one with the one of its rank, or the nearest to it."""

    def together(phases: Sequence[Phase]) -> dict[tuple[str, tuple[str, ...]], list[Phase]]:
        found: dict[tuple[str, tuple[str, ...]], list[Phase]] = defaultdict(list)
        for phase in phases:
            found[phase.cage, tuple(sorted(phase.apexes))].append(phase)
        return {key: sorted(some, key=lambda phase: phase.xi_ang) for key, some in found.items()}

    mine, theirs = together(own), together(other)
    pairs: list[tuple[Phase, Phase]] = []
    for key, phases in mine.items():
        made = theirs.get(key, [])
        if len(made) == len(phases):
            pairs.extend(zip(phases, made, strict=True))
        elif made:
            pairs.extend((one, min(made, key=lambda two: abs(two.xi_ang - one.xi_ang))) for one in phases)
    return pairs


def quantile_ang(cages: Sequence[Missed], share: float) -> float:
    """The error in Å that this share of the cages does not exceed, without its sign."""
    return _not_exceeded([abs(one.error_ang) for one in cages], share)


TWO_THIRDS = 2 / 3
"""Share of errors of a normal distribution within one standard deviation, nearly."""


def relative_error(cages: Sequence[Missed]) -> float:
    """The relative error of ξ that two thirds of the cages do not exceed."""
    return _not_exceeded([abs(one.error_ang) / one.xi_measured_ang for one in cages], TWO_THIRDS)


def _not_exceeded(values: Sequence[float], share: float) -> float:
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]
