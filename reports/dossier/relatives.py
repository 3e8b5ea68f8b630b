"""Measured superconductors beside a candidate: itself where it is known, and those that are nearest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from polywell.data.measured import Measured, measured_by_id
from polywell.known import Known, nearest_relatives
from reports.dossier.payload import Interval, KnownLine, RelativeLine
from reports.dossier.words import MAX_NAME
from reports.run.table import Row, clipped, finite

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
            tc_kind="" if row is None else _kind(row),
            source="" if row is None else row.source,
            doi="" if row is None else row.doi,
        )


def relatives(row: Row, heights_ang: Mapping[str, float]) -> tuple[tuple[Near, ...], str]:
    """The superconductors to stand beside a candidate, and by what they were chosen.

    The calibrated model names them; where it made no estimate they are the nearest in ξ.

    Args:
        row: the candidate's row.
        heights_ang: ξ in Å of the ceiling cages of the reference library, by id of the structure.
    """
    xi = float(row["xi_ceiling_ang"])
    named = _named(row, xi, heights_ang)
    if named:
        return named, "likeness in the calibrated model"
    near = nearest_relatives(xi, dict(heights_ang), str(row["metal"]), COUNT)
    return (
        tuple(
            Near(
                one.row.compound,
                one.row,
                one.row.representative_tc_k() or 0.0,
                None,
                one.xi_ang,
                one.distance_ang,
            )
            for one in near
        ),
        "nearness of ξ, same metal in the sheet",
    )


def _named(row: Row, xi: float, heights_ang: Mapping[str, float]) -> tuple[Near, ...]:
    names, measured = row.get("nearest_known") or (), row.get("nearest_tc_k") or ()
    alike = list(row.get("nearest_similarity") or ())
    alike += [None] * (len(names) - len(alike))
    found = []
    for name, similarity, value in zip(names, alike, measured, strict=False):
        tc, known = finite(value), measured_by_id().get(str(name))
        if tc is None:
            continue
        height = None if known is None else heights_ang.get(known.structure)
        apart = None if height is None else abs(height - xi)
        found.append(Near(clipped(name, MAX_NAME), known, tc, finite(similarity), height, apart))
    return tuple(found[:COUNT])


def known_line(found: Known) -> KnownLine:
    """What the measured table says of the candidate's own compound."""
    row = found.best or found.rows[0]
    return KnownLine(
        compound=row.compound,
        tc_k=found.tc_k,
        tc_kind=_kind(row) if found.best else "",
        pressure_gpa=row.pressure_gpa,
        doping=row.doping,
        source=row.source,
        checked=row.checked,
        reports=len(found.rows),
    )


def _kind(row: Measured) -> str:
    if row.tc_k:
        return row.tc_kind
    return "onset" if row.tc_onset_k else "zero resistance" if row.tc_zero_k else "Meissner effect"
