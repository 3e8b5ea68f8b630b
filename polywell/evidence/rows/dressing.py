"""A prototype dressed with a composition and scaled to a cell: the features that a structure would have.

Bonds decide heights. The distance from an apex cation to the ligands around the hollow, and that from the
metal to a capping ligand, change with the radii of the ions; the edge of the net follows the cell; the height
is the third side of the triangle. Where sheets share apexes without end, the stacking axis is a sum
of heights, which follow it where it is known. Nothing here knows a T_c.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import asin, atan, degrees, sqrt
from statistics import fmean

from polywell.data.elements import LIGANDS, NET_METALS, covalent_radius
from polywell.data.spacers import mean_radius_ang, spacer_table
from polywell.data.supercon.types import StructureType
from polywell.evidence.features import NO_LIGAND, Features
from polywell.evidence.rows.filling import Filling, Mix, by_size, filled
from polywell.evidence.rows.prototypes import INFINITE, Apex, Prototype, prototypes
from polywell.families import Families
from polywell.known import Amounts, doping_distance

FOLLOWED = {"cuprate": 0.4, "iron-based": 0.8}
"""Share of a difference of radii by which a bond to an apex or a capping ligand differs. Not 1: a smaller ion
of higher charge draws the ligands out of the sheet. Chosen, as the next one, in tenths by the error of ξ over
the reference library, each structure dressed from another one (`polywell.evidence.rows.noise`)."""
EDGE_PER_RADIUS = {"cuprate": 0.5, "iron-based": 0.0}
"""Å of the edge of a net for each Å of the electropositive ions' mean radius, where no cell is known."""
EDGES_ANG = (3.6, 4.2)
"""Å: in-plane axes that are one edge (CuO2-type) or the diagonal of a square (FeAs-type)."""
AXES_DIFFER = 0.12
"""Share by which a stacking axis may differ from the prototype's and still be of the same setting."""

METALS = {"cuprate": "Cu", "iron-based": "Fe"}


@dataclass(frozen=True)
class Cell:
    """In-plane and stacking axes as reported, in Å; None where they are not."""

    a_ang: float | None = None
    b_ang: float | None = None
    c_ang: float | None = None


@dataclass(frozen=True)
class Dressed:
    """Features of a composition in a structure type.

    `same_compound` tells that the composition is a doping of the prototype. `compound` is a key that dopings
    of one compound share: the type, and the commonest ion of each site.
    """

    features: Features
    same_compound: bool
    compound: str


def dressed(
    amounts: Mapping[str, float],
    kind: StructureType,
    cell: Cell,
    families: Families,
    without: Sequence[str] = (),
) -> Dressed | None:
    """Dress the nearest prototype of a structure type.

    Args:
        amounts: ions of the composition.
        kind: its structure type.
        cell: its cell, as far as it is known.
        families: the λ table of the prototypes.
        without: ids of reference structures that may not serve, to measure what the dressing errs.

    Returns:
        None where no prototype is left, or another metal than the family's is the commonest of the sheets.
    """
    held = filled(amounts, kind)
    metal = METALS[kind.family]
    if not held.sheets or max(sorted(held.sheets), key=lambda symbol: held.sheets[symbol]) != metal:
        return None
    own = _per_metal(amounts, metal)
    base = _nearest(own, kind.prototypes, families, without)
    if base is None:
        return None
    prototype, distance = base
    fluorite = _nearest(own, kind.fluorite, families, without) if kind.fluorite else None
    if kind.fluorite and fluorite is None:
        return None
    over_capped = prototype.anion_ang is not None
    if fluorite is not None:
        outermost = max(prototype.outer, key=lambda apex: _site_radius(prototype, apex))
        mixes = by_size(held.electropositive, [kind.outer / kind.a, 1 - kind.outer / kind.a], over_capped)
        cages = [[(prototype, outermost, mixes[0]), (fluorite[0], fluorite[0].ceiling[0], mixes[1])]] * 2
    else:
        mixes = by_size(held.electropositive, [site.share for site in prototype.sites], over_capped)
        of_site = {site.name: mix for site, mix in zip(prototype.sites, mixes, strict=True)}
        cages = [
            [(prototype, apex, of_site.get(apex.site or "", {})) for apex in cage]
            for cage in (prototype.ceiling, prototype.outer)
        ]
    net = _Net.of(prototype, held, cell, kind.family)
    return Dressed(
        features=_features(prototype, kind, held, net, cages, cell),
        same_compound=distance is not None and not kind.fluorite,
        compound=_compound(kind, held, mixes),
    )


