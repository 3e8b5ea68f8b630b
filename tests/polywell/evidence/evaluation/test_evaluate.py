"""The evaluation by hand on tiny data, and that no prediction knows what it is tested on."""

from dataclasses import replace

import numpy as np
import pytest

from polywell.evidence.evaluation import baselines, scores
from polywell.evidence.evaluation.evaluate import (
    CALIBRATED,
    CONSTANT,
    KEYS,
    Predicted,
    Split,
    predict_against,
    predict_unseen,
)
from polywell.evidence.evaluation.over_time import AFTER, over_time
from polywell.evidence.evaluation.scoring import BINS_K, COVERAGE, ERROR, bin_name, scored, winners
from polywell.evidence.evaluation.verdict import verdict
from polywell.families import load_families
from tests.polywell.evidence.made import CUPRATE, IRON, made_up, training_row

FAMILIES = load_families()
FAMILY, CAPPED = FAMILIES.rows[0], next(row for row in FAMILIES.rows if row.metal == "Fe")
ROWS = made_up(36, 11)
SPLITS = (Split.SYSTEM, Split.STRUCTURE_TYPE)
CHEAP = ("family median", "sheets", "anion height", "ceiling", "outer")


@pytest.fixture(autouse=True, scope="module")
def few_baselines():
    """Those that take no fit; the others are tested by themselves. They come back in their order."""
    known = dict(baselines.BASELINES)
    for name in set(known) - set(CHEAP):
        del baselines.BASELINES[name]
    yield
    baselines.BASELINES.clear()
    baselines.BASELINES.update(known)


@pytest.fixture(scope="module")
def tested(few_baselines) -> Predicted:
    return predict_unseen(ROWS + made_up(18, 12, IRON), FAMILIES, SPLITS)


@pytest.fixture(scope="module")
def evaluated(tested):
    return scored(tested, resamples=50)


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_scores_by_hand() -> None:
    assert scores.mean_absolute_error_k(array(10, 20), array(12, 26)) == 4.0
    assert scores.rank_correlation(array(1, 2, 3), array(10, 30, 20)) == pytest.approx(0.5)
    assert scores.rank_correlation(array(5, 5, 5), array(10, 30, 20)) is None
    assert scores.coverage(array(0, 0, 0, 0), array(1, 1, 1, 1), array(0.5, 1.0, 1.1, -1)) == 0.5
    assert scores.envelope_share(array(100, 100), array(110, 111)) == 0.5


def test_both_kinds_weigh_alike_in_the_score_of_a_probability() -> None:
    """Three superconductors at 0.9 and one other at 0.5: (0.01 + 0.25)/2; of three pairs all are in order."""
    said, happened = array(0.9, 0.9, 0.9, 0.5), array(1, 1, 1, 0)
    assert scores.balanced_brier(said, happened) == pytest.approx(0.13)
    assert scores.area_under_curve(said, happened) == 1.0
    assert scores.area_under_curve(array(0.5, 0.5), array(1, 0)) == 0.5
    assert scores.balanced_brier(said[:3], happened[:3]) is None
    assert scores.area_under_curve(said[:3], happened[:3]) is None


def test_resamples_keep_the_rows_of_a_system_together() -> None:
    draws = scores.resamples(["a", "a", "b", "c"], 20)
    assert len(draws) == 20
    for rows in draws:
        assert (rows == 0).sum() == (rows == 1).sum()
    assert all((x == y).all() for x, y in zip(draws, scores.resamples(["a", "a", "b", "c"], 20), strict=True))
    assert scores.resamples([], 3) == []


def test_an_interval_of_a_constant_is_that_constant() -> None:
    columns = (array(10, 20, 30), array(13, 23, 33))
    draws = scores.resamples(["a", "b", "c"], 10)
    assert scores.interval(scores.mean_absolute_error_k, columns, draws) == (3.0, 3.0)


