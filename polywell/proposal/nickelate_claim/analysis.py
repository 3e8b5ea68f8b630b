"""The claim weighed: cells, measurements, chances, what ions and pressure allow, and the verdict.

Everything is computed from the reference library, the measured table and Shannon's radii.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from polywell import ALGORITHM_VERSION
from polywell.data.measured import digest as measured_digest
from polywell.data.reference import digest as reference_digest
from polywell.evidence.rows.reports import forecasts
from polywell.proposal.nickelate_claim.cells import Calibrated, catalog_cells, catalog_rows, measured_cells
from polywell.proposal.nickelate_claim.chances import class_rows, effective_lambdas, target_rows
from polywell.proposal.nickelate_claim.data import CLAIM_K, ClaimData, built_in_data
from polywell.proposal.nickelate_claim.measurements import record_years, sightings
from polywell.proposal.nickelate_claim.relatives import substitution_rows, trilayer_rows
from polywell.proposal.nickelate_claim.smallest_cages import measured_shrinkings, smallest_cages
from polywell.proposal.nickelate_claim.verdict import Verdict, verdict
from polywell.proposal.rows import Row
from polywell.records import Candidate


@dataclass(frozen=True)
class WeighedClaim:
    """Everything that the page of the claim shows; the functions that make the rows say what they hold."""

    claim_k: float
    lambda_k_ang2: float
    lambda_spread_k_ang2: float
    cells: tuple[Row, ...]
    catalog: tuple[Row, ...]
    sightings: tuple[Row, ...]
    classes: tuple[Row, ...]
    effective: tuple[Row, ...]
    targets: tuple[Row, ...]
    smallest: tuple[Row, ...]
    shrinkings: Row
    relaxed: tuple[Row, ...]
    trilayers: tuple[Row, ...]
    substitutions: tuple[Row, ...]
    years: tuple[Row, ...]
    calibrated: bool
    forecast: Row | None
    algorithm_version: int
    reference_digest: str
    measured_digest: str
    families_digest: str

    @property
    def own_cells(self) -> list[Row]:
        """The cells of the library, which stand on something; those of the catalog do not."""
        return [cell for cell in self.cells if cell.standing]

    @property
    def seen(self) -> list[Row]:
        """The measurements that found a T_c, the highest first."""
        return [one for one in self.sightings if one.superconducting]

    @cached_property
    def verdict(self) -> Verdict:
        """What the numbers say of the claim."""
        return verdict(self)


def weigh(
    data: ClaimData | None = None,
    others: Sequence[Candidate] = (),
    calibrated: Calibrated | None = None,
    relaxed: Sequence[Row] = (),
) -> WeighedClaim:
    """Weigh the claim.

    Args:
        data: measured structures and temperatures, by default those that come with polywell.
        others: candidates of the catalog; they are listed and counted by class. As nobody measured
            them they count for nothing else.
        calibrated: the calibrated model, if its probabilities are wanted.
        relaxed: shrinkings by relaxation (`relaxed_rows`); they are listed beside the measured ones.

    Raises:
        ValueError: the λ table has no row for nickel and oxygen, or no measured nickelate superconducts.
    """
    known = built_in_data() if data is None else data
    family = known.nickel
    cells, further = measured_cells(known, calibrated), catalog_cells(others, family)
    found = sightings(known, cells)
    seen = [one for one in found if one.superconducting]
    if not seen:
        raise ValueError("no measured nickelate superconducts; give measured rows of at least one")
    effective = effective_lambdas(seen, family)
    shrinkings = measured_shrinkings(known)
    smallest = smallest_cages(known, seen, shrinkings)
    return WeighedClaim(
        claim_k=CLAIM_K,
        lambda_k_ang2=family.lambda_k_ang2,
        lambda_spread_k_ang2=family.spread_k_ang2,
        cells=cells + further,
        catalog=catalog_rows(further, family),
        sightings=found,
        classes=class_rows(cells, found, effective, smallest, family),
        effective=effective,
        targets=target_rows(cells, effective[0], shrinkings.best_per_gpa, family),
        smallest=smallest,
        shrinkings=shrinkings,
        relaxed=tuple(relaxed),
        trilayers=trilayer_rows(known),
        substitutions=substitution_rows(known, seen),
        years=record_years(seen),
        calibrated=calibrated is not None,
        forecast=calibrated and _forecast(known, calibrated),
        algorithm_version=ALGORITHM_VERSION,
        reference_digest=reference_digest(),
        measured_digest=measured_digest(),
        families_digest=known.families.digest,
    )


def _forecast(data: ClaimData, calibrated: Calibrated) -> Row:
    """How many reports of nickelates that trained nothing a model was asked of, and how many it held."""
    every = forecasts(data.families, calibrated)
    asked = [one.within for one in every if one.report.structure in data.classes]
    return Row(asked=len(asked) - asked.count(None), held=asked.count(True))
