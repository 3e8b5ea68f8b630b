"""What was measured of nickelates: every T_c or its absence, and how the record moved."""

from __future__ import annotations

from collections.abc import Sequence

from polywell.data.measured import Measured
from polywell.evidence.rows.reports import Reported
from polywell.proposal.nickelate_claim.data import ClaimData, is_ambient
from polywell.proposal.rows import Row


def sightings(data: ClaimData, cells: Sequence[Row]) -> tuple[Row, ...]:
    """Every measurement of a nickelate, T_c or its absence, the highest T_c first.

    The T_c is the highest of any definition, as a claim that nothing exceeds must stand against it; zero
    resistance stands beside it. λ = T_c·ξ² and what the relation gives stand where the structure is known.
    """
    by_id = {cell.id: cell for cell in cells}
    made = []
    for row in data.measured:
        if row.structure in by_id:
            kind = row.tc_kind or next(iter(row.temperatures_k()), "").replace("_k", "").replace("tc_", "")
            tc, cell = row.highest_tc_k(), by_id[row.structure]
            seen = _sighting(row, row.compound, cell.class_name, tc, kind)
            seen.update(
                superconducting=row.superconducting,
                zero_k=row.tc_zero_k,
                structure=cell.id,
                xi_ang=cell.xi_ceiling_ang,
                relation_k=cell.tc_ceiling_k,
                lambda_k_ang2=None if tc is None else tc * cell.xi_ceiling_ang**2,
            )
            made.append(seen)
    for report in data.reports:
        if report.structure in data.classes:
            known = data.classes[report.structure]
            made.append(_sighting(report, report.formula, known, report.tc_k, report.tc_kind))
    return tuple(sorted(made, key=lambda one: (-(one.tc_k or 0.0), one.id)))


def _sighting(
    source: Measured | Reported, compound: str, class_name: str, tc_k: float | None, kind: str
) -> Row:
    own = ("id", "checked", "pressure_gpa", "year", "sample", "source")
    return Row(
        {name: getattr(source, name) for name in own},
        compound=compound,
        class_name=class_name,
        tc_k=tc_k,
        kind=kind,
        superconducting=tc_k is not None,
        **dict.fromkeys(("structure", "zero_k", "xi_ang", "relation_k", "lambda_k_ang2")),
    )


def record_years(seen: Sequence[Row]) -> tuple[Row, ...]:
    """The best T_c of every year and the record by then, of all samples and at ambient pressure."""
    dated = [one for one in seen if one.year is not None and one.tc_k is not None]
    made: list[Row] = []
    for year in sorted({one.year for one in dated}):
        best = max((one for one in dated if one.year == year), key=lambda one: (one.tc_k, one.id))
        before = made[-1].record_k if made else 0.0
        calm = [one.tc_k for one in dated if one.year <= year and is_ambient(one.pressure_gpa)]
        columns = ("year", "compound", "class_name", "pressure_gpa")
        made.append(
            Row(
                {name: best[name] for name in columns},
                best_k=best.tc_k,
                record_k=max(before, best.tc_k),
                ambient_record_k=max(calm, default=None),
                gained_k=max(0.0, best.tc_k - before),
            )
        )
    return tuple(made)
