"""What stands around the sheets of a material: spacer class, radii of the apexes, disorder of the net.

Found from the ions themselves, as the cages are: an ion belongs to a sheet, to an apex, or to the
spacer, whatever cell describes the crystal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from polywell.data.elements import LIGANDS
from polywell.data.spacers import SpacerTable, mean_radius_ang, spacer_table
from polywell.geometry.cages import OCTAHEDRON, Cage
from polywell.geometry.find import Geometry
from polywell.geometry.ions import Ions
from polywell.geometry.nets.square_nets import BRIDGED, CAPPED
from polywell.geometry.sites import majority
from polywell.records import Phase

SAME_HEIGHT_ANG = 0.02
"""Å: cages count to a phase when their ξ lies within its spread and this of its mean."""


@dataclass(frozen=True)
class Surroundings:
    """What stands around the sheets of one candidate; None says that there is nothing to measure.

    `spacer` is the name of a class of the spacer table. The radii in Å are means over the apex cations of
    the cage that gives the ceiling (inner) and of the largest cage of the family (outer), shared sites by
    their mix. `net_disorder` is the share of the sites of the sheets that another metal or a vacancy takes.
    """

    spacer: str
    net_disorder: float
    apex_radius_inner_ang: float | None
    apex_radius_outer_ang: float | None


def surroundings(geometry: Geometry, structure: int, phases: Sequence[Phase]) -> Surroundings:
    """Describe the surroundings of the sheets of one structure.

    Args:
        geometry: what was found in a batch of structures.
        structure: number of the structure in the batch.
        phases: its phases of one family (see `polywell.families.of_one_family`), the ceiling's first.
    """
    metal, kind = phases[0].metal, BRIDGED if phases[0].cage == OCTAHEDRON else CAPPED
    ions = geometry.ions
    nets = [net for net in geometry.nets(structure) if net.kind == kind and net.sheet.metal == metal]
    metals = [ion for net in nets for ion in net.metals]
    cages = [cage for net in nets for cage in net.cages]
    taken = {*metals, *(ion for net in nets for ion in net.ligands)}
    taken.update(ion for cage in cages for ion, _ in cage.apexes)
    members = ions.members(structure)
    spacer = [k for k in range(members.start, members.stop) if k not in taken and ions.elements[k] != "H"]
    inner = outer = _apex_radius(ions, kind, cages, phases[0])
    if len(phases) > 1:
        outer = _apex_radius(ions, kind, cages, phases[-1])
    return Surroundings(
        spacer=_spacer_class(ions, spacer, phases, {ions.elements[k] for k in taken}, metal),
        net_disorder=max(0.0, 1.0 - sum(ions.mixes[ion].get(metal, 0.0) for ion in metals) / len(metals)),
        apex_radius_inner_ang=inner,
        apex_radius_outer_ang=outer,
    )


def _spacer_class(ions: Ions, spacer: list[int], phases: Sequence[Phase], inner: set[str], metal: str) -> str:
    """Class of the spacer; `inner` holds the elements of sheets and apexes."""
    table = spacer_table()
    of_cation = {symbol: row.name for row in table.classes for symbol in row.cations}
    amounts = {row.name: 0.0 for row in table.classes}
    anions = 0.0
    halogens = 0.0
    for ion in spacer:
        oxyanion = _is_oxyanion_centre(ions, ion, table)
        for symbol, amount in ions.mixes[ion].items():
            if oxyanion:
                amounts[table.named("oxyanion")] += amount
            elif symbol in of_cation:
                amounts[of_cation[symbol]] += amount
            elif symbol == metal:
                amounts[table.named("net metal")] += amount
            elif symbol not in LIGANDS:
                if symbol not in inner:
                    amounts[table.named("any cation")] += amount
            else:
                anions += amount
                halogens += amount if symbol in table.halogens else 0.0
    largest = max(amounts.values())
    if largest > 0:
        return next(name for name, amount in amounts.items() if amount > largest - 1e-6)
    if not anions:
        return table.named("nothing")
    if halogens >= anions / 2:
        return table.named("halogens")
    apical = any(phase.apical_ligands for phase in phases)
    return table.named("apical anions" if apical else "other anions")


def _is_oxyanion_centre(ions: Ions, ion: int, table: SpacerTable) -> bool:
    if ions.elements[ion] not in table.oxyanion_centres:
        return False
    rows = range(int(ions.starts[ion]), int(ions.starts[ion + 1]))
    return any(
        ions.distances[row] <= table.oxyanion_bond_ang and ions.elements[ions.others[row]] == "O"
        for row in rows
    )


def _apex_radius(ions: Ions, kind: str, own: list[Cage], phase: Phase) -> float | None:
    """Mean radius of the apex cations of one phase; None without a cation or without its radius."""
    apexes = sorted(phase.apexes)
    reach = phase.xi_spread_ang + SAME_HEIGHT_ANG
    radii: list[float | None] = []
    for cage in own:
        alike = sorted(ions.elements[ion] for ion, _ in cage.apexes) == apexes
        if cage.kind == phase.cage and alike and abs(cage.xi_ang - phase.xi_ang) <= reach:
            radii.extend(_mix_radius(ions.mixes[ion], kind == CAPPED) for ion, _ in cage.apexes)
    known = [radius for radius in radii if radius is not None]
    return fmean(known) if known and len(known) == len(radii) else None


def _mix_radius(mix: dict[str, float], over_capped: bool) -> float | None:
    most = spacer_table().radius_ang(majority(mix), over_capped)
    return None if most is None else mean_radius_ang(mix, over_capped)
