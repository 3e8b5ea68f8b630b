"""Measured superconductors beside a candidate: itself where it is known, and those that are nearest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from polywell.data.measured import Measured, measured_by_id
from polywell.evidence.rows.called import called
from polywell.known import known_compound, nearest_relatives
from polywell.records import Candidate, Estimate
from reports.dossier.payload import Interval, KnownLine, RelativeLine
from reports.dossier.words import MAX_NAME
from reports.html.cells import clipped

COUNT = 5


@dataclass(frozen=True)
class Near:
    """One superconductor; `row` is None where the measured table does not know the name. ξ in Å, T_c in K."""

    name: str
    row: Measured | None
    tc_k: float
    similarity: float | None
    xi_ang: float | None
    distance_ang: float | None

    def line(self, end_k: float) -> RelativeLine:
        """The line of the dossier, on an axis of temperature that ends at `end_k`."""
        row = self.row
        return RelativeLine(
            compound=self.name if row is None else row.compound,
            doping="" if row is None else row.doping,
            pressure_gpa=None if row is None else row.pressure_gpa,
            xi_ang=self.xi_ang,
            distance_ang=self.distance_ang,
            similarity=self.similarity,
            tc=Interval.on(end_k, self.tc_k),
            tc_kind="" if row is None else row.representative_kind(),
            source="" if row is None else row.source,
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
        return named, "likeness in the calibrated model"
    near = nearest_relatives(xi, dict(heights_ang), str(one.screening.metal), COUNT)
    beside = tuple(
        Near(
            known.row.compound,
            known.row,
            known.row.representative_tc_k() or 0.0,
            None,
            known.xi_ang,
            known.distance_ang,
        )
        for known in near
    )
    return beside, "nearness of ξ, same metal in the sheet"


def _named(estimate: Estimate, xi: float, heights_ang: Mapping[str, float]) -> tuple[Near, ...]:
    named = zip(estimate.nearest_known, estimate.nearest_similarity, estimate.nearest_tc_k, strict=False)
    found = []
    for name, similarity, tc_k in named:
        known = measured_by_id().get(name)
        height = None if known is None else heights_ang.get(known.structure)
        apart = None if height is None else abs(height - xi)
        found.append(Near(clipped(called(name), MAX_NAME), known, tc_k, similarity, height, apart))
    return tuple(found[:COUNT])


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
