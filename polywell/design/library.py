"""The blocks of measured crystals, those most like one that is wanted, and the constants of the rules.

Only structures count whose heights were measured at ambient pressure on an unstrained sample
(`polywell.evidence.anchors.sound_references`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import repeat
from math import exp, log, sqrt
from statistics import fmean, median

import numpy as np

from polywell.data.built import kept
from polywell.data.charges import NetKind
from polywell.data.elements import covalent_radius
from polywell.data.reference import reference_entries, standings
from polywell.design.blocks.folding import folded_many
from polywell.design.blocks.layers import Block, Cut, NotCut, Sheet
from polywell.design.blocks.topology import planes, topology_of
from polywell.design.sizes import Blend, Filled, Mix, Response, charge, radius_ang
from polywell.evidence.anchors import sound_references
from polywell.families import built_in_families
from polywell.geometry.ions import Floats
from polywell.geometry.sites import majority, majority_formula, sites_of

KINDS = ("bridged spacer", "bridged inner", "capped spacer")
"""Kinds of blocks, each with constants of its own."""

NOISE_ANG = 0.03
"""Å: what heights and edges of equal blocks differ by for other reasons than the rules know."""

HEIGHTS_BEFORE = ((1.0, 0.5), (0.0, 0.1), (0.7, 0.5), (0.0, 0.1), (0.0, 0.1))
"""κ, κ_q, ν, π and π_q as expected of touching spheres and of a solid that keeps most of its volume, with
the doubt of each: what the library cannot tell stays so."""

EDGES_BEFORE = ((0.3, 0.3), (0.0, 0.1))
"""α and α_q, alike: a square of ions as wide as its cations alone would have √2, one held by its sheets
next to 0."""

NO_RADIUS_ANG = 0.2
"""Å: two different ions count as this far apart where one of them has no radius."""

CHARGE_ANG = 0.1
"""Å for each e by which the charges of two ions differ."""

NEIGHBOUR_ANG = 0.05
"""Å for each side on which the blocks beyond the sheet have other roles."""

OTHER_SHEET_ANG = 0.1
"""Å: blocks of parents with other sheets count as this much farther."""

MOST_PARENTS = 5
"""Blocks that a mean is taken of, at most."""

FADING_ANG = 0.05
"""Å: a block that is this much farther than the nearest counts 1/e of it."""

DECIMALS = 4
"""Decimals kept of fitted constants, so that equal libraries give equal crystals on every machine."""


@dataclass(frozen=True)
class Member:
    """A measured crystal in the smallest cell of its sheets, and the compound that it is up to doping."""

    cut: Cut
    compound: str
    standing: str


@dataclass(frozen=True)
class Library:
    """Measured crystals, cut; everything that is fitted is fitted to these alone."""

    members: tuple[Member, ...]

    def without(self, compound: str) -> Library:
        """The library as if a compound, with all its dopings, had never been measured."""
        return Library(tuple(one for one in self.members if one.compound != compound))

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks, in order of their parents."""
        return tuple(block for one in self.members for block in one.cut.blocks)

    @cached_property
    def by_topology(self) -> Mapping[str, tuple[Block, ...]]:
        """Blocks of equal topology together."""
        together: dict[str, list[Block]] = defaultdict(list)
        for block in self.blocks:
            together[topology_of(block)].append(block)
        return {key: tuple(some) for key, some in sorted(together.items())}

    @cached_property
    def edges_ang(self) -> Mapping[tuple[str, str], float]:
        """The edge in Å of a sheet by itself: the median among the crystals with such sheets."""
        found: dict[tuple[str, str], list[float]] = defaultdict(list)
        for one in self.members:
            sheet = one.cut.sheets[0]
            found[sheet.metal, sheet.ligand].append(one.cut.plane.edge_ang)
        return {sheet: round(median(edges), DECIMALS) for sheet, edges in sorted(found.items())}

    @cached_property
    def bonds_ang(self) -> Mapping[tuple[str, str], float]:
        """Lengths in Å of the bonds of capped sheets: medians, and sums of covalent radii beside them.

        A sheet that no crystal has takes the sum of the covalent radii, corrected by what the measured ones
        differ from theirs in the median.
        """
        found: dict[tuple[str, str], list[float]] = defaultdict(list)
        for one in self.members:
            for sheet in one.cut.sheets:
                if sheet.net == "capped":
                    found[sheet.metal, sheet.ligand].extend(_bonds_ang(sheet, one.cut.plane.edge_ang))
        known = {sheet: median(lengths) for sheet, lengths in sorted(found.items()) if lengths}
        away = [length - covalent_radius(m) - covalent_radius(x) for (m, x), length in known.items()]
        off = median(away) if away else 0.0
        return _Bonds({sheet: round(length, DECIMALS) for sheet, length in known.items()}, off)

    @cached_property
    def responses(self) -> Mapping[str, Response]:
        """The constants of each kind of block, by least squares on differences within one topology."""
        return {kind: _response(kind, self.blocks) for kind in KINDS}


