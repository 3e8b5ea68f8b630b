"""The calibrated estimate beside the published relation: what measured compounds say of each candidate.

Correction and estimate need all candidates of a source, and no structure: what the screenings say is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from polywell.compounds import compounds_of
from polywell.evidence.calibration import Calibration
from polywell.evidence.corrected_database import (
    DECIMALS,
    CorrectedDatabase,
    correct_database,
    corrected_material,
)
from polywell.evidence.correction import CompoundGeometry, CorrectedRecord
from polywell.evidence.model.family import CalibratedTc
from polywell.families import Families
from polywell.records import Estimate, Outcome, Screening


def estimated(
    candidates: Sequence[Screening], calibration: Calibration, families: Families
) -> tuple[list[Estimate], CorrectedDatabase]:
    """Correct the candidates of a source by its own anchors, and estimate their T_c at the corrected ξ.

    A candidate of a family that was never measured, or whose row of the λ table is another than that of the
    calibration, has no T_c and says why (`Estimate.estimate_note`).

    Args:
        candidates: all candidates of a source.
        calibration: the fitted models.
        families: the λ table of the screening.

    Returns:
        The estimates in the order of the candidates, and what the source says of itself.

    Raises:
        ValueError: a screening is no candidate, or does not say what stands around its sheets.
    """
    for one in candidates:
        if one.outcome is not Outcome.CANDIDATE or one.spacer is None or one.net_disorder is None:
            raise ValueError(
                f"{one.source}/{one.id}: expected a candidate with its surroundings; screen it again"
            )
    database = correct_database(candidates, families)
    compounds = compounds_of(candidates)
    notes = {
        family: calibration.why_not(family, families) for family in {str(one.family) for one in candidates}
    }
    materials = [corrected_material(one) for one in database.candidates]
    # One thread: matrices this narrow gain nothing from more, and sums come out the same on every machine.
    with threadpool_limits(1):
        calibrated = calibration.predict(materials, database.spreads)
    return [
        _estimate(found, geometry, compound, tc, notes[str(found.record.family)], calibration)
        for found, geometry, compound, tc in zip(
            database.candidates, database.geometries(compounds), compounds, calibrated, strict=True
        )
    ], database


def _estimate(
    found: CorrectedRecord,
    geometry: CompoundGeometry,
    compound: str,
    calibrated: CalibratedTc | None,
    note: str | None,
    calibration: Calibration,
) -> Estimate:
    """What is known of one candidate; numbers to six decimals."""
    best, lowest, highest = found.ceiling, geometry.heights_ang[0], geometry.heights_ang[-1]
    estimate = Estimate(
        compound=compound,
        xi_correction_compounds=best.anchors,
        xi_correction_note=best.why,
        geometry_suspect=found.geometry_suspect or None,
        geometry_from=geometry.geometry_from,
        xi_compound_ang=_kept(geometry.xi_ang),
        xi_compound_low_ang=_kept(lowest),
        xi_compound_high_ang=_kept(highest),
        calibration_digest=calibration.training_digest,
        estimate_note=note,
    )
    if best.applied:
        estimate = replace(
            estimate,
            xi_corrected_ang=_kept(best.xi_ang),
            xi_correction_ratio=_kept(best.ratio),
            xi_correction_spread=_kept(best.deviation),
            tc_corrected_k=_kept(best.tc_k),
            tc_corrected_low_k=_kept(best.tc_low_k),
            tc_corrected_high_k=_kept(best.tc_high_k),
        )
    if calibrated is None or note is not None:
        return estimate
    near, likely = calibrated.nearest, calibrated.superconducting_probability
    at_best = calibrated.best_probability
    return replace(
        estimate,
        tc_expected_k=_kept(calibrated.tc_expected_k),
        tc_low_k=_kept(calibrated.tc_low_k),
        tc_high_k=_kept(calibrated.tc_high_k),
        tc_best_k=_kept(calibrated.tc_best_k),
        tc_best_low_k=_kept(calibrated.tc_best_low_k),
        tc_best_high_k=_kept(calibrated.tc_best_high_k),
        best_doping=calibrated.best_doping,
        superconducting_probability=None if likely is None else _kept(likely),
        best_probability=None if at_best is None else _kept(at_best),
        support=_kept(calibrated.support),
        support_word=calibrated.support_word,
        nearest_known=tuple(one.id for one in near),
        nearest_similarity=tuple(_kept(one.similarity) for one in near),
        nearest_tc_k=tuple(one.tc_k for one in near),
        nearest_residual_k=tuple(_kept(one.residual_k) for one in near),
    )


def _kept(value: float) -> float:
    """The value to six decimals: the last bits of a matrix product differ from batch to batch."""
    return round(value, DECIMALS)
