"""What was measured of nickelates: every T_c or its absence, and how the record moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from polywell.proposal.nickelate_claim.cells import CellRow
from polywell.proposal.nickelate_claim.classes import NickelateClass
from polywell.proposal.nickelate_claim.data import ClaimData
from polywell.proposal.nickelate_claim.smallest_cages import AMBIENT_GPA


@dataclass(frozen=True)
class Sighting:
    """One measurement: T_c or its absence, and λ = T_c·ξ² where the structure is known."""

    id: str
    compound: str
    class_name: str
    superconducting: bool
    tc_k: float | None
    kind: str
    pressure_gpa: float | None
    year: int | None
    sample: str
    source: str
    structure: str | None = None
    xi_ang: float | None = None
    relation_k: float | None = None
    lambda_k_ang2: float | None = None

    @property
    def film(self) -> bool:
        """Whether the sample is strained: a film or a membrane."""
        return self.sample in ("film", "membrane")


@dataclass(frozen=True)
class RecordYear:
    """The best T_c reported in a year, the record by then, and by how much the year raised it."""

    year: int
    compound: str
    class_name: str
    best_k: float
    pressure_gpa: float | None
    record_k: float
    ambient_record_k: float | None
    gained_k: float


def sightings(
    data: ClaimData, kinds: Mapping[str, NickelateClass], cells: Sequence[CellRow]
) -> tuple[Sighting, ...]:
    """Every measurement of a nickelate, the highest T_c first.

    Raises:
        ValueError: a report names the class of a structure that is no nickelate of the library.
    """
    by_id = {cell.id: cell for cell in cells}
    made = []
    for row in data.measured:
        cell = by_id.get(row.structure)
        if cell is None:
            continue
        tc = row.representative_tc_k() if row.superconducting else None
        made.append(
            Sighting(
                id=row.id,
                compound=row.compound,
                structure=row.structure,
                class_name=cell.class_name,
                superconducting=row.superconducting,
                tc_k=tc,
                kind=row.tc_kind or next(iter(row.temperatures_k()), "").replace("_k", "").replace("tc_", ""),
                pressure_gpa=row.pressure_gpa,
                year=row.year,
                sample=row.sample,
                xi_ang=cell.xi_ceiling_ang,
                relation_k=cell.tc_ceiling_k,
                lambda_k_ang2=None if tc is None else tc * cell.xi_ceiling_ang**2,
                source=row.source,
            )
        )
    for report in data.reports:
        kind = kinds.get(report.class_of)
        if kind is None:
            raise ValueError(
                f"report {report.id}: class_of {report.class_of!r} is no nickelate of the reference library"
            )
        made.append(
            Sighting(
                id=report.id,
                compound=report.compound,
                class_name=kind.name,
                superconducting=True,
                tc_k=report.tc_k,
                kind=report.tc_kind,
                pressure_gpa=report.pressure_gpa,
                year=report.year,
                sample=report.sample,
                source=report.source,
            )
        )
    return tuple(sorted(made, key=lambda one: (-(one.tc_k or 0.0), one.id)))


def record_years(seen: Sequence[Sighting]) -> tuple[RecordYear, ...]:
    """The best T_c of every year and the record by then, of all samples and at ambient pressure."""
    dated = [one for one in seen if one.year is not None and one.tc_k is not None]
    made: list[RecordYear] = []
    record = ambient = 0.0
    for year in sorted({one.year for one in dated if one.year is not None}):
        here = [one for one in dated if one.year == year]
        best = max(here, key=lambda one: (one.tc_k or 0.0, one.id))
        calm = [
            one.tc_k or 0.0
            for one in here
            if one.pressure_gpa is not None and one.pressure_gpa <= AMBIENT_GPA
        ]
        gained = max(0.0, (best.tc_k or 0.0) - record)
        record = max(record, best.tc_k or 0.0)
        ambient = max([ambient, *calm])
        made.append(
            RecordYear(
                year,
                best.compound,
                best.class_name,
                best.tc_k or 0.0,
                best.pressure_gpa,
                record,
                ambient or None,
                gained,
            )
        )
    return tuple(made)
