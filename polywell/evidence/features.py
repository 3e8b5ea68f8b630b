"""The feature vector of a candidate: what a physicist would name of its structure, and nothing of its T_c.

What a material does not have (an apical ligand, a second sheet) is None or the word "none", never a number
that stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from polywell.families import of_one_family
from polywell.records import Phase, Screening

NO_LIGAND = "none"


@dataclass(frozen=True)
class Features:
    """The features of one candidate, named as the columns of `polywell.records.Phase` and `Screening`."""

    family: str
    xi_ceiling_ang: float
    xi_outer_ang: float
    apex_radius_inner_ang: float | None
    apex_radius_outer_ang: float | None
    sheets_per_block: str
    sheet_distance_ang: float | None
    bond_ang: float
    bond_angle_deg: float
    buckling_ang: float
    ligand: str
    apical: str
    apical_distance_ang: float | None
    anion_height_ang: float | None
    anion_angle_deg: float | None
    spacer: str
    net_disorder: float
    pressure_gpa: float | None


def family_phases(record: Screening) -> tuple[Phase, ...]:
    """Phases of the candidate's family, in order of growing ξ: those the ceiling and outer value come from.

    Raises:
        ValueError: the record is no candidate.
    """
    known = [phase for phase in record.phases if phase.tc_k is not None and phase.metal == record.metal]
    if record.tc_ceiling_k is None or not known:
        raise ValueError(f"{record.id!r}: outcome {record.outcome}; features are those of a candidate")
    return of_one_family(known, next(phase for phase in known if phase.tc_k == record.tc_ceiling_k))


def features(record: Screening) -> Features:
    """The features of a candidate; the pressure is that of its provenance.

    They are the same for every description of a crystal (cell, axes, origin, orientation, order of sites).

    Raises:
        ValueError: the record is no candidate, or lacks what stands around its sheets.
    """
    known = family_phases(record)
    if record.spacer is None or record.net_disorder is None:
        raise ValueError(f"{record.source}/{record.id} does not name its spacer; screen it again")
    ceiling, outer = known[0], known[-1]
    apical, distance = _apical(known)
    return Features(
        family=str(record.family),
        xi_ceiling_ang=ceiling.xi_ang,
        xi_outer_ang=outer.xi_ang,
        apex_radius_inner_ang=record.apex_radius_inner_ang,
        apex_radius_outer_ang=record.apex_radius_outer_ang,
        sheets_per_block=ceiling.sheets_per_block,
        sheet_distance_ang=ceiling.sheet_distance_ang,
        bond_ang=ceiling.bond_ang,
        bond_angle_deg=ceiling.bond_angle_deg,
        buckling_ang=ceiling.buckling_ang,
        ligand=ceiling.ligand,
        apical=apical,
        apical_distance_ang=distance,
        anion_height_ang=fmean(ceiling.anion_heights_ang) if ceiling.anion_heights_ang else None,
        anion_angle_deg=ceiling.anion_angle_deg,
        spacer=record.spacer,
        net_disorder=record.net_disorder,
        pressure_gpa=record.provenance.pressure_gpa,
    )


def _apical(known: tuple[Phase, ...]) -> tuple[str, float | None]:
    """The nearest apical ligand of any sheet of the family: inner sheets of a block have none."""
    tips = [
        (distance, symbol)
        for phase in known
        for symbol, distance in zip(phase.apical_ligands, phase.apical_distances_ang, strict=True)
    ]
    if not tips:
        return NO_LIGAND, None
    distance, symbol = min(tips)
    return symbol, distance
