"""The calibration on made-up measurements: what it learns, where it stops, the same answer twice."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from polywell.evidence.calibration import QUANTILE_80, Calibration, FamilyModel, TrainingRow, targets
from polywell.evidence.calibration_table import (
    SCHEMA,
    CalibrationTableError,
    built_in_calibration,
    from_text,
    to_text,
)
from polywell.evidence.features import Features
from polywell.evidence.fitting import CageKernel, fit, fit_family
from polywell.evidence.kernel import GROUPS, TERMS, coordinates, squared_distances, terms
from polywell.evidence.training import built_in_rows, calibrate, digests
from polywell.families import load_families

FAMILIES = load_families()
CUPRATE = Features(
    family="cuprate",
    xi_ceiling_ang=3.5,
    xi_outer_ang=3.6,
    apex_radius_inner_ang=1.2,
    apex_radius_outer_ang=1.3,
    sheets_per_block="2",
    sheet_distance_ang=3.2,
    bond_ang=1.93,
    bond_angle_deg=178.0,
    buckling_ang=0.02,
    ligand="O",
    apical="O",
    apical_distance_ang=2.5,
    anion_height_ang=None,
    anion_angle_deg=None,
    spacer="Tl-O",
    net_disorder=0.0,
    pressure_gpa=None,
)
IRON = replace(
    CUPRATE,
    family="iron-based",
    xi_ceiling_ang=2.7,
    xi_outer_ang=3.1,
    apex_radius_inner_ang=None,
    sheets_per_block="1",
    sheet_distance_ang=None,
    bond_ang=2.4,
    bond_angle_deg=71.0,
    ligand="As",
    apical="none",
    apical_distance_ang=None,
    anion_height_ang=1.35,
    anion_angle_deg=111.0,
    spacer="fluorite",
)
FAR = replace(
    CUPRATE, xi_ceiling_ang=6.0, xi_outer_ang=7.0, bond_ang=2.4, apical_distance_ang=4.0, net_disorder=0.9
)


def made_up(count: int, seed: int, features: Features = CUPRATE) -> list[TrainingRow]:
    """Rows whose T_c falls short of the ceiling by a smooth function of apical distance and spacer."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        spacer = ("Hg-O", "Bi-O", "rock-salt")[number % 3]
        distance = 2.3 + 0.5 * random.random()
        height = features.xi_ceiling_ang + 0.3 * random.normal()
        place = replace(features, xi_ceiling_ang=height, xi_outer_ang=height + 0.1, spacer=spacer)
        if place.apical_distance_ang is not None:
            place = replace(place, apical_distance_ang=distance)
        g = -0.3 * (number % 3) + 1.2 * (distance - 2.6) + 0.05 * random.normal()
        lam = 1300.0 if features.anion_height_ang is None else 400.0
        rows.append(
            TrainingRow(
                id=f"{features.family}-{number:03d}",
                compound=f"compound-{number // 2}",
                structure_type=f"type-{number % 3}",
                composition=(("Cu", 0.5), ("O", 0.5)),
                features=place,
                tc_k=float(lam / height**2 * np.exp(g)),
            )
        )
    return rows


ROWS = made_up(30, 1)
MODEL = fit_family("cuprate", 1300.0, ROWS)


def test_it_learns_what_the_relation_does_not_know() -> None:
    unseen = made_up(30, 2)
    expected = np.array(
        [estimate.tc_expected_k for estimate in MODEL.predict([row.features for row in unseen])]
    )
    measured = np.array([row.tc_k for row in unseen])
    published = 1300.0 / np.array([row.features.xi_ceiling_ang for row in unseen]) ** 2
    assert np.abs(expected - measured).mean() < 0.4 * np.abs(published - measured).mean()


def test_far_from_data_it_returns_to_the_published_relation_with_a_wide_interval() -> None:
    near, far = MODEL.predict([ROWS[0].features, FAR])
    assert far.tc_expected_k == pytest.approx(1300.0 / 6.0**2, rel=1e-3)
    assert far.tc_high_k / far.tc_low_k > 2.0
    assert far.tc_high_k / far.tc_low_k > 1.3 * near.tc_high_k / near.tc_low_k
    assert far.support == pytest.approx(0.0, abs=1e-3)
    assert far.support_word == "far from measured compounds"
    assert near.support > 0.8 and near.support_word == "close to measured compounds"
    assert far.superconducting_probability == pytest.approx(0.5, abs=1e-3)


def test_each_feature_alone_can_lead_away_from_the_data() -> None:
    strange = replace(ROWS[0].features, bond_ang=2.6)
    assert MODEL.predict([strange])[0].support < 0.05


def test_rows_without_their_compound_as_if_refitted() -> None:
    away = MODEL.leave_compound_out()
    for k in (0, 7, 29):
        left = tuple(row for row in ROWS if row.compound != ROWS[k].compound)
        without = replace(MODEL, rows=left, interval_scale=1.0).predict([ROWS[k].features])[0]
        deviation = np.log(without.tc_high_k / without.tc_expected_k) / QUANTILE_80
        assert np.log((ROWS[k].tc_k or 0.0) / without.tc_expected_k) / deviation == pytest.approx(away[k])