class _Bonds(dict[tuple[str, str], float]):
    """Lengths of bonds; one that was not measured is estimated."""

    def __init__(self, known: Mapping[tuple[str, str], float], off: float) -> None:
        super().__init__(known)
        self._off = off

    def __missing__(self, sheet: tuple[str, str]) -> float:
        return round(covalent_radius(sheet[0]) + covalent_radius(sheet[1]) + self._off, DECIMALS)


@cache
def cut_references() -> tuple[Cut | NotCut, ...]:
    """Every reference structure in the smallest cell of its sheets, or why it is not, in order of id."""
    return folded_many(reference_entries())


@cache
def measured_library() -> Library:
    """The library of the structures that come with polywell."""
    return Library(kept("library", Member, built_in_families()) or made_members())


def made_members() -> tuple[Member, ...]:
    """The members of `measured_library`, made anew."""
    compounds = {
        entry.id: majority_formula(sites_of(entry.structure))
        for entry in reference_entries()
        if entry.structure is not None
    }
    sound = sound_references()
    return tuple(
        Member(one, compounds[one.id], standings()[one.id])
        for one in cut_references()
        if isinstance(one, Cut) and one.id in sound
    )


def _bonds_ang(sheet: Sheet, edge_ang: float) -> list[float]:
    heights = [sheet.anion_height_ang(above) for above in (False, True)]
    return [sqrt(height**2 + (edge_ang / 2) ** 2) for height in heights if height]


def _response(kind: str, blocks: Iterable[Block]) -> Response:
    """The constants of the rules from heights and edges; each 0 where there is nothing to fit it to."""
    mine = [block for block in blocks if block.kind == kind]
    rows: dict[tuple[object, ...], list[tuple[float, ...]]] = defaultdict(list)
    wide: dict[tuple[object, ...], list[tuple[float, ...]]] = defaultdict(list)
    for block in mine:
        edge = block.plane.edge_ang
        key = (topology_of(block), block.below.metal, block.below.ligand)
        for side, height, radius, q, polar in _apex_heights(block):
            rows[*key, side].append((height, radius, q, -log(edge), polar, polar * (q - 2)))
        sizes = _cation_sizes(block)
        if sizes is not None:
            wide[key].append((edge, *sizes))
    heights = [_away(some, 3) for some in rows.values()]
    growth, push, flattening, polar, polar_charge = _fitted(heights, HEIGHTS_BEFORE)
    widening, pull = _fitted([_away(some) for some in wide.values()], EDGES_BEFORE)
    count = sum(len(some) for some in rows.values())
    return Response(growth, push, flattening, polar, polar_charge, widening, pull, count)


def _away(rows: Sequence[tuple[float, ...]], scaled: int | None = None) -> Floats:
    """Rows less their mean; the column `scaled` is multiplied by the mean of the first."""
    table = np.array(rows)
    means = table.mean(axis=0)
    away: Floats = table - means
    if scaled is not None:
        away[:, scaled] *= means[0]
    return away


def _fitted(tables: Sequence[Floats], before: Sequence[tuple[float, float]]) -> list[float]:
    """Coefficients of all columns but the first, from what was expected of them and from the tables."""
    means, spreads = np.array(before).T
    table = np.concatenate([np.zeros((0, len(before) + 1)), *tables])
    columns = table[:, 1:] * spreads / NOISE_ANG
    values = (table[:, 0] - table[:, 1:] @ means) / NOISE_ANG
    away = np.linalg.solve(columns.T @ columns + np.eye(len(before)), columns.T @ values)
    return [round(float(one), DECIMALS) + 0.0 for one in means + spreads * away]


