"""The calibrated estimate beside the published relation: what measured compounds say of each candidate.

Entries are screened by themselves (`polywell.screening`). Correction and estimate need all candidates of
a source, and no structure: `estimated` makes them from what the screening says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from polywell.evidence.calibration import Calibration, Estimate
from polywell.evidence.corrected_database import CorrectedDatabase, correct_database, corrected_features
from polywell.evidence.features import features
from polywell.families import Families
from polywell.records import Outcome, ScreenRecord, with_values


def estimated(
    records: Sequence[ScreenRecord], calibration: Calibration, families: Families
) -> tuple[list[ScreenRecord], CorrectedDatabase]:
    """Correct the candidates of a source by its own anchors, and estimate their T_c at the corrected ξ.

    A candidate of a family that was never measured, and every candidate screened with another λ table than
    the calibration's, has no estimate.

    Args:
        records: all candidates of a source, screened.
        calibration: the fitted models.
        families: the λ table of the screening.

    Returns:
        The records in their order, and what the source says of itself.

    Raises:
        ValueError: a record is no candidate, or lacks its surroundings.
    """
    for record in records:
        if record.outcome is not Outcome.CANDIDATE or record.spacer is None or record.net_disorder is None:
            raise ValueError(
                f"{record.source}/{record.id}: expected a candidate with its surroundings; screen it again"
            )
    database = correct_database(records, families)
    made: list[ScreenRecord] = []
    estimates = _estimates(database, calibration, families)
    for record, fields, estimate in zip(records, database.fields(), estimates, strict=True):
        fields["calibration_digest"] = calibration.training_digest
        made.append(with_values(record, **fields, **({} if estimate is None else _estimate_fields(estimate))))
    return made, database


def _estimates(
    database: CorrectedDatabase, calibration: Calibration, families: Families
) -> Sequence[Estimate | None]:
    if dict(calibration.digests)["families"] != families.digest:
        return [None] * len(database.candidates)
    rows = [corrected_features(features(one.record), one) for one in database.candidates]
    spread = np.array([one.ceiling.deviation for one in database.candidates], dtype=float)
    # One thread: matrices this narrow gain nothing from more, and sums come out the same on every machine.
    with threadpool_limits(1):
        return calibration.predict(rows, spread)


def _estimate_fields(estimate: Estimate) -> dict[str, Any]:
    """The fields of a record that an estimate fills; numbers to six decimals."""
    known = estimate.nearest
    return {
        "tc_expected_k": _kept(estimate.tc_expected_k),
        "tc_low_k": _kept(estimate.tc_low_k),
        "tc_high_k": _kept(estimate.tc_high_k),
        "superconducting_probability": _kept(estimate.superconducting_probability),
        "support": _kept(estimate.support),
        "support_word": estimate.support_word,
        "nearest_known": tuple(neighbour.id for neighbour in known),
        "nearest_similarity": tuple(_kept(neighbour.similarity) for neighbour in known),
        "nearest_tc_k": tuple(neighbour.tc_k for neighbour in known),
        "nearest_residual_k": tuple(_kept(neighbour.residual_k) for neighbour in known),
    }


def _kept(value: float) -> float:
    """The value to six decimals, so that equal runs give equal files.

    The last bits of a matrix product differ from machine to machine and from batch to batch.
    """
    return round(value, 6)