def test_the_interval_holds_four_in_five_of_the_compounds_it_did_not_see() -> None:
    """Outliers that the likelihood excuses still widen the interval."""
    rows = [replace(row, tc_k=(row.tc_k or 0.0) * (0.1 if k % 5 == 0 else 1.0)) for k, row in enumerate(ROWS)]
    model = fit_family("cuprate", 1300.0, rows)
    away = np.abs(model.leave_compound_out()) / model.interval_scale
    assert 0.8 <= (away <= QUANTILE_80 * (1 + 1e-5)).mean() <= 0.9 or model.interval_scale == 1.0
    assert MODEL.interval_scale >= 1.0
    assert fit_family("cuprate", 1300.0, ROWS[:3]).interval_scale == 1.0


def test_an_uncertain_height_widens_the_interval_and_moves_nothing() -> None:
    place = ROWS[0].features
    exact, loose = MODEL.predict([place])[0], MODEL.predict([place], xi_spread=0.2)[0]
    assert loose.tc_expected_k == exact.tc_expected_k
    assert loose.tc_low_k < exact.tc_low_k and loose.tc_high_k > exact.tc_high_k


def test_the_interval_covers_what_it_says() -> None:
    """Measurements drawn from the model itself lie within the 80 % interval about 80 % of the time."""
    random = np.random.default_rng(3)
    base = made_up(60, 4)
    places = coordinates([row.features for row in base], "bridged")
    variances = np.full(len(TERMS), 0.08)
    covariance = np.einsum("t,tnm->nm", variances, terms(squared_distances(places, places)))
    inside = []
    for _ in range(12):
        g = random.multivariate_normal(np.full(60, 0.0), covariance + 0.02 * np.eye(60))
        noise = 0.1 * random.normal(size=60)
        ceilings = np.array([1300.0 / row.features.xi_ceiling_ang**2 for row in base])
        measured = ceilings * np.maximum(np.exp(g) + noise, 0.05)
        rows = [replace(row, tc_k=float(tc)) for row, tc in zip(base, measured, strict=True)]
        model = fit_family("cuprate", 1300.0, rows[:40])
        for row, estimate in zip(rows[40:], model.predict([row.features for row in rows[40:]]), strict=True):
            inside.append(estimate.tc_low_k <= (row.tc_k or 0.0) <= estimate.tc_high_k)
    assert 0.72 <= float(np.mean(inside)) <= 0.88


def test_fitting_twice_says_the_same_in_any_order() -> None:
    again = fit(list(reversed(ROWS)), FAMILIES)
    assert again == fit(ROWS, FAMILIES)
    assert again.models[0].variances == MODEL.variances


def test_non_superconductors_move_the_probability_only() -> None:
    without = [
        replace(row, id=f"not-{row.id}", compound=f"not-{row.compound}", tc_k=None) for row in ROWS[:20]
    ]
    model = fit_family("cuprate", 1300.0, sorted(ROWS + without, key=lambda row: row.id))
    place = ROWS[5].features
    before, after = MODEL.predict([place])[0], model.predict([place])[0]
    assert after.tc_expected_k == pytest.approx(before.tc_expected_k, rel=1e-9)
    assert after.superconducting_probability < before.superconducting_probability - 0.1


def test_nearest_known_are_the_most_alike_with_their_residuals() -> None:
    estimate = MODEL.predict([ROWS[7].features])[0]
    assert estimate.nearest[0].id == ROWS[7].id
    assert estimate.nearest[0].similarity == pytest.approx(1.0, abs=1e-9)
    assert estimate.nearest[0].residual_k == pytest.approx((ROWS[7].tc_k or 0.0) - estimate.tc_expected_k)
    assert [one.similarity for one in estimate.nearest] == sorted(
        (one.similarity for one in estimate.nearest), reverse=True
    )


def test_prediction_agrees_with_scikit_learn() -> None:
    from sklearn.gaussian_process import GaussianProcessRegressor

    tested = made_up(5, 9)
    places = coordinates([row.features for row in [*ROWS, *tested]], "bridged")
    target, own = targets(ROWS, 1300.0)
    process = GaussianProcessRegressor(
        CageKernel(places, np.array(MODEL.variances)), alpha=own + MODEL.noise, optimizer=None
    )
    process.fit(np.arange(30.0)[:, None], target)
    mean, deviation = process.predict(np.arange(30.0, 35.0)[:, None], return_std=True)
    for row, estimate, g, s in zip(
        tested, MODEL.predict([row.features for row in tested]), mean, deviation, strict=True
    ):
        assert np.log(estimate.tc_expected_k * row.features.xi_ceiling_ang**2 / 1300) == pytest.approx(g)
        assert estimate.support == pytest.approx(1 - s**2 / MODEL.prior_variance)