def row(id: str, tc: float | None, **features: object):  # type: ignore[no-untyped-def]
    capped = "anion_height_ang" in features
    formula = "LaFeAsO" if capped else "La2CuO4"
    return training_row(id, formula, tc, replace(IRON if capped else CUPRATE, **features))


def test_baselines_by_hand() -> None:
    training = [
        row("a", 10.0, sheets_per_block="1"),
        row("b", 30.0, sheets_per_block="1"),
        row("c", 100.0, sheets_per_block="2"),
    ]
    tested = [row("x", None, sheets_per_block="1"), row("y", None, sheets_per_block="3")]
    assert baselines.family_median(training, tested, FAMILY).tolist() == [30.0, 30.0]
    assert baselines.sheets(training, tested, FAMILY).tolist() == [20.0, 30.0]
    assert baselines.ceiling(training, tested, FAMILY) == pytest.approx(FAMILY.lambda_k_ang2 / 3.5**2)
    assert baselines.outer(training, tested, FAMILY) == pytest.approx(FAMILY.lambda_k_ang2 / 3.6**2)


def test_anion_height_finds_a_parabola_and_keeps_within_what_was_seen() -> None:
    heights = [1.18, 1.24, 1.30, 1.36, 1.42, 1.48, 1.54]
    training = [row(f"{h}", 50 - 900 * (h - 1.4) ** 2, anion_height_ang=h) for h in heights]
    tested = [row("x", None, anion_height_ang=1.33), row("y", None, anion_height_ang=2.5)]
    expected = baselines.anion_height(training, tested, CAPPED)
    assert expected[0] == pytest.approx(50 - 900 * 0.07**2)
    assert expected[1] == pytest.approx(50 - 900 * 0.22**2)
    assert baselines.anion_height(training[:3], tested, CAPPED).tolist() == [training[1].tc_k] * 2


@pytest.mark.parametrize("predictor", [baselines.forest, baselines.formula_alone])
def test_what_knows_the_formula_alone_sees_no_cage(predictor) -> None:
    asked = [ROWS[3], replace(ROWS[3], id="other", material=replace(ROWS[3].material, features=CUPRATE))]
    one, other = predictor(ROWS, asked, FAMILY).tolist()
    assert one == other


def test_a_constant_in_place_of_the_relation_does_not_see_the_heights() -> None:
    higher = replace(ROWS[3].material.features, xi_ceiling_ang=4.4, xi_outer_ang=4.6)
    asked = [ROWS[3], replace(ROWS[3], id="other", material=replace(ROWS[3].material, features=higher))]
    one, other = baselines.without_relation(ROWS, asked, FAMILY).tolist()
    assert one == other


@pytest.mark.parametrize("split", SPLITS)
def test_what_leaves_is_never_used(split: Split) -> None:
    """Whatever T_c the rows of a key have, every prediction of them stays the same."""
    key = KEYS[split](ROWS[4])
    changed = [replace(one, tc_k=250.0) if KEYS[split](one) == key else one for one in ROWS]
    said = []
    for rows in (ROWS, changed):
        found = predict_unseen(rows, FAMILIES, (split,)).predictions
        said.append([(p.id, p.predictor, p.expected_k) for p in found if p.id == ROWS[4].id])
    assert said[0] == said[1] and {predictor for _, predictor, _ in said[0]} > {CALIBRATED, "family median"}


def test_every_row_is_predicted_once_by_every_predictor(tested) -> None:
    for split in SPLITS:
        for predictor in (CALIBRATED, CONSTANT, "family median", "sheets", "ceiling", "outer"):
            ids = [p.id for p in tested.predictions if (p.split, p.predictor) == (split, predictor)]
            assert len(ids) == len(set(ids)) == 54
    assert {p.family for p in tested.predictions if p.predictor == "anion height"} == {"iron-based"}
    assert tested.unpredicted == ()


