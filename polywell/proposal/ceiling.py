"""The nickelate ceiling: what the relation, the measurements and the ions say of T_c in nickel oxides.

The proposal says that nickelates "will not exceed 100 K". Everything here is computed from the reference
library, the measured table and Shannon's radii; the sentences come from `polywell.proposal.ceiling_verdict`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from polywell import ALGORITHM_VERSION
from polywell.data.measured import digest as measured_digest
from polywell.data.reference import digest as reference_digest
from polywell.families import Family
from polywell.proposal.ceiling_chances import (
    Calibrated,
    effective_for,
    effective_lambdas,
    effective_quantile_k,
    exceeds_under_effective,
    exceeds_under_interval,
    exceeds_under_published,
)
from polywell.proposal.ceiling_data import CeilingData, built_in_data, derived_cells
from polywell.proposal.ceiling_rows import (
    CatalogRow,
    CellRow,
    ClassRow,
    EffectiveLambda,
    Interval,
    RecordYear,
    RelaxedRow,
    Sighting,
    SubstitutionRow,
    TargetRow,
    TrilayerRow,
)
from polywell.proposal.ceiling_tables import (
    catalog_rows,
    record_years,
    substitution_rows,
    target_rows,
    trilayer_rows,
)
from polywell.proposal.ceiling_verdict import CLAIM_K, Facts, Verdict, verdict
from polywell.proposal.nickelates import OTHER, NickelateClass, nickel_phases, nickelate_class
from polywell.proposal.smallest_cages import (
    AMBIENT_GPA,
    Shrinkings,
    SmallestCage,
    measured_shrinkings,
    smallest_cage,
)
from polywell.records import Candidate, Estimate, Screening
from polywell.relation import critical_temperature_k


@dataclass(frozen=True)
class CeilingAnalysis:
    """Everything that the page of the ceiling shows."""

    claim_k: float
    lambda_k_ang2: float
    lambda_spread_k_ang2: float
    cells: tuple[CellRow, ...]
    catalog: tuple[CatalogRow, ...]
    sightings: tuple[Sighting, ...]
    classes: tuple[ClassRow, ...]
    effective: tuple[EffectiveLambda, ...]
    targets: tuple[TargetRow, ...]
    smallest: tuple[SmallestCage, ...]
    shrinkings: Shrinkings
    relaxed: tuple[RelaxedRow, ...]
    trilayers: tuple[TrilayerRow, ...]
    substitutions: tuple[SubstitutionRow, ...]
    years: tuple[RecordYear, ...]
    verdict: Verdict
    calibrated: bool
    algorithm_version: int
    reference_digest: str
    measured_digest: str
    families_digest: str


def ceiling(
    data: CeilingData | None = None,
    others: Sequence[Candidate] = (),
    calibrated: Calibrated | None = None,
    relaxed: Sequence[RelaxedRow] = (),
) -> CeilingAnalysis:
    """Analyse the ceiling of the nickelates.

    Args:
        data: measured structures and temperatures, by default those that come with polywell.
        others: candidates of the catalog; they are listed and counted by class. As nobody measured
            them they count for nothing else.
        calibrated: the calibrated model, if its probabilities are wanted.
        relaxed: shrinkings by relaxation, as `polywell.proposal.ceiling_relaxed` finds them; they are listed
            beside the measured ones.

    Raises:
        ValueError: the λ table has no row for nickel and oxygen, or no measured nickelate superconducts.
    """
    known = built_in_data() if data is None else data
    family = known.families.of("Ni", "octahedron", "O")
    if family is None:
        raise ValueError("the λ table has no row for (Ni, octahedron, O); the ceiling needs its λ")
    kinds = {record.id: kind for record in known.records if (kind := nickelate_class(record)) is not None}
    own = tuple(record for record in known.records if record.id in kinds)
    estimates = _estimates(own, calibrated)
    cells = _cells(own, kinds, known, family, estimates)
    sightings = _sightings(known, kinds, cells, family)
    seen = [one for one in sightings if one.superconducting]
    if not seen:
        raise ValueError("no measured nickelate superconducts; give measured rows of at least one")
    effective = effective_lambdas(seen, family)
    films = [row.structure for row in known.measured if row.sample == "film"]
    shrinkings = measured_shrinkings(
        own, [*derived_cells(known), *films], {id: one.family for id, one in known.references.items()}
    )
    smallest = _smallest(own, kinds, sightings, shrinkings)
    classes = _classes(cells, sightings, effective, smallest, family)
    further = tuple(
        _cell(one.screening, kind, "", family, _estimate(one.estimate))
        for one in others
        if (kind := nickelate_class(one.screening)) is not None
    )
    trilayers = trilayer_rows(known)
    years = record_years(seen)
    facts = Facts(cells, sightings, classes, effective, smallest, trilayers, years, family.lambda_k_ang2)
    return CeilingAnalysis(
        claim_k=CLAIM_K,
        lambda_k_ang2=family.lambda_k_ang2,
        lambda_spread_k_ang2=family.spread_k_ang2,
        cells=cells + tuple(sorted(further, key=lambda cell: (cell.xi_ceiling_ang, cell.id))),
        catalog=catalog_rows(further, family),
        sightings=sightings,
        classes=classes,
        effective=effective,
        targets=target_rows(cells, effective, shrinkings, family),
        smallest=smallest,
        shrinkings=shrinkings,
        relaxed=tuple(relaxed),
        trilayers=trilayers,
        substitutions=substitution_rows(known, seen),
        years=years,
        verdict=verdict(facts),
        calibrated=calibrated is not None,
        algorithm_version=ALGORITHM_VERSION,
        reference_digest=reference_digest(),
        measured_digest=measured_digest(),
        families_digest=known.families.digest,
    )


def _estimates(records: Sequence[Screening], calibrated: Calibrated | None) -> dict[str, Interval]:
    if calibrated is None:
        return {}
    found = zip(records, calibrated(records), strict=True)
    return {record.id: interval for record, interval in found if interval is not None}


def _estimate(found: Estimate) -> Interval | None:
    """The calibrated estimate that a candidate of the catalog carries."""
    if found.tc_expected_k is None or found.tc_low_k is None or found.tc_high_k is None:
        return None
    return Interval(found.tc_expected_k, found.tc_low_k, found.tc_high_k)


def _cells(
    records: Sequence[Screening],
    kinds: Mapping[str, NickelateClass],
    data: CeilingData,
    family: Family,
    estimates: Mapping[str, Interval],
) -> tuple[CellRow, ...]:
    derived = set(derived_cells(data))
    made = []
    for record in records:
        one = data.references[record.id]
        doubt = "height estimated" if record.id in derived else f"structure {one.checked}"
        made.append(_cell(record, kinds[record.id], doubt, family, estimates.get(record.id), one.name))
    return tuple(sorted(made, key=lambda cell: (cell.class_name, cell.xi_ceiling_ang, cell.id)))


def _cell(
    record: Screening,
    kind: NickelateClass,
    doubt: str,
    family: Family,
    estimate: Interval | None,
    name: str = "",
) -> CellRow:
    phases = nickel_phases(record)
    smallest, largest = phases[0], phases[-1]
    lam, spread = family.lambda_k_ang2, family.spread_k_ang2
    return CellRow(
        source=record.source,
        id=record.id,
        name=name or record.formula,
        formula=record.formula,
        class_name=kind.name,
        rule=kind.rule,
        pressure_gpa=record.provenance.pressure_gpa,
        doubt=doubt,
        xi_ceiling_ang=smallest.xi_ang,
        xi_outer_ang=largest.xi_ang,
        tc_ceiling_k=critical_temperature_k(smallest.xi_ang, lam),
        tc_ceiling_low_k=critical_temperature_k(smallest.xi_ang, lam - spread),
        tc_ceiling_high_k=critical_temperature_k(smallest.xi_ang, lam + spread),
        tc_outer_k=critical_temperature_k(largest.xi_ang, lam),
        calibrated=estimate,
    )


def _sightings(
    data: CeilingData, kinds: Mapping[str, NickelateClass], cells: Sequence[CellRow], family: Family
) -> tuple[Sighting, ...]:
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
                structure=None,
                class_name=kind.name,
                superconducting=True,
                tc_k=report.tc_k,
                kind=report.tc_kind,
                pressure_gpa=report.pressure_gpa,
                year=report.year,
                sample=report.sample,
                xi_ang=None,
                relation_k=None,
                lambda_k_ang2=None,
                source=report.source,
            )
        )
    return tuple(sorted(made, key=lambda one: (-(one.tc_k or 0.0), one.id)))


def _smallest(
    records: Sequence[Screening],
    kinds: Mapping[str, NickelateClass],
    sightings: Sequence[Sighting],
    shrinkings: Shrinkings,
) -> tuple[SmallestCage, ...]:
    members: dict[str, list[tuple[Screening, NickelateClass]]] = defaultdict(list)
    for record in records:
        if kinds[record.id].name != OTHER:
            members[kinds[record.id].name].append((record, kinds[record.id]))
    shown = max((row.up_to_gpa for row in shrinkings.rows if row.metal == "Ni"), default=0.0)
    made = []
    for name, rows in sorted(members.items()):
        pressed = [
            one.pressure_gpa or 0.0 for one in sightings if one.superconducting and one.class_name == name
        ]
        own = max(pressed, default=0.0)
        found = smallest_cage(rows, own if own > AMBIENT_GPA else shown, shrinkings)
        if found is not None:
            made.append(found)
    return tuple(made)


def _classes(
    cells: Sequence[CellRow],
    sightings: Sequence[Sighting],
    effective: Sequence[EffectiveLambda],
    smallest: Sequence[SmallestCage],
    family: Family,
) -> tuple[ClassRow, ...]:
    pressed = {row.class_name: row for row in smallest}
    made = []
    for name in sorted({cell.class_name for cell in cells}):
        members = [cell for cell in cells if cell.class_name == name]
        seen = [one for one in sightings if one.class_name == name]
        best = max(
            (one for one in seen if one.superconducting), key=lambda one: one.tc_k or 0.0, default=None
        )
        tightest = min(members, key=lambda cell: (cell.xi_ceiling_ang, cell.id))
        speaks = effective_for(name, effective)
        chances = [exceeds_under_interval(cell.calibrated) for cell in members if cell.calibrated]
        floor = pressed.get(name)
        allowed = None if floor is None else min(floor.pressed_used_ang, tightest.xi_ceiling_ang)
        made.append(
            ClassRow(
                class_name=name,
                rule=tightest.rule,
                cells=len(members),
                xi_smallest_ang=tightest.xi_ceiling_ang,
                xi_largest_ang=max(cell.xi_ceiling_ang for cell in members),
                smallest_id=tightest.id,
                tc_relation_k=tightest.tc_ceiling_k,
                tc_relation_low_k=tightest.tc_ceiling_low_k,
                tc_relation_high_k=tightest.tc_ceiling_high_k,
                above_claim=sum(cell.tc_ceiling_k > CLAIM_K for cell in members),
                best=best,
                measured=len(seen),
                effective_name=speaks.class_name,
                tc_effective_k=critical_temperature_k(tightest.xi_ceiling_ang, speaks.median_k_ang2),
                tc_effective_low_k=effective_quantile_k(tightest.xi_ceiling_ang, speaks, 0.1),
                tc_effective_high_k=effective_quantile_k(tightest.xi_ceiling_ang, speaks, 0.9),
                p_published=exceeds_under_published(tightest.xi_ceiling_ang, family),
                p_effective=exceeds_under_effective(tightest.xi_ceiling_ang, speaks),
                p_calibrated=max(chances, default=None),
                xi_allowed_ang=allowed,
                p_published_allowed=None if allowed is None else exceeds_under_published(allowed, family),
                p_effective_allowed=None if allowed is None else exceeds_under_effective(allowed, speaks),
                calibrated=max(
                    (cell.calibrated for cell in members if cell.calibrated),
                    key=exceeds_under_interval,
                    default=None,
                ),
            )
        )
    return tuple(made)
