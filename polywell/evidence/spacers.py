"""What stands around the sheets of a material: spacer class, radii of the apexes, disorder of the net.

Found from the ions themselves, as the cages are: an ion belongs to a sheet, to an apex, or to the
spacer, whatever cell describes the crystal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import fmean
from typing import Annotated, Literal

import tomli
from pydantic import BaseModel, ConfigDict, Field
from pymatgen.core import Structure

from polywell.data.elements import LIGANDS
from polywell.geometry.cages import OCTAHEDRON, Cage, cages
from polywell.geometry.ions import Ions, crystal_of, majority, side_by_side
from polywell.geometry.nets import BRIDGED, CAPPED, Bonds, Nets, square_nets
from polywell.geometry.sheets import mix_of
from polywell.geometry.tolerances import TOLERANCES, Tolerances
from polywell.records import Entry, Outcome, Phase, ScreenRecord, with_values

BATCH_SITES = 4000
"""Structures are laid side by side until they hold this many sites."""

SAME_HEIGHT_ANG = 0.02
"""Å: cages count to a phase when their ξ lies within its spread and this of its mean."""

NO_SPACER = "none"


class SpacerClass(BaseModel):
    """One class of spacer: its name, the rule that recognises it, and one sentence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    rule: Literal[
        "cations",
        "net metal",
        "oxyanion",
        "any cation",
        "halogens",
        "apical anions",
        "other anions",
        "nothing",
    ]
    cations: tuple[str, ...] = ()
    meaning: str


