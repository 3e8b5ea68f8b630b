"""The signature of a layered compound: what stands around its sheets, from the sheets outward."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polywell.data.elements import HALOGENS, LIGANDS
from polywell.data.spacers import spacer_table
from polywell.data.supercon.types import APICAL_AND_ELECTROPOSITIVE, HEAVY, PNICTOGENS_AND_CHALCOGENS
from polywell.geometry.cages import NONAHEDRON, OCTAHEDRON
from polywell.geometry.find import Geometry, Net
from polywell.geometry.ions import Floats
from polywell.geometry.layers.blocks import blocks
from polywell.geometry.nets.square_nets import BRIDGED, CAPPED
from polywell.novelty.series import Series, Surrounded, member_of
from polywell.novelty.written import written
from polywell.records import Phase

ELECTROPOSITIVE = APICAL_AND_ELECTROPOSITIVE | frozenset("Fr Ra Ac Pa Np Pu".split())
"""Ions of `a` in `tables/series.toml`; those that no superconductor of SuperCon holds among them."""
PLANE_ANG = 0.7
"""Å: cations whose distances from the nearest sheet follow each other more closely are one plane."""
CLIMB_ANG = 0.3
"""Å: two vectors of the lattice that climb equally, but for the error of a cell."""


@dataclass(frozen=True)
class Signature:
    """How a compound is stacked, the name that its series gives it, and its formula as chemists write it.

    `text` reads from the sheets outward: metal and ligand of the net, sheets in a block, ions between
    them, then the planes of cations in order of their distance, such as ``CuO2 x3 | Ca | Ba | Hg``.
    """

    text: str
    series: str | None
    formula: str


def signature(geometry: Geometry, structure: int, ceiling: Phase) -> Signature:
    """The signature of one structure.

    Args:
        geometry: what was found in a batch of structures.
        structure: number of the structure in the batch.
        ceiling: its cage that gives the ceiling; nets of its metal and kind are the sheets.
    """
    kind = BRIDGED if ceiling.cage == OCTAHEDRON else CAPPED
    nets = [one for one in geometry.nets(structure) if one.kind == kind and one.sheet.metal == ceiling.metal]
    caged = [net for net in nets if net.cages]
    cages = [cage for net in caged for cage in net.cages]
    together = blocks(nets[0].among.nets, cages)
    found = [together.of_net[net.number].sheets or 0 for net in caged]
    sheets = max(found) if all(found) else 0
    outside = _outside(geometry, structure, nets)
    metals = sum(len(net.metals) for net in nets)
    per = (max(sheets, 1) if kind == BRIDGED else 1) / metals
    amounts = _amounts(geometry, outside)
    around = _surrounded(amounts, nets[0], ceiling, sheets, per, _sided(geometry, caged))
    row = member_of(around) if len(set(found)) == 1 else None
    between = {geometry.ions.elements[ion] for ion in together.shared}
    planes = _planes(geometry, nets, [ion for ion in outside if ion not in together.shared])
    count = "x" + "+".join(str(number or "inf") for number in sorted(set(found)))
    stacked = [f"{ceiling.metal}{ceiling.ligand} {count}", " ".join(sorted(between)) or "-", *planes]
    return Signature(
        text=" | ".join(stacked),
        series=None if row is None else row.called(max(sheets, 1), around.spacer_of),
        formula=written(
            geometry.sites[structure].amounts, ceiling.metal, kind == BRIDGED, _units(row, sheets, metals)
        ),
    )


def _units(row: Series | None, sheets: int, metals: int) -> float | None:
    """Formula units in the cell; None where no series says what one is."""
    if row is None:
        return None
    return metals / (row.unit or max(sheets, 1))


def _outside(geometry: Geometry, structure: int, nets: Sequence[Net]) -> list[int]:
    inside = {ion for net in nets for ion in (*net.metals, *net.ligands)}
    members = geometry.ions.members(structure)
    return [
        ion
        for ion in range(members.start, members.stop)
        if ion not in inside and not geometry.ions.is_hole[ion]
    ]


def _amounts(geometry: Geometry, ions: Sequence[int]) -> dict[str, float]:
    amounts: dict[str, float] = defaultdict(float)
    for ion in ions:
        for symbol, amount in geometry.ions.mixes[ion].items():
            amounts[symbol] += amount
    return dict(amounts)


def is_spacer(symbol: str, bridged: bool) -> bool:
    """Whether an ion outside the nets is a cation of the spacer: neither of `a` nor an anion."""
    if symbol in ELECTROPOSITIVE:
        return False
    return symbol not in LIGANDS or (bridged and symbol in spacer_table().oxyanion_centres)


def _surrounded(
    amounts: dict[str, float], net: Net, ceiling: Phase, sheets: int, per: float, sided: bool
) -> Surrounded:
    bridged = net.kind == BRIDGED
    spacer = {symbol: amount for symbol, amount in amounts.items() if is_spacer(symbol, bridged)}
    anions = {
        symbol: amount
        for symbol, amount in amounts.items()
        if symbol in LIGANDS and symbol not in spacer and symbol != "H"
    }
    whole = sum(anions.values())
    return Surrounded(
        nets=net.kind,
        metal=ceiling.metal,
        ligand=ceiling.ligand,
        sheets=sheets,
        a=per * sum(amount for symbol, amount in amounts.items() if symbol in ELECTROPOSITIVE),
        spacer=per * sum(spacer.values()),
        spacer_of=_largest(spacer) if spacer else None,
        anions=per * whole,
        halogens=sum(anions.get(symbol, 0.0) for symbol in HALOGENS) / whole if whole else 0.0,
        heavy=sum(anions.get(symbol, 0.0) for symbol in PNICTOGENS_AND_CHALCOGENS) / whole if whole else 0.0,
        apical=min(2, len(ceiling.apical_ligands)),
        sided=sided,
    )


def _largest(spacer: dict[str, float]) -> str:
    """The element of the largest part; of equal parts the one that names a series first."""

    def place(symbol: str) -> tuple[float, int, str]:
        return -round(spacer[symbol], 6), HEAVY.index(symbol) if symbol in HEAVY else len(HEAVY), symbol

    return min(spacer, key=place)


def _sided(geometry: Geometry, nets: Sequence[Net]) -> bool:
    """Whether every sheet has cations of one element above it and of another below."""
    for net in nets:
        above, below = set[str](), set[str]()
        for cage in net.cages:
            if cage.kind != NONAHEDRON:
                for (ion, _), height in zip(cage.apexes, cage.heights, strict=True):
                    (above if height > 0 else below).add(geometry.ions.elements[ion])
        if len(above) != 1 or len(below) != 1 or above == below:
            return False
    return bool(nets)


def _planes(geometry: Geometry, nets: Sequence[Net], ions: Sequence[int]) -> list[str]:
    """The cations outside the nets and not between them, by distance from the nearest sheet."""
    elements = geometry.ions.elements
    cations = [ion for ion in ions if is_spacer(elements[ion], nets[0].kind == BRIDGED)]
    cations += [ion for ion in ions if elements[ion] in ELECTROPOSITIVE]
    if not cations:
        return []
    normal = nets[0].normal
    period = _period(geometry.ions.lattices[geometry.ions.crystals[cations[0]]] @ normal)
    heights = geometry.ions.cart[cations] @ normal
    own = geometry.ions.cart[[net.metals[0] for net in nets]] @ normal
    away = np.abs(heights[:, None] - own[None, :])
    if period:
        away %= period
        away = np.minimum(away, period - away)
    planes: list[set[str]] = []
    before = -np.inf
    for distance, ion in sorted(zip(away.min(axis=1).tolist(), cations, strict=True)):
        if distance - before > PLANE_ANG:
            planes.append(set())
        planes[-1].add(elements[ion])
        before = distance
    return [" ".join(sorted(plane)) for plane in planes]


def _period(climbs: Floats) -> float:
    """The smallest climb of a vector of the lattice, given those of its three edges; 0 where none climbs."""
    period = 0.0
    for climb in np.abs(climbs).tolist():
        while climb > CLIMB_ANG:
            period, climb = climb, (period % climb if period else 0.0)
            if climb and period - climb < CLIMB_ANG:
                climb = 0.0
    return period
