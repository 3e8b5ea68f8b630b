"""What the claim is weighed with: structures, measurements, and reports without a structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from polywell.data.measured import Measured, measured_superconductors
from polywell.data.reference import ReferenceStructure, reference_structures, standings
from polywell.evidence.anchors import reference_records
from polywell.evidence.rows.reports import BESIDE, Reported, table
from polywell.families import Families, Family, built_in_families
from polywell.proposal.nickelate_claim.classes import nickelate_class
from polywell.records import Screening

CLAIM_K = 100.0
"""The published claim: nickelates will not exceed this."""

AMBIENT_GPA = 0.5
"""GPa: up to here a structure counts as one at ambient pressure."""

STRAINED = ("film", "membrane")
"""Samples that a substrate strains or has strained."""


@dataclass(frozen=True)
class ClaimData:
    """What the analysis stands on; every part can be replaced, and the verdict moves with it."""

    records: tuple[Screening, ...]
    references: Mapping[str, ReferenceStructure]
    measured: tuple[Measured, ...]
    reports: tuple[Reported, ...]
    families: Families

    @property
    def nickel(self) -> Family:
        """The row of the λ table for nickel and oxygen.

        Raises:
            ValueError: there is none.
        """
        family = self.families.of("Ni", "octahedron", "O")
        if family is None:
            raise ValueError("the λ table has no row for (Ni, octahedron, O); the claim needs its λ")
        return family

    @cached_property
    def classes(self) -> dict[str, str]:
        """Class of every nickelate among the records by id, in their order."""
        return {record.id: kind for record in self.records if (kind := nickelate_class(record)) is not None}

    def standing(self, id: str) -> str:
        """What the cell of a structure stands on."""
        return standings().get(id, self.references[id].checked)


def is_ambient(pressure_gpa: float | None) -> bool:
    """Whether a pressure is known and that of the air, or near it."""
    return pressure_gpa is not None and pressure_gpa <= AMBIENT_GPA


def built_in_data() -> ClaimData:
    """The reference library, the measured table and the reports that came after it or stand beside it."""
    families = built_in_families()
    return ClaimData(
        records=reference_records(families),
        references={one.id: one for one in reference_structures()},
        measured=measured_superconductors(),
        reports=table() + table(BESIDE),
        families=families,
    )