class SpacerTable(BaseModel):
    """The classes of spacers, in the order that decides ties, and radii of apex cations in Å."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    oxyanion_centres: frozenset[str]
    oxyanion_bond_ang: Annotated[float, Field(gt=0)]
    halogens: frozenset[str]
    classes: Annotated[tuple[SpacerClass, ...], Field(alias="class", min_length=1)]
    apex_radius_ang: dict[str, Annotated[float, Field(gt=0)]]
    apex_radius_over_capped_nets_ang: dict[str, Annotated[float, Field(gt=0)]]

    def named(self, rule: str) -> str:
        """Name of the class that a rule recognises."""
        return next(row.name for row in self.classes if row.rule == rule)

    def radius_ang(self, symbol: str, kind: str) -> float | None:
        """Radius in Å of an apex cation over a net of this kind; None when the table has none."""
        special = self.apex_radius_over_capped_nets_ang.get(symbol) if kind == CAPPED else None
        return special or self.apex_radius_ang.get(symbol)


@cache
def spacer_table() -> SpacerTable:
    """Read the built-in table of spacer classes and apex radii."""
    text = (files("polywell") / "tables" / "spacers.toml").read_text(encoding="utf-8")
    return SpacerTable.model_validate(tomli.loads(text))


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


def family_phases(record: ScreenRecord) -> tuple[Phase, ...]:
    """Phases of the candidate's family, in order of growing ξ: those the ceiling and outer value come from.

    Raises:
        ValueError: the record is no candidate.
    """
    known = [phase for phase in record.phases if phase.tc_k is not None and phase.metal == record.metal]
    if record.tc_ceiling_k is None or not known:
        raise ValueError(f"{record.id!r}: outcome {record.outcome}; features are those of a candidate")
    ceiling = next(phase for phase in known if phase.tc_k == record.tc_ceiling_k)
    flat = ceiling.cage == OCTAHEDRON
    return tuple(phase for phase in known if (phase.cage == OCTAHEDRON) == flat)


def surroundings(
    records: Sequence[ScreenRecord], structures: Sequence[Structure], tolerances: Tolerances = TOLERANCES
) -> list[Surroundings]:
    """Describe the surroundings of candidates, one for each record, in order.

    Args:
        records: candidates.
        structures: the structure of each, the one that was screened or the same crystal in another cell.
        tolerances: those of the screening.

    Raises:
        ValueError: a record is no candidate, or its structure holds no net of its metal.
    """
    described: list[Surroundings] = []
    start = sites = 0
    for number, structure in enumerate(structures):
        sites += len(structure)
        if sites >= BATCH_SITES or number == len(structures) - 1:
            part = slice(start, number + 1)
            described.extend(_batch(records[part], structures[part], tolerances))
            start, sites = number + 1, 0
    return described


def described(records: Sequence[ScreenRecord], entries: Sequence[Entry]) -> list[ScreenRecord]:
    """Add to the candidates what stands around their sheets; all other records come back as they are.

    Args:
        records: what the screening says, in the order of `entries`.
        entries: the entries, with the structures of the candidates.
    """
    places = [k for k, record in enumerate(records) if record.outcome is Outcome.CANDIDATE]
    structures = [entry.structure for k in places if (entry := entries[k]).structure is not None]
    made = list(records)
    for k, around in zip(places, surroundings([records[k] for k in places], structures), strict=True):
        made[k] = with_values(
            records[k],
            spacer=around.spacer,
            net_disorder=around.net_disorder,
            apex_radius_inner_ang=around.apex_radius_inner_ang,
            apex_radius_outer_ang=around.apex_radius_outer_ang,
        )
    return made


def _batch(
    records: Sequence[ScreenRecord], structures: Sequence[Structure], tolerances: Tolerances
) -> list[Surroundings]:
    ions, _ = side_by_side([crystal_of(structure, tolerances) for structure in structures], tolerances)
    bonds, kinds = square_nets(ions, tolerances)
    caged = {nets.kind: cages(ions, nets, tolerances) for nets in kinds}
    by_kind = {nets.kind: nets for nets in kinds}
    described = []
    for crystal, record in enumerate(records):
        kind = BRIDGED if family_phases(record)[0].cage == OCTAHEDRON else CAPPED
        described.append(around(ions, crystal, bonds, by_kind[kind], caged[kind], record))
    return described


def around(
    ions: Ions, crystal: int, bonds: Bonds, nets: Nets, found: Iterable[Cage], record: ScreenRecord
) -> Surroundings:
    """Surroundings of one candidate whose ions, nets and cages are already at hand.

    Args:
        ions: the ions of a batch of structures.
        crystal: number of the structure in the batch.
        bonds: metal-ligand bonds of the batch.
        nets: the bridged nets of the batch for octahedra, the capped ones for the other cages.
        found: the cages on these nets.
        record: what the screening says of the structure.

    Raises:
        ValueError: the record is no candidate, or the structure holds no net of its metal.
    """
    metal = str(record.metal)
    inside = {
        net
        for net, owner in enumerate(nets.crystals.tolist())
        if owner == crystal and majority(mix_of(ions, nets.metals[net])) == metal
    }
    if not inside:
        raise ValueError(f"{record.id!r}: the structure holds no net of {record.metal}; was it screened?")
    metals = [ion for net in inside for ion in nets.metals[net]]
    own = [cage for cage in found if cage.net in inside]
    taken = {*metals, *_sheet_ligands(bonds, nets, inside)}
    taken.update(ion for cage in own for ion, _ in cage.apexes)
    known = family_phases(record)
    members = ions.members(crystal)
    spacer = [k for k in range(members.start, members.stop) if k not in taken and ions.elements[k] != "H"]
    return Surroundings(
        spacer=_spacer_class(ions, spacer, known, {ions.elements[k] for k in taken}, metal),
        net_disorder=max(0.0, 1.0 - sum(ions.mixes[ion].get(metal, 0.0) for ion in metals) / len(metals)),
        apex_radius_inner_ang=_apex_radius(ions, nets.kind, own, known[0]),
        apex_radius_outer_ang=_apex_radius(ions, nets.kind, own, known[-1]),
    )


def _sheet_ligands(bonds: Bonds, nets: Nets, inside: set[int]) -> set[int]:
    if nets.kind == CAPPED:
        caps = zip(nets.net_of.tolist(), nets.squares.caps.tolist(), strict=True)
        return {cap for net, cap in caps if net in inside}
    bridges = zip(nets.net_of_edge.tolist(), bonds.ligands[nets.edges.bonds[:, 0]].tolist(), strict=True)
    return {ligand for net, ligand in bridges if net in inside}


def _spacer_class(
    ions: Ions, spacer: list[int], known: tuple[Phase, ...], inner: set[str], metal: str
) -> str:
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
    apical = any(phase.apical_ligands for phase in known)
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
            radii.extend(_mix_radius(ions.mixes[ion], kind) for ion, _ in cage.apexes)
    known = [radius for radius in radii if radius is not None]
    return fmean(known) if known and len(known) == len(radii) else None


def _mix_radius(mix: dict[str, float], kind: str) -> float | None:
    table = spacer_table()
    radii = {symbol: table.radius_ang(symbol, kind) for symbol in mix}
    known = {symbol: radius for symbol, radius in radii.items() if radius is not None}
    whole = sum(mix[symbol] for symbol in known)
    if majority(mix) not in known:
        return None
    return sum(mix[symbol] * radius for symbol, radius in known.items()) / whole
