"""Shrinking of measured nickelate cages by relaxation with a potential, one structure of each class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from polywell.pressure.compression import pressed_height_ang
from polywell.pressure.relaxation import PRESSURE_GPA, RelaxationError, relax_smallest_cage
from polywell.proposal.nickelate_claim.classes import OTHER, nickel_phases
from polywell.proposal.nickelate_claim.data import STRAINED, ClaimData, is_ambient
from polywell.proposal.rows import Row
from polywell.records import Screening
from polywell.relation import critical_temperature_k


def relaxed_rows(
    data: ClaimData, calculator: Any, potential: str, pressure_gpa: float = PRESSURE_GPA
) -> Iterator[Row]:
    """Relax the ordered ambient structure with the smallest cage of each class, and press its measured ξ.

    `xi_pressed_ang` is the measured ξ in Å pressed to `pressure_gpa` with the shrinking -d ln ξ/dp in 1/GPa
    of the relaxed cage, `tc_pressed_k` the relation's T_c there.

    Args:
        data: what the analysis of the ceiling stands on.
        calculator: an ASE calculator with energy, forces and stress.
        potential: its name and version, for the table.
        pressure_gpa: hydrostatic pressure in GPa.

    Yields:
        One row for each class, in the order of their names; a class that cannot be relaxed says why.

    Raises:
        ValueError: the λ table has no row for nickel and oxygen, or the pressure is not positive.
    """
    family = data.nickel
    for name, record in sorted(_chosen(data).items()):
        xi = nickel_phases(record)[0].xi_ang
        unknown = dict.fromkeys(("xi_relaxed_ang", "kappa_per_gpa", "xi_pressed_ang", "tc_pressed_k"))
        row = Row(unknown, class_name=name, id=record.id, potential=potential, xi_measured_ang=xi, why="")
        row["pressure_gpa"] = pressure_gpa
        structure = data.references[record.id].structure()
        try:
            found = relax_smallest_cage(structure, calculator, data.families, pressure_gpa)
        except RelaxationError as error:
            yield Row(row, why=str(error))
            continue
        pressed = pressed_height_ang(xi, found.kappa_per_gpa, pressure_gpa)
        tc = critical_temperature_k(pressed, family.lambda_k_ang2)
        row.update(xi_relaxed_ang=found.xi_zero_ang, kappa_per_gpa=found.kappa_per_gpa)
        yield Row(row, xi_pressed_ang=pressed, tc_pressed_k=tc)


def _chosen(data: ClaimData) -> dict[str, Screening]:
    """The record of each class to relax: ordered, then unstrained by a substrate, then the smallest cage."""
    strained = {row.structure for row in data.measured if row.sample in STRAINED}

    def order(record: Screening) -> tuple[bool, bool, float, str]:
        ordered = data.references[record.id].structure().is_ordered
        return not ordered, record.id in strained, nickel_phases(record)[0].xi_ang, record.id

    members: dict[str, list[Screening]] = {}
    for record in data.records:
        kind = data.classes.get(record.id, OTHER)
        if kind != OTHER and is_ambient(record.provenance.pressure_gpa):
            members.setdefault(kind, []).append(record)
    return {kind: min(records, key=order) for kind, records in members.items()}
