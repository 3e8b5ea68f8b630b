"""Measured superconductors beside a candidate: itself where it is known, and those that are nearest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from polywell.data.measured import Measured, measured_by_id
from polywell.data.supercon.formulas import Oxygen
from polywell.data.supercon.table import CITATION, Report
from polywell.evidence.rows.called import called, report_of
from polywell.known import known_compound, nearest_relatives
from polywell.records import Candidate, Estimate
from reports.dossier.payload import Interval, KnownLine, RelativeLine
from reports.html.cells import MAX_NAME, clipped

COUNT = 5


@dataclass(frozen=True)
class Near:
    """One superconductor, by the tables of measurements; both None: neither knows it. ξ in Å, T_c in K."""

    compound: str
    row: Measured | None
    report: Report | None
    tc_k: float
    similarity: float | None
    xi_ang: float | None
    distance_ang: float | None

    def line(self, end_k: float) -> RelativeLine:
        """The line of the dossier, on an axis of temperature that ends at `end_k`."""
        row = self.row
        return RelativeLine(
            compound=self.compound,
            doping="" if row is None else row.doping,
            pressure_gpa=None if row is None else row.pressure_gpa,
            xi_ang=self.xi_ang,
            distance_ang=self.distance_ang,
            similarity=self.similarity,
            tc=Interval.on(end_k, self.tc_k),
            tc_kind="" if row is None else row.representative_kind(),
            source=_source(self.report) if row is None else row.source,
            doi="" if row is None else row.doi,
        )


def relatives(one: Candidate, heights_ang: Mapping[str, float]) -> tuple[tuple[Near, ...], str]:
    """The superconductors to stand beside a candidate, and by what they were chosen.

    The calibrated model names them; where it made no estimate they are the nearest in ξ.

    Args:
        one: the candidate.
        heights_ang: ξ in Å of the ceiling cages of the reference library, by id of the structure.
    """
    xi = one.screening.xi_ceiling_ang or 0.0
    named = _named(one.estimate, xi, heights_ang)
    if named:
        return named, "likeness in the calibrated model, each compound by its measurement that is most alike"
    near = nearest_relatives(xi, dict(heights_ang), str(one.screening.metal), COUNT)
    beside = tuple(
        Near(
            known.row.compound,
            known.row,
            None,
            known.row.representative_tc_k() or 0.0,
            None,
            known.xi_ang,
            known.distance_ang,
        )
        for known in near
    )
    return beside, "nearness of ξ, same metal in the sheet, each compound by its highest T_c"


def _named(estimate: Estimate, xi: float, heights_ang: Mapping[str, float]) -> tuple[Near, ...]:
    """Those that the model names, each compound once, by its row that is most alike."""
    named = zip(estimate.nearest_known, estimate.nearest_similarity, estimate.nearest_tc_k, strict=False)
    found: dict[str, Near] = {}
    for name, similarity, tc_k in named:
        row = measured_by_id().get(name)
        height = None if row is None else heights_ang.get(row.structure)
        apart = None if height is None else abs(height - xi)
        compound = clipped(called(name), MAX_NAME)
        found.setdefault(compound, Near(compound, row, report_of(name), tc_k, similarity, height, apart))
    return tuple(found.values())[:COUNT]


def _source(report: Report | None) -> str:
    """Where a report of SuperCon can be read, and what the amount of oxygen in its formula is worth."""
    if report is None:
        return ""
    oxygen = "" if report.oxygen is Oxygen.WRITTEN else "; its oxygen was not determined"
    return f"{report.reference or CITATION}{'; SuperCon' if report.reference else ''}{oxygen}"


def known_line(one: Candidate) -> KnownLine | None:
    """What the list says of the candidate's own compound, with what the measured table adds to it."""
    place = one.place
    if place.known is None:
        return None
    found = known_compound(one.screening.formula, str(one.screening.metal))
    row = None if found is None else found.best or found.rows[0]
    return KnownLine(
        compound=place.known,
        tc_k=place.known_tc_k,
        tc_kind="" if row is None or place.known_tc_k is None else row.representative_kind(),
        pressure_gpa=place.known_pressure_gpa,
        doping="" if row is None else row.doping,
        source="" if row is None else row.source,
        checked="" if row is None else row.checked,
        reports=0 if found is None else len(found.rows),
    )
