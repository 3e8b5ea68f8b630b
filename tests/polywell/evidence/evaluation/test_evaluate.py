"""The evaluation by hand on tiny data, and that no prediction knows what it is tested on."""

from dataclasses import replace

import numpy as np
import pytest

from polywell.evidence.evaluation import baselines, scores
from polywell.evidence.evaluation.evaluate import (
    CALIBRATED,
    Split,
    default_ranking,
    evaluate,
    evaluate_against,
    winners,
)
from polywell.evidence.evaluation.verdict import verdict
from polywell.families import load_families
from tests.polywell.evidence.test_calibration import CUPRATE, FAMILIES, IRON, made_up

ROWS = made_up(18, 11)
BY_SHEETS = [
    replace(
        one,
        tc_k=30.0 * (k % 3 + 1),
        features=replace(one.features, sheets_per_block=("1", "2", "3")[k % 3], bond_ang=1.5 + 0.2 * k),
    )
    for k, one in enumerate(ROWS)
]
EVALUATED = evaluate(ROWS + made_up(12, 12, IRON), FAMILIES, resamples=50)


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_scores_by_hand() -> None:
    assert scores.mean_absolute_error_k(array(10, 20), array(12, 26)) == 4.0
    assert scores.rank_correlation(array(1, 2, 3), array(10, 30, 20)) == pytest.approx(0.5)
    assert scores.rank_correlation(array(5, 5, 5), array(10, 30, 20)) is None
    assert scores.coverage(array(0, 0, 0, 0), array(1, 1, 1, 1), array(0.5, 1.0, 1.1, -1)) == 0.5
    assert scores.envelope_share(array(100, 100), array(110, 111)) == 0.5
    assert scores.brier(array(0.5, 1.0), array(1, 1)) == 0.125


def test_precision_and_enrichment_by_hand() -> None:
    score, hits = array(9, 8, 7, 6, 5), array(1, 0, 1, 0, 0)
    assert scores.precision_at(2, score, hits) == 0.5
    assert scores.enrichment_at(2, score, hits) == pytest.approx(0.5 / 0.4)
    assert scores.precision_at(6, score, hits) is None
    assert scores.precision_at(2, array(5, 5, 5, 5, 5), hits) == pytest.approx(0.4)
    assert scores.precision_at(2, array(9, 7, 7, 1, 1), hits) == pytest.approx((1 + 0.5) / 2)
    assert scores.enrichment_at(2, score, array(0, 0, 0, 0, 0)) is None


def test_resamples_keep_the_rows_of_a_compound_together() -> None:
    draws = scores.resamples(["a", "a", "b", "c"], 20)
    assert len(draws) == 20
    for rows in draws:
        assert (rows == 0).sum() == (rows == 1).sum()
    assert all((x == y).all() for x, y in zip(draws, scores.resamples(["a", "a", "b", "c"], 20), strict=True))


def test_an_interval_of_a_constant_is_that_constant() -> None:
    columns = (array(10, 20, 30), array(13, 23, 33))
    draws = scores.resamples(["a", "b", "c"], 10)
    assert scores.interval(scores.mean_absolute_error_k, columns, draws) == (3.0, 3.0)


def row(id: str, tc: float | None, **features: object):  # type: ignore[no-untyped-def]
    base = IRON if "anion_height_ang" in features else CUPRATE
    return replace(ROWS[0], id=id, compound=id, tc_k=tc, features=replace(base, **features))


def test_baselines_by_hand() -> None:
    training = [
        row("a", 10.0, sheets_per_block="1"),
        row("b", 30.0, sheets_per_block="1"),
        row("c", 100.0, sheets_per_block="2"),
    ]
    tested = [row("x", None, sheets_per_block="1"), row("y", None, sheets_per_block="3")]
    assert baselines.family_median(training, tested, 1300.0).tolist() == [30.0, 30.0]
    assert baselines.sheets(training, tested, 1300.0).tolist() == [20.0, 30.0]
    assert baselines.ceiling(training, tested, 1300.0) == pytest.approx(1300 / 3.5**2)
    assert baselines.outer(training, tested, 1300.0) == pytest.approx(1300 / 3.6**2)