@dataclass(frozen=True)
class _Net:
    """Lengths of the dressed net in Å beside those of the prototype; the diagonal is √2 edges."""

    edge: float
    edge_before: float
    anion: float | None
    anion_before: float | None
    anion_grows: float
    followed: float

    @staticmethod
    def of(prototype: Prototype, held: Filling, cell: Cell, family: str) -> _Net:
        over_capped = prototype.anion_ang is not None
        followed = FOLLOWED[family]
        before = prototype.edge_ang
        slope = EDGE_PER_RADIUS[family]
        edge = _edge_of_cell(cell, over_capped) or before + slope * _radius_grows(
            prototype, held, over_capped
        )
        if prototype.anion_ang is None:
            return _Net(edge, before, None, None, 0.0, followed)
        grows = followed * (_mean_ligand(held) - covalent_radius(prototype.features.ligand))
        height = _third_side(prototype.anion_ang, before / sqrt(2), edge / sqrt(2), grows)
        return _Net(edge, before, height, prototype.anion_ang, grows, followed)

    def height(self, prototype: Prototype, apex: Apex, grows: float, axis: float | None) -> float:
        """Height of an apex whose ion is larger by `grows`; `axis`: by what a stacking axis is longer."""
        grows *= self.followed
        if self.anion is None or self.anion_before is None:
            if axis is not None:
                return apex.height_ang * axis
            return _third_side(apex.height_ang, self.edge_before / 2, self.edge / 2, grows)
        if apex.site is None:
            return apex.height_ang * self.anion / self.anion_before
        if axis is not None:
            return apex.height_ang * axis
        above = apex.height_ang - self.anion_before
        beside, before = self.edge / sqrt(2), self.edge_before / sqrt(2)
        return self.anion + _third_side(above, before, beside, grows + self.anion_grows)


def _third_side(height: float, beside_before: float, beside: float, grows: float) -> float:
    """A height whose bond was √(height² + beside_before²), with a bond longer by `grows` and another base."""
    bond = sqrt(height**2 + beside_before**2) + grows
    return sqrt(max(bond**2 - beside**2, (height / 2) ** 2))


def _features(
    prototype: Prototype,
    kind: StructureType,
    held: Filling,
    net: _Net,
    cages: Sequence[Sequence[tuple[Prototype, Apex, Mix]]],
    cell: Cell,
) -> Features:
    over_capped = net.anion is not None
    base = prototype.features
    axis = _axis_grows(prototype, cell) if base.sheets_per_block == INFINITE else None
    heights: list[list[float]] = []
    radii: list[float | None] = []
    for cage in cages:
        own = [(of, apex, mean_radius_ang(mix, over_capped)) for of, apex, mix in cage]
        heights.append(
            [
                net.height(of, apex, 0.0 if radius is None else radius - _site_radius(of, apex), axis)
                for of, apex, radius in own
            ]
        )
        known = [radius for _, apex, radius in own if radius is not None and apex.site is not None]
        radii.append(fmean(known) if known else None)
    if sum(heights[0]) > sum(heights[1]):  # the ceiling is the smaller cage, whichever it was before
        heights.reverse()
        radii.reverse()
        cages = cages[::-1]
    sheets = "1" if kind.fluorite else str(kind.sheets or base.sheets_per_block)
    bond, angle = _bond_and_angle(base, net)
    return replace(
        base,
        family=kind.family,
        xi_ceiling_ang=sum(heights[0]),
        xi_outer_ang=sum(heights[1]),
        apex_radius_inner_ang=radii[0],
        apex_radius_outer_ang=radii[1],
        sheets_per_block=sheets,
        sheet_distance_ang=None if kind.fluorite else _sheet_distance(base, cages, heights),
        bond_ang=bond,
        bond_angle_deg=angle,
        ligand=max(sorted(held.ligands), key=lambda symbol: held.ligands[symbol]),
        anion_height_ang=net.anion,
        anion_angle_deg=None if net.anion is None else 2 * degrees(atan(net.edge / sqrt(2) / net.anion)),
        spacer=_spacer(base, kind, held),
        net_disorder=_disorder(held, kind),
        pressure_gpa=None,
    )


def _bond_and_angle(base: Features, net: _Net) -> tuple[float, float]:
    if net.anion is not None:
        bond = sqrt(net.anion**2 + net.edge**2 / 2)
    else:
        bond = sqrt(max(base.bond_ang**2 + (net.edge**2 - net.edge_before**2) / 4, (net.edge / 2) ** 2))
    return bond, 2 * degrees(asin(min(net.edge / (2 * bond), 1.0)))


def _sheet_distance(
    base: Features,
    cages: Sequence[Sequence[tuple[Prototype, Apex, Mix]]],
    heights: Sequence[Sequence[float]],
) -> float | None:
    """Twice the height of the apex that two sheets share: that whose double was the distance before."""
    if base.sheet_distance_ang is None:
        return None
    before = base.sheet_distance_ang
    pairs = [
        (abs(2 * apex.height_ang - before), 2 * (new - apex.height_ang))
        for cage, row in zip(cages, heights, strict=True)
        for (_, apex, _), new in zip(cage, row, strict=True)
        if apex.site is not None
    ]
    return before + min(pairs)[1] if pairs else before


