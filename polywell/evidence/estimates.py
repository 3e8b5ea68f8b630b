"""The calibrated estimate beside the published relation: what measured compounds say of each candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from polywell.evidence.calibration import Calibration, Estimate
from polywell.evidence.features import features_of
from polywell.evidence.surroundings import Surroundings, surroundings
from polywell.families import Families
from polywell.records import Entry, Outcome, ScreenRecord


def estimated(
    records: Sequence[ScreenRecord], entries: Sequence[Entry], calibration: Calibration, families: Families
) -> list[ScreenRecord]:
    """Add the calibrated estimate to the candidates; all other records come back as they are.

    A candidate of a family that was never measured, and every candidate screened with another λ table than
    the calibration's, keeps its features and has no estimate.

    Args:
        records: what the screening says, in the order of `entries`.
        entries: the entries, with the structures of the candidates.
        calibration: the fitted models.
        families: the λ table of the screening.
    """
    places = [k for k, record in enumerate(records) if record.outcome is Outcome.CANDIDATE]
    candidates = [records[k] for k in places]
    structures = [entry.structure for k in places if (entry := entries[k]).structure is not None]
    around = surroundings(candidates, structures)
    if dict(calibration.digests)["families"] == families.digest:
        rows = [features_of(record, place) for record, place in zip(candidates, around, strict=True)]
        estimates = calibration.predict(rows)
    else:
        estimates = [None] * len(candidates)
    made = list(records)
    for k, place, estimate in zip(places, around, estimates, strict=True):
        made[k] = _with(records[k], place, estimate)
    return made


def _with(record: ScreenRecord, place: Surroundings, estimate: Estimate | None) -> ScreenRecord:
    described = replace(
        record,
        spacer=place.spacer,
        net_disorder=place.net_disorder,
        apex_radius_inner_ang=place.apex_radius_inner_ang,
        apex_radius_outer_ang=place.apex_radius_outer_ang,
    )
    if estimate is None:
        return described
    known = estimate.nearest
    return replace(
        described,
        tc_expected_k=_kept(estimate.tc_expected_k),
        tc_low_k=_kept(estimate.tc_low_k),
        tc_high_k=_kept(estimate.tc_high_k),
        superconducting_probability=_kept(estimate.superconducting_probability),
        support=_kept(estimate.support),
        support_word=estimate.support_word,
        nearest_known=tuple(neighbour.id for neighbour in known),
        nearest_similarity=tuple(_kept(neighbour.similarity) for neighbour in known),
        nearest_tc_k=tuple(neighbour.tc_k for neighbour in known),
        nearest_residual_k=tuple(_kept(neighbour.residual_k) for neighbour in known),
    )


def _kept(value: float) -> float:
    """The value to six decimals, so that equal runs give equal files.

    The last bits of a matrix product differ from machine to machine and from batch to batch.
    """
    return round(value, 6)