def test_the_kernel_derivatives() -> None:
    places = coordinates([row.features for row in ROWS[:6]], "bridged")
    kernel = CageKernel(places, np.full(len(TERMS), 0.2))
    rows = np.arange(6.0)[:, None]
    _, gradient = kernel(rows, eval_gradient=True)
    for term in range(len(TERMS)):
        step = np.zeros(len(TERMS))
        step[term] = 1e-6
        difference = kernel.clone_with_theta(kernel.theta + step)(rows) - kernel(rows)
        assert gradient[:, :, term] == pytest.approx(difference / 1e-6, abs=1e-5)


def test_coordinates_stand_apart_as_the_protocol_says() -> None:
    lacking = replace(CUPRATE, sheet_distance_ang=None, sheets_per_block="1")
    places = coordinates([CUPRATE, lacking, replace(CUPRATE, spacer="Hg-O")], "bridged")
    squared = dict(zip(GROUPS, squared_distances(places, places), strict=True))
    assert squared["spacer"][0, 2] == pytest.approx(1.5**2)
    assert squared["sheets"][0, 1] == pytest.approx((0.1 / 0.4) ** 2 + 1.0 + (0.5 / 0.35) ** 2)
    with pytest.raises(ValueError, match="expected one of"):
        coordinates([replace(CUPRATE, spacer="marzipan")], "bridged")


def test_several_families_and_one_that_was_never_measured() -> None:
    calibration = fit(ROWS + made_up(12, 5, IRON), FAMILIES)
    assert [model.family for model in calibration.models] == ["cuprate", "iron-based"]
    strange = replace(CUPRATE, family="nickelate")
    first, none, second = calibration.predict([CUPRATE, strange, IRON])
    assert none is None
    assert first is not None and second is not None
    assert second.tc_expected_k < first.tc_expected_k


def test_one_superconductor_is_enough_and_none_gives_the_published_relation() -> None:
    alone = fit_family("cuprate", 1300.0, ROWS[:1]).predict([ROWS[0].features])[0]
    assert alone.tc_expected_k == pytest.approx(ROWS[0].tc_k, rel=0.2)
    empty = fit_family("cuprate", 1300.0, [replace(ROWS[0], tc_k=None)]).predict([CUPRATE])[0]
    assert empty.tc_expected_k == pytest.approx(1300.0 / 3.5**2)
    assert (empty.support, empty.nearest) == (0.0, ())


def test_the_text_says_everything() -> None:
    rows = [*ROWS, replace(ROWS[0], id="zz", tc_k=None)]
    calibration = fit(rows + made_up(6, 5, IRON), FAMILIES, (("training", "0" * 64), ("families", "1" * 64)))
    text = to_text(calibration)
    assert from_text(text) == calibration
    assert to_text(from_text(text)) == text


def test_a_table_of_another_kind_is_refused() -> None:
    text = to_text(Calibration((MODEL,), 1, ()))
    with pytest.raises(CalibrationTableError, match=f"schema 9, expected {SCHEMA}"):
        from_text(text.replace(f"schema = {SCHEMA}", "schema = 9", 1))
    with pytest.raises(CalibrationTableError, match="expected the table"):
        from_text(text.replace("features.bond_ang", "features.bond_length_ang", 1))
    with pytest.raises(CalibrationTableError, match="expected the table"):
        from_text("schema = = 1")


def test_variances_are_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        FamilyModel("cuprate", "bridged", 1300.0, (0.0,) * len(TERMS), 0.1, ())


def test_the_table_and_its_training_data_agree() -> None:
    """Fails when the measured table, the reference library or the λ table moved: calibrate again."""
    rows = built_in_rows(FAMILIES)
    table = built_in_calibration()
    assert table.digests == digests(rows)
    rows_of_table = {row.name: row.digest for row in FAMILIES.rows}
    assert {model.family: model.family_digest for model in table.models} == rows_of_table
    assert all(table.why_not(family, FAMILIES) is None for family in rows_of_table)
    assert sorted((row for model in table.models for row in model.rows), key=lambda row: row.id) == list(rows)


def test_the_table_is_what_fitting_gives() -> None:
    table, again = built_in_calibration(), calibrate(FAMILIES)
    for model, other in zip(table.models, again.models, strict=True):
        places = [row.features for row in model.rows]
        one, two = model.predict(places), other.predict(places)
        assert [e.tc_expected_k for e in one] == pytest.approx([e.tc_expected_k for e in two], rel=1e-3)
        assert [e.tc_low_k for e in one] == pytest.approx([e.tc_low_k for e in two], rel=3e-3)


def test_prediction_does_not_load_scikit_learn() -> None:
    imports = "import sys, polywell.evidence.calibration, polywell.evidence.calibration_table"
    code = f"{imports}; assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_row_of_no_family_is_refused() -> None:
    stranger = replace(ROWS[0], features=replace(CUPRATE, family="cobaltate"))
    with pytest.raises(ValueError, match="cobaltate"):
        fit([stranger], FAMILIES)
    with pytest.raises(ValueError, match="once"):
        fit([ROWS[0], ROWS[0]], FAMILIES)