def test_anion_height_finds_a_parabola_and_keeps_within_what_was_seen() -> None:
    heights = [1.18, 1.24, 1.30, 1.36, 1.42, 1.48, 1.54]
    training = [row(f"{h}", 50 - 900 * (h - 1.4) ** 2, anion_height_ang=h) for h in heights]
    tested = [row("x", None, anion_height_ang=1.33), row("y", None, anion_height_ang=2.5)]
    expected = baselines.anion_height(training, tested, 400.0)
    assert expected[0] == pytest.approx(50 - 900 * 0.07**2)
    assert expected[1] == pytest.approx(50 - 900 * 0.22**2)
    assert baselines.anion_height(training[:3], tested, 400.0).tolist() == [training[1].tc_k] * 2


def test_the_forest_knows_composition_alone() -> None:
    training = [
        replace(one, composition=(("Hg", share), ("O", 1 - share)), tc_k=100 * share + 1)
        for one, share in zip(ROWS, np.linspace(0, 0.5, len(ROWS)), strict=True)
    ]
    low, high = (
        replace(training[0], composition=(("Hg", s), ("O", 1 - s)), features=IRON) for s in (0.05, 0.45)
    )
    expected = baselines.composition_forest(training, [low, high], 1300.0)
    assert expected == pytest.approx(array(6, 46), abs=6)


@pytest.mark.parametrize(
    ("split", "tc"), [(Split.COMPOUND, 250.0), (Split.COMPOUND, None), (Split.STRUCTURE_TYPE, 1.0)]
)
def test_the_tested_compound_is_never_used(split: Split, tc: float | None) -> None:
    """Whatever T_c the left-out compound has, every prediction of it stays the same."""
    changed = [replace(one, tc_k=tc) if one.compound == ROWS[4].compound else one for one in ROWS]
    before = evaluate(ROWS, FAMILIES, (split,), resamples=2)
    after = evaluate(changed, FAMILIES, (split,), resamples=2)
    for evaluation in (before, after):
        assert any(one.compound == ROWS[4].compound for one in evaluation.predictions)
    one, other = (
        [
            (p.id, p.predictor, p.expected_k, p.low_k, p.high_k, p.superconducting_probability, p.support)
            for p in evaluation.predictions
            if p.compound == ROWS[4].compound
        ]
        for evaluation in (before, after)
    )
    assert one == other


def test_a_type_takes_its_compounds_with_it() -> None:
    """A compound that occurs in two structure types is not learned from its polymorph."""
    twin = replace(ROWS[0], id="twin", structure_type="type-1")
    hotter = replace(twin, tc_k=300.0)
    said = []
    for polymorph in (twin, hotter):
        evaluation = evaluate([*ROWS, polymorph], FAMILIES, (Split.STRUCTURE_TYPE,), resamples=2)
        said.append([p.expected_k for p in evaluation.predictions if p.id == ROWS[0].id])
    assert said[0] == said[1]


def test_every_row_is_predicted_once_by_every_predictor() -> None:
    for split in (Split.COMPOUND, Split.STRUCTURE_TYPE):
        for predictor in (CALIBRATED, "family median", "sheets", "ceiling", "outer", "composition forest"):
            ids = [p.id for p in EVALUATED.predictions if (p.split, p.predictor) == (split, predictor)]
            assert len(ids) == len(set(ids)) == 30
    heights = {p.family for p in EVALUATED.predictions if p.predictor == "anion height"}
    assert heights == {"iron-based"}
    assert EVALUATED.unpredicted == ()


