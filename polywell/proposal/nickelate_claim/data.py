"""What the claim is weighed with: structures, measurements, and reports without a structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from polywell.data.measured import Measured, measured_superconductors
from polywell.data.reference import ReferenceStructure, reference_structures, standings
from polywell.data.tables import load_table
from polywell.evidence.anchors import reference_records
from polywell.evidence.rows import reports
from polywell.evidence.rows.reports import Reported
from polywell.families import Families, Family, built_in_families
from polywell.proposal.nickelate_claim.classes import nickelate_class
from polywell.records import Screening

CLAIM_K = 100.0
"""The published claim: nickelates will not exceed this."""

AMBIENT_GPA = 0.5
"""GPa: up to here a structure counts as one at ambient pressure."""

STRAINED = ("film", "membrane")
"""Samples that a substrate strains or has strained."""


class Report(BaseModel):
    """One report of superconductivity under a pressure at which no structure is known here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    compound: str
    class_of: str
    tc_k: Annotated[float, Field(gt=0)]
    tc_kind: str
    pressure_gpa: Annotated[float, Field(ge=0)]
    year: int
    sample: Literal["crystal", "bulk", "film", "membrane"]
    source: str
    checked: Literal["read", "recalled"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    report: tuple[Report, ...]


@dataclass(frozen=True)
class ClaimData:
    """What the analysis stands on; every part can be replaced, and the verdict moves with it."""

    records: tuple[Screening, ...]
    references: Mapping[str, ReferenceStructure]
    measured: tuple[Measured, ...]
    reports: tuple[Report, ...]
    later: tuple[Reported, ...]
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


@cache
def nickelate_reports() -> tuple[Report, ...]:
    """The table of reports without a structure, in its own order."""
    return load_table("nickelate_reports.toml", _Table).report


def built_in_data() -> ClaimData:
    """The reference library, the measured table and the table of reports."""
    families = built_in_families()
    references = {one.id: one for one in reference_structures()}
    measured, later = measured_superconductors(), reports.table()
    return ClaimData(reference_records(families), references, measured, nickelate_reports(), later, families)
