"""Candidates carry the calibrated estimate and its place in the ranking; everything else stays as it was."""

from dataclasses import asdict, replace
from math import exp, sqrt

import pytest

from polywell.evidence.calibration import QUANTILE_80, Calibration, FamilyModel
from polywell.evidence.calibration_text import built_in_calibration
from polywell.evidence.estimates import estimated
from polywell.evidence.features import features_many
from polywell.families import load_families
from polywell.ranking import rank
from polywell.records import Outcome
from polywell.reference import reference_entries
from polywell.screening import screen_many

FAMILIES = load_families()
CALIBRATION = built_in_calibration()
ENTRIES = list(reference_entries())[::6]
RECORDS = screen_many(ENTRIES, FAMILIES)
ESTIMATED = estimated(RECORDS, ENTRIES, CALIBRATION, FAMILIES)
PLACES = [k for k, record in enumerate(RECORDS) if record.outcome is Outcome.CANDIDATE]

DESCRIBED = {"spacer", "net_disorder", "apex_radius_inner_ang", "apex_radius_outer_ang"}
SAID = {
    "tc_expected_k",
    "tc_low_k",
    "tc_high_k",
    "superconducting_probability",
    "support",
    "support_word",
    "nearest_known",
    "nearest_similarity",
    "nearest_tc_k",
    "nearest_residual_k",
}


def changed(before, after) -> set[str]:
    one, other = asdict(before), asdict(after)
    return {name for name in one if one[name] != other[name]}


def test_every_kind_of_outcome_is_tried() -> None:
    assert len(PLACES) >= 15
    assert {record.outcome for record in RECORDS} == {Outcome.CANDIDATE, Outcome.REJECTED}
    assert {RECORDS[k].family for k in PLACES} == {"cuprate", "iron-based", "nickelate"}


def test_candidates_get_every_field_and_lose_none() -> None:
    for k in PLACES:
        record = ESTIMATED[k]
        assert changed(RECORDS[k], record) <= DESCRIBED | SAID
        assert all(getattr(record, name) not in (None, ()) for name in SAID)
        assert record.spacer is not None and record.net_disorder is not None
        assert 0 < record.tc_low_k < record.tc_expected_k < record.tc_high_k  # type: ignore[operator]
        assert 0 <= record.support <= 1 and 0 < record.superconducting_probability < 1  # type: ignore[operator]
        near = (
            record.nearest_known,
            record.nearest_similarity,
            record.nearest_tc_k,
            record.nearest_residual_k,
        )
        assert {len(column) for column in near} == {3}
        assert list(record.nearest_similarity) == sorted(record.nearest_similarity, reverse=True)


def test_the_estimate_is_that_of_the_model() -> None:
    rows = features_many([RECORDS[k] for k in PLACES], [ENTRIES[k] for k in PLACES])
    for k, estimate in zip(PLACES, CALIBRATION.predict(rows), strict=True):
        assert estimate is not None
        assert ESTIMATED[k].tc_expected_k == round(estimate.tc_expected_k, 6)
        assert ESTIMATED[k].nearest_known == tuple(near.id for near in estimate.nearest)


def test_other_records_come_back_as_they_are() -> None:
    assert len(ESTIMATED) == len(RECORDS)
    for k, (before, after) in enumerate(zip(RECORDS, ESTIMATED, strict=True)):
        if k not in PLACES:
            assert after is before


def test_another_table_of_lambda_gives_features_and_no_estimate() -> None:
    other = replace(CALIBRATION, digests=(("training", "0" * 64), ("families", "1" * 64)))
    for k, record in enumerate(estimated(RECORDS, ENTRIES, other, FAMILIES)):
        if k in PLACES:
            assert changed(RECORDS[k], record) <= DESCRIBED
            assert record.spacer == ESTIMATED[k].spacer


def test_a_family_that_was_never_measured_has_no_estimate() -> None:
    models = tuple(model for model in CALIBRATION.models if model.family != "nickelate")
    for k, record in enumerate(estimated(RECORDS, ENTRIES, replace(CALIBRATION, models=models), FAMILIES)):
        if k in PLACES:
            assert (record.tc_expected_k is None) == (record.family == "nickelate")
            assert record.spacer is not None


def test_a_batch_says_what_single_records_say() -> None:
    for k in [*PLACES[:6], next(k for k in range(len(RECORDS)) if k not in PLACES)]:
        (alone,) = estimated([RECORDS[k]], [ENTRIES[k]], CALIBRATION, FAMILIES)
        one, other = asdict(alone), asdict(ESTIMATED[k])
        for name in one:
            if isinstance(one[name], float) or (name.startswith("nearest_") and name != "nearest_known"):
                assert one[name] == pytest.approx(other[name], rel=1e-9, abs=1.1e-6), name
            else:
                assert one[name] == other[name], name


def test_nothing_in_nothing_out() -> None:
    assert estimated([], [], CALIBRATION, FAMILIES) == []


def test_an_untrained_model_returns_the_published_relation() -> None:
    """Without a measured row the median is λ/ξ², its width that of the variances: 1, and a noise of 0.25."""
    bare = FamilyModel(
        "cuprate",
        CALIBRATION.models[0].kind,
        FAMILIES.rows[0].lambda_k_ang2,
        tuple(1 / len(CALIBRATION.models[0].variances) for _ in CALIBRATION.models[0].variances),
        0.25,
        (),
    )
    alone = Calibration((bare,), CALIBRATION.algorithm_version, CALIBRATION.digests)
    for k, record in enumerate(estimated(RECORDS, ENTRIES, alone, FAMILIES)):
        if k in PLACES and record.family == "cuprate":
            assert record.tc_expected_k == pytest.approx(record.tc_ceiling_k)
            width = exp(QUANTILE_80 * sqrt(1 + 0.25 + 0.1**2))
            assert record.tc_high_k == pytest.approx(record.tc_ceiling_k * width)  # type: ignore[operator]
            assert record.nearest_known == ()
            assert record.superconducting_probability == pytest.approx(0.5)


def test_the_calibrated_rank_is_a_permutation_ordered_by_the_low_end() -> None:
    ranked = rank(ESTIMATED)
    assert [record.rank for record in ranked] == list(range(1, len(PLACES) + 1))
    calibrated = sorted(ranked, key=lambda record: record.rank_calibrated or 0)
    assert [record.rank_calibrated for record in calibrated] == list(range(1, len(PLACES) + 1))
    lows = [record.tc_low_k or 0.0 for record in calibrated]
    assert lows == sorted(lows, reverse=True)
    assert [record.id for record in calibrated] != [record.id for record in ranked]


def test_records_without_an_estimate_have_no_calibrated_rank() -> None:
    first, *others = [ESTIMATED[k] for k in PLACES]
    ranked = rank([replace(first, tc_low_k=None), *others])
    without = [record for record in ranked if record.rank_calibrated is None]
    assert [record.id for record in without] == [first.id]
    places = sorted(record.rank_calibrated for record in ranked if record.rank_calibrated is not None)
    assert places == list(range(1, len(PLACES)))


def test_equal_low_ends_are_ordered_by_id() -> None:
    same = [replace(ESTIMATED[k], tc_low_k=10.0) for k in PLACES]
    ranked = sorted(rank(reversed(same)), key=lambda record: record.rank_calibrated or 0)
    assert [record.id for record in ranked] == sorted(record.id for record in same)
