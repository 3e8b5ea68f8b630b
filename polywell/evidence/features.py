"""The feature vector of a candidate: what a physicist would name of its structure, and nothing of its T_c.

`FEATURES` is the registry: name, type, unit, label and one sentence, as in `polywell.columns`. What a
material does not have (an apical ligand, a second sheet) is None or the word "none", never a number
that stands for it.
"""

# ruff: noqa: E501  (a table, one feature a line)
from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from polywell.columns import Column
from polywell.families import of_one_family
from polywell.records import Phase, ScreenRecord

NO_LIGAND = "none"

FEATURES = tuple(
    Column(*row)
    for row in (
        ("xi_ceiling_ang", "float64", "Å", "ξ of the ceiling", "Height of the cage that gives the ceiling."),
        ("xi_outer_ang", "float64", "Å", "ξ of the outer cage", "Height of the largest cage of the family."),
        ("apex_radius_inner_ang", "float64", "Å", "Inner apex radius", "Mean ionic radius of the apex cations of the ceiling's cage; empty when these are anions or have no radius."),
        ("apex_radius_outer_ang", "float64", "Å", "Outer apex radius", "Mean ionic radius of the apex cations of the largest cage; empty when these are anions or have no radius."),
        ("sheets_per_block", "string", "", "Sheets", "Number of sheets that share apexes: 1, 2, 3 ... or infinite."),
        ("sheet_distance_ang", "float64", "Å", "Sheet distance", "Smallest distance to a sheet that shares an apex; empty when there is none."),
        ("bond_ang", "float64", "Å", "M-X", "Mean distance from metal to ligand in the sheet of the ceiling."),
        ("bond_angle_deg", "float64", "°", "M-X-M", "Mean angle at the ligand between the two metals of an edge."),
        ("buckling_ang", "float64", "Å", "Buckling", "Mean distance of the bridging ligands (octahedra) or of the metals (other cages) from the mean plane of the metals."),
        ("ligand", "string", "", "Ligand", "Majority element that bridges or caps the metals."),
        ("apical", "string", "", "Apical ligand", "Element of the nearest anion above or below a metal of any sheet of the family; none when there is none."),
        ("apical_distance_ang", "float64", "Å", "Apical distance", "Distance of that anion from the metal; empty when there is none."),
        ("anion_height_ang", "float64", "Å", "Anion height", "Mean height of the anion planes over the metals in FeAs-type sheets; empty for others."),
        ("anion_angle_deg", "float64", "°", "X-M-X", "Mean angle X-M-X between two anions on one side of an FeAs-type sheet; empty for others."),
        ("spacer", "string", "", "Spacer", "Class of what fills the space between the blocks of sheets, from a closed list."),
        ("net_disorder", "float64", "", "Net disorder", "Share of the sites of the sheets that another metal or a vacancy takes."),
        ("pressure_gpa", "float64", "GPa", "Pressure", "Pressure on the material; empty where nobody states one, which the model takes for ambient."),
    )
)  # fmt: skip
"""The features of a candidate besides its family, in the order of the fields of `Features`."""


@dataclass(frozen=True)
class Features:
    """The features of one candidate; meanings and units stand in `FEATURES`."""

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


def family_phases(record: ScreenRecord) -> tuple[Phase, ...]:
    """Phases of the candidate's family, in order of growing ξ: those the ceiling and outer value come from.

    Raises:
        ValueError: the record is no candidate.
    """
    known = [phase for phase in record.phases if phase.tc_k is not None and phase.metal == record.metal]
    if record.tc_ceiling_k is None or not known:
        raise ValueError(f"{record.id!r}: outcome {record.outcome}; features are those of a candidate")
    return of_one_family(known, next(phase for phase in known if phase.tc_k == record.tc_ceiling_k))


def features(record: ScreenRecord) -> Features:
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