def test_scores_agree_with_the_predictions_that_they_are_made_from() -> None:
    rows = [
        p
        for p in EVALUATED.predictions
        if (p.split, p.predictor, p.family) == (Split.COMPOUND, CALIBRATED, "cuprate")
    ]
    error = np.mean([abs(p.expected_k - (p.tc_measured_k or 0.0)) for p in rows])
    covered = np.mean([(p.low_k or 0) <= (p.tc_measured_k or 0) <= (p.high_k or 0) for p in rows])
    asked = (Split.COMPOUND, "cuprate", CALIBRATED)
    assert EVALUATED.value(*asked, "mean absolute error") == pytest.approx(error)
    assert EVALUATED.value(*asked, "coverage of the 80 % interval") == pytest.approx(covered)
    own = EVALUATED.value(*asked, "mean absolute error")
    median = EVALUATED.value(Split.COMPOUND, "cuprate", "family median", "mean absolute error")
    gain = EVALUATED.value(Split.COMPOUND, "cuprate", "family median", "error above calibration")
    assert own is not None and median is not None and gain == pytest.approx(median - own)


def test_every_score_lies_within_its_interval() -> None:
    for score in EVALUATED.scores:
        if score.value is not None and "enrichment" not in score.score and "precision" not in score.score:
            assert score.low is not None and score.high is not None
            assert score.low - 1e-9 <= score.value <= score.high + 1e-9 or score.rows < 40


def test_the_same_evaluation_twice() -> None:
    assert evaluate(ROWS, load_families(), (Split.COMPOUND,), 20) == evaluate(
        list(reversed(ROWS)), load_families(), (Split.COMPOUND,), 20
    )


def test_winners_are_named_when_they_win() -> None:
    """T_c that follow the sheets exactly: the baseline of sheets makes no error, and that is said."""
    assert (
        winners(evaluate(BY_SHEETS, FAMILIES, (Split.COMPOUND,), 2), Split.COMPOUND, "cuprate")[0] == "sheets"
    )
    assert "family median" not in winners(EVALUATED, Split.COMPOUND, "cuprate")


def test_data_from_outside_never_train_and_shed_their_own_compounds() -> None:
    outside = [replace(one, id=f"out-{one.id}", compound=f"out-{k}") for k, one in enumerate(made_up(6, 21))]
    same = [replace(one, composition=(("Hg", 0.2), ("O", 0.8))) for one in outside]
    training = [*ROWS, replace(same[0], id="twin", compound="twin", tc_k=299.0)]
    with_twin = evaluate_against(training, same[:1], FAMILIES, resamples=2)
    without = evaluate_against(ROWS, same[:1], FAMILIES, resamples=2)
    assert [p.expected_k for p in with_twin.predictions] == [p.expected_k for p in without.predictions]
    changed = [replace(one, tc_k=5.0) for one in same]
    one, other = (evaluate_against(ROWS, rows, FAMILIES, resamples=2) for rows in (same, changed))
    assert [p.expected_k for p in one.predictions] == [p.expected_k for p in other.predictions]


def test_too_few_rows_are_named_and_not_guessed() -> None:
    few = evaluate(ROWS[:3], FAMILIES, (Split.COMPOUND,), resamples=2)
    assert few.predictions == ()
    assert few.unpredicted == tuple(("compound", one.id) for one in ROWS[:3])


def test_the_default_ranking_follows_the_written_criterion() -> None:
    assert default_ranking(EVALUATED) in ("expected", "low")
    assert default_ranking(replace(EVALUATED, scores=())) == "low"


def test_the_verdict_names_the_losses_first() -> None:
    evaluation = evaluate(BY_SHEETS + made_up(12, 12, IRON), FAMILIES, (Split.COMPOUND,), 2)
    first, *_ = verdict(evaluation, Split.COMPOUND)
    assert first.startswith("cuprate, 18 superconducting rows, the compound unseen: the calibration")
    assert "loses to sheets (0.0 K)" in first
    assert "beats every baseline" in verdict(EVALUATED, Split.COMPOUND)[0] or winners(
        EVALUATED, Split.COMPOUND, "cuprate"
    )
