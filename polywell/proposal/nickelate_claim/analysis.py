"""The claim weighed: cells, measurements, chances, what ions and pressure allow, and the verdict.

Everything is computed from the reference library, the measured table and Shannon's radii.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from polywell import ALGORITHM_VERSION
from polywell.data.measured import digest as measured_digest
from polywell.data.reference import digest as reference_digest
from polywell.proposal.nickelate_claim.by_class import ClassRow, TargetRow, class_rows, target_rows
from polywell.proposal.nickelate_claim.cells import (
    CatalogRow,
    CellRow,
    Interval,
    catalog_rows,
    cell_row,
    measured_cells,
)
from polywell.proposal.nickelate_claim.chances import Calibrated, EffectiveLambda, effective_lambdas
from polywell.proposal.nickelate_claim.classes import OTHER, NickelateClass, nickelate_class
from polywell.proposal.nickelate_claim.data import CLAIM_K, ClaimData, built_in_data, derived_cells
from polywell.proposal.nickelate_claim.measurements import (
    RecordYear,
    Sighting,
    record_years,
    sightings,
)
from polywell.proposal.nickelate_claim.relatives import (
    SubstitutionRow,
    TrilayerRow,
    substitution_rows,
    trilayer_rows,
)
from polywell.proposal.nickelate_claim.relaxed import RelaxedRow
from polywell.proposal.nickelate_claim.smallest_cages import (
    AMBIENT_GPA,
    Shrinkings,
    SmallestCage,
    measured_shrinkings,
    smallest_cage,
)
from polywell.proposal.nickelate_claim.verdict import Facts, Verdict, verdict
from polywell.records import Candidate, Estimate, Screening


@dataclass(frozen=True)
class WeighedClaim:
    """Everything that the page of the claim shows."""

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


def weigh(
    data: ClaimData | None = None,
    others: Sequence[Candidate] = (),
    calibrated: Calibrated | None = None,
    relaxed: Sequence[RelaxedRow] = (),
) -> WeighedClaim:
    """Weigh the claim.

    Args:
        data: measured structures and temperatures, by default those that come with polywell.
        others: candidates of the catalog; they are listed and counted by class. As nobody measured
            them they count for nothing else.
        calibrated: the calibrated model, if its probabilities are wanted.
        relaxed: shrinkings by relaxation (`polywell.proposal.nickelate_claim.relaxed`); they are listed
            beside the measured ones.

    Raises:
        ValueError: the λ table has no row for nickel and oxygen, or no measured nickelate superconducts.
    """
    known = built_in_data() if data is None else data
    family = known.nickel
    kinds = {record.id: kind for record in known.records if (kind := nickelate_class(record)) is not None}
    own = tuple(record for record in known.records if record.id in kinds)
    estimates = _estimates(own, calibrated)
    cells = measured_cells(own, kinds, known, family, estimates)
    found = sightings(known, kinds, cells)
    seen = [one for one in found if one.superconducting]
    if not seen:
        raise ValueError("no measured nickelate superconducts; give measured rows of at least one")
    effective = effective_lambdas(seen, family)
    films = [row.structure for row in known.measured if row.sample == "film"]
    shrinkings = measured_shrinkings(
        own, [*derived_cells(known), *films], {id: one.family for id, one in known.references.items()}
    )
    smallest = _smallest(own, kinds, found, shrinkings)
    classes = class_rows(cells, found, effective, smallest, family)
    further = tuple(
        cell_row(one.screening, kind, "", family, _estimate(one.estimate))
        for one in others
        if (kind := nickelate_class(one.screening)) is not None
    )
    trilayers = trilayer_rows(known)
    years = record_years(seen)
    facts = Facts(cells, found, classes, effective, smallest, trilayers, years, family.lambda_k_ang2)
    return WeighedClaim(
        claim_k=CLAIM_K,
        lambda_k_ang2=family.lambda_k_ang2,
        lambda_spread_k_ang2=family.spread_k_ang2,
        cells=cells + tuple(sorted(further, key=lambda cell: (cell.xi_ceiling_ang, cell.id))),
        catalog=catalog_rows(further, family),
        sightings=found,
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