def test_scores_agree_with_the_predictions_that_they_are_made_from(evaluated) -> None:
    asked = (Split.SYSTEM, "cuprate", CALIBRATED)
    rows = [p for p in evaluated.predictions if (p.split, p.family, p.predictor) == asked]
    missed = np.array([abs(p.expected_k - (p.tc_measured_k or 0.0)) for p in rows])
    covered = np.mean([(p.low_k or 0) <= (p.tc_measured_k or 0) <= (p.high_k or 0) for p in rows])
    assert evaluated.value(*asked, ERROR) == pytest.approx(missed.mean())
    assert evaluated.value(*asked, COVERAGE) == pytest.approx(covered)
    for low, high in BINS_K:
        within = np.array([low <= (p.tc_measured_k or 0) < (high or 999) for p in rows])
        value = evaluated.value(*asked, bin_name(low, high))
        assert value == (pytest.approx(missed[within].mean()) if within.any() else None)
    median = evaluated.value(Split.SYSTEM, "cuprate", "family median", ERROR)
    gain = evaluated.value(Split.SYSTEM, "cuprate", "family median", "error above calibration")
    assert gain == pytest.approx(median - missed.mean())


def test_winners_are_named_first_when_they_win(tested) -> None:
    """Predictions of a baseline made exact: it makes no error, and the first sentence says so."""
    exact = tuple(
        replace(p, expected_k=p.tc_measured_k) if (p.predictor, p.family) == ("sheets", "iron-based") else p
        for p in tested.predictions
    )
    evaluation = scored(replace(tested, predictions=exact), 2)
    assert winners(evaluation, Split.SYSTEM, "iron-based")[0] == "sheets"
    first, *_ = verdict(evaluation, Split.SYSTEM)
    assert first.startswith(
        "iron-based, 18 superconducting rows, the chemical system unseen: the calibration ("
    )
    assert "loses to sheets (0.0 K)" in first


def test_data_from_outside_shed_their_chemical_system() -> None:
    """Rows of the tested system change nothing; the page counts what the training rows hold of it."""
    outside = [replace(ROWS[4], id="out", tc_k=50.0)]
    hot = [replace(one, tc_k=299.0) if one.system == ROWS[4].system else one for one in ROWS]
    said = [predict_against(rows, outside, FAMILIES).predictions for rows in (ROWS, hot)]
    assert [p.expected_k for p in said[0]] == [p.expected_k for p in said[1]]
    assert {p.seen for p in said[0] if p.predictor == CALIBRATED} == {"composition"}
    strange = [replace(outside[0], system="Cu-Xx")]
    seen = [
        p.seen for p in predict_against(ROWS[:12], strange, FAMILIES).predictions if p.predictor == CALIBRATED
    ]
    assert seen == ["nothing"]


def test_too_few_rows_are_named_and_not_guessed() -> None:
    few = predict_unseen(ROWS[:2], FAMILIES, (Split.SYSTEM,))
    assert few.predictions == ()
    assert few.unpredicted == tuple(("chemical system", one.id) for one in ROWS[:2])


def test_what_came_later_is_predicted_from_what_came_before() -> None:
    """Whatever came in a year or after it, what is said of that time stays the same."""
    (point,) = over_time(ROWS, FAMILIES, (1994,))
    later = [one for one in ROWS if 1994 <= (one.year or 0) < 1994 + AFTER]
    assert (point.known, point.tested) == (sum((one.year or 0) < 1994 for one in ROWS), len(later))
    assert point.best_measured_k == max(one.tc_k or 0 for one in later)
    best = next(one for one in ROWS if one.id == point.best_id)
    hotter = [replace(one, tc_k=150.0) if one is best else one for one in ROWS]
    (again,) = over_time(hotter, FAMILIES, (1994,))
    assert (again.best_id, again.best_expected_k) == (point.best_id, point.best_expected_k)
    assert over_time(ROWS, FAMILIES, (1987,)) == ()