@cache
def _apex_heights(block: Block) -> list[tuple[str, float, float, float, float]]:
    """The first plane of cations on each side of a block: side, height over the face, mean radius and charge.

    The last number is 1 where the sheet on this side stands between unlike blocks, else 0. All are
    remembered: a block stands in the library of every left-out compound but its own.
    """
    layers = planes(block)
    if not layers:
        return []
    low, high = block.below.anion_height_ang(above=True), block.above.anion_height_ang(above=False)
    polar = [float(one != block.role) for one in block.beyond]
    if len(layers) == 1:
        sizes = _sizes(block, layers[0])
        half = (block.thickness_ang - low - high) / 2
        return [] if sizes is None else [("middle", half, *sizes, fmean(polar))]
    found = []
    for side, plane, flag in (("below", layers[0], polar[0]), ("above", layers[-1], polar[1])):
        height = fmean(block.atoms[k].z for k in plane)
        sizes = _sizes(block, plane)
        if sizes is not None:
            over = height - low if side == "below" else block.thickness_ang - high - height
            found.append((side, over, *sizes, flag))
    return found


@cache
def _cation_sizes(block: Block) -> tuple[float, float] | None:
    return _sizes(block, [k for k, atom in enumerate(block.atoms) if atom.is_cation])


def _sizes(block: Block, atoms: Sequence[int]) -> tuple[float, float] | None:
    """Mean radius and mean charge of some atoms; None where one has neither."""
    radii = [radius_ang(block.atoms[k].mix, block.net) for k in atoms]
    charges = [charge(block.atoms[k].mix, block.net) for k in atoms]
    pairs = [(r, q) for r, q in zip(radii, charges, strict=True) if r is not None and q is not None]
    if not pairs or len(pairs) < len(atoms):
        return None
    return fmean(r for r, _ in pairs), fmean(q for _, q in pairs)


def distance_ang(block: Block, other: Block) -> float:
    """How far the ions of two blocks of equal topology are apart: summed differences of radii in Å.

    A charge that differs by one, other neighbours and other sheets count as further differences.
    """
    away = sum(map(_apart_ang, block.mixes, other.mixes, repeat(block.net)))
    away += NEIGHBOUR_ANG * ((block.beyond[0] != other.beyond[0]) + (block.beyond[1] != other.beyond[1]))
    same = (block.below.metal, block.below.ligand) == (other.below.metal, other.below.ligand)
    return round(away + (0.0 if same else OTHER_SHEET_ANG), 6)


@cache
def _apart_ang(mix: Mix, other: Mix, net: NetKind) -> float:
    """What the ions of two sites differ by, as `distance_ang` counts it."""
    if mix == other:
        return 0.0
    radius, known = radius_ang(mix, net), radius_ang(other, net)
    away = CHARGE_ANG * abs((charge(mix, net) or 0.0) - (charge(other, net) or 0.0))
    if radius is not None and known is not None:
        return abs(radius - known) + away
    return away + (NO_RADIUS_ANG if majority(dict(mix)) != majority(dict(other)) else 0.0)


def blend(block: Block, library: Library, topology: str | None = None) -> Blend | None:
    """The mean of the nearest blocks of equal topology with the ions of a block; None where there is none.

    Args:
        block: what is wanted.
        library: whose blocks are taken.
        topology: that of the block, where it is known.
    """
    alike = library.by_topology.get(topology or topology_of(block), ())
    ranked = sorted(((distance_ang(block, one), one.parent, k) for k, one in enumerate(alike)))[:MOST_PARENTS]
    if not ranked:
        return None
    weights = [exp((ranked[0][0] - away) / FADING_ANG) for away, _, _ in ranked]
    whole = sum(weights)
    return Blend(
        tuple(
            (Filled(alike[k], block.mixes), weight / whole)
            for (_, _, k), weight in zip(ranked, weights, strict=True)
        )
    )
