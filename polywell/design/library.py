"""The blocks of measured crystals, and the constants of the rules, fitted to their lengths.

Only structures count whose heights were measured at ambient pressure on an unstrained sample
(`polywell.evidence.anchors.sound_references`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import log, sqrt
from statistics import fmean, median

import numpy as np

from polywell.data.elements import covalent_radius
from polywell.data.reference import reference_entries, standings
from polywell.design.folding import folded
from polywell.design.layers import Block, Cut, NotCut, Sheet
from polywell.design.sizes import Response, radius_ang
from polywell.design.topology import planes, topology
from polywell.evidence.anchors import sound_references
from polywell.geometry.sites import majority_formula, sites_of

KINDS = ("bridged spacer", "bridged inner", "capped spacer")
"""Kinds of blocks, each with constants of its own."""

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
def topology_of(block: Block) -> str:
    """As `polywell.design.topology.topology`, remembered."""
    return topology(block)


@cache
def cut_references() -> tuple[Cut | NotCut, ...]:
    """Every reference structure in the smallest cell of its sheets, or why it is not, in order of id."""
    return tuple(folded(entry) for entry in reference_entries())


@cache
def measured_library() -> Library:
    """The library of the structures that come with polywell."""
    compounds = {
        entry.id: majority_formula(sites_of(entry.structure))
        for entry in reference_entries()
        if entry.structure is not None
    }
    sound = sound_references()
    return Library(
        tuple(
            Member(one, compounds[one.id], standings()[one.id])
            for one in cut_references()
            if isinstance(one, Cut) and one.id in sound
        )
    )


def _bonds_ang(sheet: Sheet, edge_ang: float) -> list[float]:
    heights = [sheet.anion_height_ang(above) for above in (False, True)]
    return [sqrt(height**2 + (edge_ang / 2) ** 2) for height in heights if height]


def _response(kind: str, blocks: Iterable[Block]) -> Response:
    """κ and ν from heights, κ_a from edges; each 0 where there is nothing to fit it to."""
    mine = [block for block in blocks if f"{block.net} {block.role}" == kind]
    rows: dict[tuple[object, ...], list[tuple[float, float, float]]] = defaultdict(list)
    wide: dict[tuple[object, ...], list[tuple[float, float]]] = defaultdict(list)
    for block in mine:
        edge = block.plane.edge_ang
        key = (topology_of(block), block.below.metal, block.below.ligand)
        for side, height, radius in _apex_heights(block):
            rows[*key, side].append((height, radius, log(edge)))
        radii = [radius_ang(atom.mix, block.net) for atom in block.atoms if atom.is_cation]
        known = [radius for radius in radii if radius is not None]
        if known:
            wide[key].append((edge, fmean(known)))
    heights, columns = [], []
    for some in rows.values():
        table = np.array(some)
        means = table.mean(axis=0)
        away = table - means
        heights.extend(away[:, 0])
        columns.extend(np.column_stack((away[:, 1], -means[0] * away[:, 2])))
    growth, flattening = _least_squares(np.array(columns).reshape(-1, 2), np.array(heights))
    edges, radii_away = [], []
    for pairs in wide.values():
        table = np.array(pairs)
        away = table - table.mean(axis=0)
        edges.extend(away[:, 0])
        radii_away.extend(away[:, 1:])
    (widening,) = _least_squares(np.array(radii_away).reshape(-1, 1), np.array(edges))
    return Response(growth, flattening, widening, len(heights))


def _least_squares(columns: np.ndarray, values: np.ndarray) -> list[float]:
    if not len(values):
        return [0.0] * columns.shape[1]
    solved, *_ = np.linalg.lstsq(columns, values, rcond=1e-8)
    return [round(float(one), DECIMALS) + 0.0 for one in solved]


def _apex_heights(block: Block) -> Sequence[tuple[str, float, float]]:
    """Side, height over the face in Å and mean radius of the first plane of cations on each side."""
    layers = planes(block)
    if not layers:
        return ()
    low, high = block.below.anion_height_ang(above=True), block.above.anion_height_ang(above=False)

    def at(plane: Sequence[int]) -> tuple[float, float | None]:
        radii = [radius_ang(block.atoms[k].mix, block.net) for k in plane]
        known = [radius for radius in radii if radius is not None]
        height = fmean(block.atoms[k].z for k in plane)
        return height, fmean(known) if len(known) == len(plane) else None

    if len(layers) == 1:
        _, radius = at(layers[0])
        return () if radius is None else (("middle", (block.thickness_ang - low - high) / 2, radius),)
    (first, one), (last, other) = at(layers[0]), at(layers[-1])
    found = []
    if one is not None:
        found.append(("below", first - low, one))
    if other is not None:
        found.append(("above", block.thickness_ang - high - last, other))
    return found