def _spacer(base: Features, kind: StructureType, held: Filling) -> str:
    """Class of the spacer: by its cations where the type has any, by its anions, else the prototype's."""
    table = spacer_table()
    if not held.spacer:
        halide, oxide = table.named("halogens"), table.named("apical anions")
        fluorite = table.named("other anions")
        if kind.halogens:
            return halide
        if base.spacer not in (halide, oxide, fluorite):
            return base.spacer
        if kind.family == "iron-based" and held.halogens > held.light / 2:
            return halide
        return fluorite if base.apical == NO_LIGAND else oxide
    amounts = {row.name: 0.0 for row in table.classes}
    of_cation = {symbol: row.name for row in table.classes for symbol in row.cations}
    for symbol, amount in held.spacer.items():
        if symbol in table.oxyanion_centres:
            amounts[table.named("oxyanion")] += amount
        elif symbol in of_cation:
            amounts[of_cation[symbol]] += amount
        elif symbol == "Cu":
            amounts[table.named("net metal")] += amount
        else:
            amounts[table.named("any cation")] += amount
    return max(amounts, key=lambda name: amounts[name])


def _disorder(held: Filling, kind: StructureType) -> float:
    """Share of the sites of the sheets with another metal, and in iron-based compounds with none."""
    places = sum(held.sheets.values())
    if kind.family == "iron-based":
        places = max(places, kind.rest - kind.spacer)
    return max(0.0, 1.0 - held.sheets[METALS[kind.family]] / places)


def _compound(kind: StructureType, held: Filling, mixes: Sequence[Mix]) -> str:
    """The type with the commonest ion of each site, of the spacer and, among several, of the ligands."""
    parts = [max(sorted(mix), key=lambda symbol: mix[symbol]) for mix in (*mixes, held.spacer) if mix]
    if kind.family == "iron-based":
        parts.append(max(sorted(held.ligands), key=lambda symbol: held.ligands[symbol]))
    return f"{kind.name}: {' '.join(parts)}"


def _nearest(
    own: Amounts, types: Sequence[str], families: Families, without: Sequence[str]
) -> tuple[Prototype, float | None] | None:
    """The prototype nearest in composition, doubts counted, and its distance where it is only doping."""
    known = prototypes(families)
    left = [one for name in types for one in known.get(name, ()) if one.id not in without]
    if not left:
        return None
    nearest = min(left, key=lambda one: (_apart(own, one.amounts) + one.doubt, one.id))
    return nearest, doping_distance(own, nearest.amounts)


def _apart(one: Amounts, other: Amounts) -> float:
    """Ions for each metal that differ, whatever they are."""
    apart = 0.0
    for mine, theirs in ((one.cations, other.cations), (one.anions, other.anions)):
        apart += sum(abs(amount - theirs.get(symbol, 0.0)) for symbol, amount in mine.items())
        apart += sum(amount for symbol, amount in theirs.items() if symbol not in mine)
    return round(apart, 6)


def _per_metal(amounts: Mapping[str, float], metal: str) -> Amounts:
    metals = frozenset(symbol for symbol in amounts if symbol in NET_METALS)
    per = sum(amounts[symbol] for symbol in sorted(metals)) or 1.0
    cations = {symbol: amount / per for symbol, amount in amounts.items() if symbol not in LIGANDS}
    anions = {symbol: amount / per for symbol, amount in amounts.items() if symbol in LIGANDS}
    return Amounts(metals, cations, anions, sum(cations.values()))


def _site_radius(prototype: Prototype, apex: Apex) -> float:
    return next((site.radius_ang for site in prototype.sites if site.name == apex.site), 0.0)


def _radius_grows(prototype: Prototype, held: Filling, over_capped: bool) -> float:
    """Mean radius of all electropositive ions, less that of the prototype's; 0 without any."""
    before = sum(site.share * site.radius_ang for site in prototype.sites)
    after = mean_radius_ang(held.electropositive, over_capped)
    return 0.0 if after is None or not prototype.sites else after - before


def _mean_ligand(held: Filling) -> float:
    whole = sum(held.ligands.values())
    return sum(amount * covalent_radius(symbol) for symbol, amount in held.ligands.items()) / whole


def _edge_of_cell(cell: Cell, over_capped: bool) -> float | None:
    """The edge of the net in Å from the in-plane axes, whose setting may be turned by 45°; else None."""
    axes = [axis for axis in (cell.a_ang, cell.b_ang) if axis is not None]
    edges = [axis if axis < EDGES_ANG[1] else axis / sqrt(2) for axis in axes]
    if not edges or not all(EDGES_ANG[0] <= edge <= EDGES_ANG[1] for edge in edges):
        return None
    return fmean(edges) / (sqrt(2) if over_capped else 1)


def _axis_grows(prototype: Prototype, cell: Cell) -> float | None:
    """The stacking axis over that of the prototype; None where it is unknown or of another setting."""
    if cell.c_ang is None:
        return None
    grows = cell.c_ang / prototype.c_ang
    return grows if abs(grows - 1) <= AXES_DIFFER else None
