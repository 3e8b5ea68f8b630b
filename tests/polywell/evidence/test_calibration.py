"""The calibration on made-up measurements: what it learns, where it stops, the same answer twice."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from polywell.evidence.calibration import Calibration
from polywell.evidence.calibration_table import (
    SCHEMA,
    CalibrationTableError,
    built_in_calibration,
    from_text,
    to_text,
)
from polywell.evidence.fitting import fit, fit_family, fit_trees, fold_of
from polywell.evidence.model.family import FamilyModel
from polywell.evidence.rows.rows import library_rows
from polywell.evidence.training import sources
from polywell.families import load_families
from tests.polywell.evidence.made import CUPRATE, IRON, made_up, material, training_row

FAMILIES = load_families()
FAMILY = FAMILIES.rows[0]
ROWS = made_up(90, 1)
PARENTS = [
    training_row(f"parent-{host}", f"{host}2CuO4", None)
    for host in ("La", "Nd", "Sm", "Pr", "Gd", "Y", "Eu", "Tb", "Dy", "Ho", "Er", "Tm")
]


@cache
def fitted() -> FamilyModel:
    """Fitted when the first test asks: whoever only lists the tests fits nothing."""
    return fit_family(sorted([*ROWS, *PARENTS], key=lambda row: row.id), FAMILY)


def test_it_learns_what_the_relation_does_not_know() -> None:
    unseen = made_up(60, 2)
    expected = np.array([one.tc_expected_k for one in fitted().predict([row.material for row in unseen])])
    measured = np.array([row.tc_k for row in unseen])
    published = FAMILY.lambda_k_ang2 / np.array([row.material.features.xi_ceiling_ang for row in unseen]) ** 2
    assert np.abs(expected - measured).mean() < 0.4 * np.abs(published - measured).mean()
    assert np.abs(expected - measured).mean() < 0.7 * np.abs(np.median(measured) - measured).mean()


def test_low_temperatures_are_not_silenced() -> None:
    low = [row for row in ROWS if (row.tc_k or 0) < 10]
    expected = [one.tc_expected_k for one in fitted().predict([row.material for row in low])]
    assert len(low) > 5 and np.mean(expected) < 15


def test_the_interval_holds_four_in_five_at_least_where_systems_are_known() -> None:
    unseen = made_up(100, 3)
    held = [
        one.tc_low_k <= (row.tc_k or 0.0) <= one.tc_high_k
        for row, one in zip(unseen, fitted().predict([row.material for row in unseen]), strict=True)
    ]
    assert float(np.mean(held)) >= 0.75


def test_far_from_data_support_falls() -> None:
    near, far = fitted().predict([ROWS[0].material, material("Tl2Ba2Ca2Cu3O10")])
    assert near.support > 0.99 and near.support_word == "close to measured compounds"
    assert far.support < 0.05 and far.support_word == "far from measured compounds"
    assert near.nearest[0].similarity > 0.9
    similar = [one.similarity for one in near.nearest]
    assert similar == sorted(similar, reverse=True)


def test_a_parent_as_written_and_at_its_best_doping() -> None:
    (parent,) = fitted().predict(
        [material("La2CuO4", replace(CUPRATE, apical_distance_ang=2.7, spacer="rock-salt"))]
    )
    assert parent.superconducting_probability is not None and parent.superconducting_probability < 0.3
    assert parent.tc_best_k > parent.tc_expected_k + 10
    assert parent.best_doping.startswith(("0.08 holes per Cu", "0.16 holes per Cu", "0.24 holes per Cu"))
    assert parent.tc_best_low_k <= parent.tc_best_k <= parent.tc_best_high_k
    (doped,) = fitted().predict([ROWS[0].material])
    assert doped.superconducting_probability is not None and doped.superconducting_probability > 0.5


def test_without_negatives_there_is_no_probability() -> None:
    (found,) = replace(fitted(), odds=None).predict([ROWS[0].material])
    assert found.superconducting_probability is None


def test_an_uncertain_height_widens_the_interval_and_moves_nothing() -> None:
    exact, loose = (fitted().predict([row.material for row in ROWS], spread) for spread in (0.0, 0.2))
    assert [one.tc_expected_k for one in loose] == [one.tc_expected_k for one in exact]
    wider = [
        one.tc_low_k <= other.tc_low_k and one.tc_high_k >= other.tc_high_k
        for one, other in zip(loose, exact, strict=True)
    ]
    assert all(wider) and [one.tc_high_k for one in loose] != [one.tc_high_k for one in exact]


def test_a_batch_says_what_single_materials_say() -> None:
    materials = [row.material for row in ROWS[:12]] + [material("HgBa2CuO4.1")]
    for one, other in zip(fitted().predict(materials), materials, strict=True):
        (alone,) = fitted().predict([other])
        assert alone.tc_expected_k == pytest.approx(one.tc_expected_k, rel=1e-9)
        assert (alone.best_doping, alone.support_word) == (one.best_doping, one.support_word)


def test_several_families_the_same_in_any_order_and_one_that_was_never_measured() -> None:
    few = made_up(12, 5) + made_up(12, 5, IRON)
    calibration = fit(few, FAMILIES)
    assert fit(list(reversed(few)), FAMILIES) == calibration
    assert [model.family for model in calibration.models] == ["cuprate", "iron-based"]
    first, none, second = calibration.predict([
        ROWS[0].material,
        replace(ROWS[0].material, features=replace(CUPRATE, family="nickelate")),
        material("LaFeAsO", IRON),
    ])  # fmt: skip
    assert none is None and first is not None and second is not None
    assert calibration.why_not("nickelate", FAMILIES) is not None
    assert calibration.why_not("cuprate", FAMILIES) is None


def test_one_superconductor_is_enough_and_none_is_refused() -> None:
    (alone,) = fit_family(ROWS[:1], FAMILY).predict([ROWS[0].material])
    assert alone.tc_expected_k == pytest.approx(ROWS[0].tc_k, abs=0.1)
    assert alone.tc_low_k == 0.0 and alone.tc_high_k > 2 * (ROWS[0].tc_k or 0.0)
    with pytest.raises(ValueError, match="no superconducting training row"):
        fit_family(PARENTS[:2], FAMILY)


def test_folds_are_of_whole_keys_and_the_same_everywhere() -> None:
    # 16 is 1 modulo 5, so that the digits of a number in base 16 add up
    digits = hashlib.sha256(b"Cu-La-Sr").hexdigest()
    assert fold_of("Cu-La-Sr") == sum(int(digit, 16) for digit in digits) % 5


def test_the_text_says_everything() -> None:
    calibration = Calibration((fitted(),), 1, (("training", "0" * 64), ("families", "1" * 64)))
    text = to_text(calibration)
    assert from_text(text) == calibration
    assert to_text(from_text(text)) == text


def test_a_table_of_another_kind_is_refused() -> None:
    text = to_text(Calibration((fitted(),), 1, ()))
    with pytest.raises(CalibrationTableError, match=f"schema 9, expected {SCHEMA}"):
        from_text(text.replace(f"schema = {SCHEMA}", "schema = 9", 1))
    with pytest.raises(CalibrationTableError, match="expected the table"):
        from_text(text.replace("tc_trees", "trees", 1))
    with pytest.raises(CalibrationTableError, match="expected the table"):
        from_text("schema = = 1")


def test_the_table_and_what_it_was_made_from_agree() -> None:
    """Fails when measured rows, the reference library or the λ table moved: calibrate again."""
    table = built_in_calibration()
    assert {name: digest for name, digest in table.digests if name != "training"} == dict(sources())
    rows_of_table = {row.name: row.digest for row in FAMILIES.rows}
    assert {model.family: model.family_digest for model in table.models} == rows_of_table
    assert all(table.why_not(family, FAMILIES) is None for family in rows_of_table)


def test_the_table_is_what_fitting_gives(family: str = "nickelate") -> None:
    """The trees of the smallest family, fitted again: another model or other rows would differ."""
    table = built_in_calibration().model(family)
    rows = [row for row in library_rows(FAMILIES) if row.family == family]
    again = fit_trees(rows, next(row for row in FAMILIES.rows if row.name == family))
    assert table is not None and (table.rows, table.columns) == (len(rows), again.columns)
    materials = [row.material for row in rows]
    assert table.tc_k(table.batch(materials)) == pytest.approx(again.tc_k(again.batch(materials)), rel=1e-3)


def test_prediction_does_not_load_scikit_learn() -> None:
    imports = "import sys, polywell.evidence.calibration, polywell.evidence.calibration_table"
    code = f"{imports}; assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_row_of_no_family_is_refused() -> None:
    strange = replace(ROWS[0].material, features=replace(CUPRATE, family="cobaltate"))
    stranger = replace(ROWS[0], material=strange)
    with pytest.raises(ValueError, match="cobaltate"):
        fit([stranger], FAMILIES)
    with pytest.raises(ValueError, match="once"):
        fit([ROWS[0], ROWS[0]], FAMILIES)
