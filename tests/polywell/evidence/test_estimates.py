"""Candidates carry correction, estimate and their places in the ranking; everything else stays as it was."""

from dataclasses import asdict, replace
from importlib.resources import files
from math import exp, log, sqrt

import pytest

from polywell.data.reference import reference_entries
from polywell.evidence.anchors import sound_references
from polywell.evidence.calibration import QUANTILE_80, Calibration, FamilyModel
from polywell.evidence.calibration_table import built_in_calibration
from polywell.evidence.estimates import estimated
from polywell.evidence.features import features
from polywell.families import load_families
from polywell.ranking import DEFAULT, RankBy, rank
from polywell.records import Entry, Outcome, Provenance, Screening
from polywell.screening import screen_many

FAMILIES = load_families()
CALIBRATION = built_in_calibration()
ENTRIES = list(reference_entries())[::6]
SCREENED = screen_many(ENTRIES, FAMILIES)
PLACES = [k for k, record in enumerate(SCREENED) if record.outcome is Outcome.CANDIDATE]
RECORDS = [SCREENED[k] for k in PLACES]
ESTIMATED, DATABASE = estimated(RECORDS, CALIBRATION, FAMILIES)

CORRECTED = {
    "xi_correction_compounds",
    "xi_correction_note",
    "geometry_from",
    "xi_compound_ang",
    "xi_compound_low_ang",
    "xi_compound_high_ang",
    "calibration_digest",
}
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


def computed(entries, factor=1.0, functional="GGA") -> list[Entry]:
    """The entries as a database computed them: every length multiplied, nothing measured left."""
    made = []
    for entry in entries:
        structure = entry.structure.copy()
        structure.scale_lattice(structure.volume * factor**3)
        known = Provenance(functional=functional)
        made.append(Entry("made", entry.id, entry.formula, entry.elements, structure, known))
    return made


def test_every_kind_of_outcome_is_tried() -> None:
    assert len(PLACES) >= 15
    assert {record.outcome for record in SCREENED} == {Outcome.CANDIDATE, Outcome.REJECTED}
    assert {record.family for record in RECORDS} == {"cuprate", "iron-based", "nickelate"}


def test_what_stands_around_the_sheets_is_known_of_candidates_alone() -> None:
    for k, record in enumerate(SCREENED):
        assert (record.spacer is not None) == (record.net_disorder is not None) == (k in PLACES)
        assert k in PLACES or (record.apex_radius_inner_ang, record.apex_radius_outer_ang) == (None, None)


def test_candidates_get_every_field_and_lose_none() -> None:
    for before, record in zip(RECORDS, ESTIMATED, strict=True):
        assert changed(before, record) <= CORRECTED | SAID
        assert all(getattr(record, name) not in (None, ()) for name in SAID)
        assert record.xi_correction_note == "not corrected: a measured structure"
        assert record.calibration_digest == CALIBRATION.training_digest
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
    rows = [features(record) for record in RECORDS]
    for record, estimate in zip(ESTIMATED, CALIBRATION.predict(rows), strict=True):
        assert estimate is not None
        assert record.tc_expected_k == round(estimate.tc_expected_k, 6)
        assert record.nearest_known == tuple(near.id for near in estimate.nearest)


def estimated_cuprates(entries) -> dict[str, Screening]:
    told = screen_many(entries, FAMILIES)
    said, _ = estimated([one for one in told if one.family == "cuprate"], CALIBRATION, FAMILIES)
    return {record.id: record for record in said}


def test_a_correction_leads_back_to_the_measured_estimate_and_widens_it() -> None:
    sound = [entry for entry in reference_entries() if entry.id in sound_references()]
    measured, equal, longer = (
        estimated_cuprates(entries) for entries in (sound, computed(sound), computed(sound, 1.03))
    )
    assert len(equal) > 30
    for id in measured:
        true, one, other = measured[id], equal[id], longer[id]
        # The published numbers stay those of the entry's own structure.
        assert other.tc_ceiling_k == pytest.approx(one.tc_ceiling_k / 1.03**2, rel=1e-3)
        assert other.xi_corrected_ang == pytest.approx(one.xi_corrected_ang, rel=2e-3)
        assert other.tc_corrected_k == pytest.approx(one.tc_corrected_k, rel=4e-3)
        assert one.xi_correction_ratio == pytest.approx(1.0, abs=1e-3)
        assert one.tc_expected_k == pytest.approx(true.tc_expected_k, rel=5e-3)
        widths = [log(made.tc_high_k / made.tc_low_k) / (2 * QUANTILE_80) for made in (true, one)]  # type: ignore[operator]
        added = (2 * one.xi_correction_spread) ** 2  # type: ignore[operator]
        assert widths[1] ** 2 - widths[0] ** 2 == pytest.approx(added, abs=2e-3)
        assert added > 0


def test_another_table_of_lambda_gives_a_correction_and_no_estimate() -> None:
    other = replace(CALIBRATION, digests=(("training", "0" * 64), ("families", "1" * 64)))
    for before, record in zip(RECORDS, estimated(RECORDS, other, FAMILIES)[0], strict=True):
        assert changed(before, record) <= CORRECTED


def test_a_family_that_was_never_measured_has_no_estimate() -> None:
    models = tuple(model for model in CALIBRATION.models if model.family != "nickelate")
    for record in estimated(RECORDS, replace(CALIBRATION, models=models), FAMILIES)[0]:
        assert (record.tc_expected_k is None) == (record.family == "nickelate")


def test_a_batch_says_what_single_records_say() -> None:
    for k in range(6):
        (alone,), _ = estimated([RECORDS[k]], CALIBRATION, FAMILIES)
        one, other = asdict(alone), asdict(ESTIMATED[k])
        for name in one:
            if name.startswith("xi_compound"):
                continue  # belongs to all entries of the compound
            if isinstance(one[name], float) or (name.startswith("nearest_") and name != "nearest_known"):
                assert one[name] == pytest.approx(other[name], rel=1e-9, abs=1.1e-6), name
            else:
                assert one[name] == other[name], name


def test_nothing_in_nothing_out() -> None:
    made, database = estimated([], CALIBRATION, FAMILIES)
    assert made == [] and database.corrections == ()


REJECTED = next(record for record in SCREENED if record.outcome is Outcome.REJECTED)


@pytest.mark.parametrize("wrong", [replace(RECORDS[0], spacer=None), REJECTED])
def test_what_is_no_candidate_or_lacks_its_surroundings_is_an_error(wrong) -> None:
    with pytest.raises(ValueError, match="expected a candidate with its surroundings"):
        estimated([wrong], CALIBRATION, FAMILIES)


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
    for record in estimated(RECORDS, alone, FAMILIES)[0]:
        if record.family == "cuprate":
            assert record.tc_expected_k == pytest.approx(record.tc_ceiling_k)
            width = exp(QUANTILE_80 * sqrt(1 + 0.25 + 0.1**2))
            assert record.tc_high_k == pytest.approx(record.tc_ceiling_k * width)  # type: ignore[operator]
            assert record.nearest_known == ()
            assert record.superconducting_probability == pytest.approx(0.5)


@pytest.mark.parametrize("by", list(RankBy))
def test_a_list_falls_by_what_it_is_ordered_by(by) -> None:
    ranked = rank(ESTIMATED, by)
    assert [record.rank for record in ranked] == list(range(1, len(ESTIMATED) + 1))
    values = [getattr(record, f"tc_{by}_k") for record in ranked]
    assert values == sorted(values, reverse=True)
    for name, other in (("rank_published", "ceiling"), ("rank_calibrated", "low")):
        places = {record.id: getattr(record, name) for record in ranked}
        assert places == {record.id: record.rank for record in rank(ESTIMATED, RankBy(other))}


def test_the_orders_differ_and_the_default_is_the_one_that_the_protocol_chose() -> None:
    assert len({tuple(record.id for record in rank(ESTIMATED, by)) for by in RankBy}) == len(RankBy)
    assert rank(ESTIMATED) == rank(ESTIMATED, DEFAULT)
    text = (files("polywell") / "tables" / "calibration_protocol.md").read_text("utf-8")
    assert f"the default\nranking is `{DEFAULT}`" in text


@pytest.mark.parametrize("by", list(RankBy))
def test_suspect_geometries_come_last_whatever_the_order(by) -> None:
    best = {record.id for record in rank(ESTIMATED, by)[:2]}
    marked = [replace(one, geometry_suspect="too low") if one.id in best else one for one in ESTIMATED]
    ranked = rank(marked, by)
    assert {record.id for record in ranked[-2:]} == best
    assert {record.rank_published for record in ranked[-2:]} == {len(ranked) - 1, len(ranked)}
    assert {record.rank_calibrated for record in ranked[-2:]} == {len(ranked) - 1, len(ranked)}


def test_records_without_an_estimate_come_after_those_with_one_by_their_ceiling() -> None:
    first, second, *others = ESTIMATED
    bare = [replace(one, tc_low_k=None, tc_ceiling_k=1000.0 + k) for k, one in enumerate((first, second))]
    ranked = rank([*bare, *others])
    assert [record.id for record in ranked[-2:]] == [second.id, first.id]
    assert [record.rank_calibrated for record in ranked[-2:]] == [None, None]
    assert [record.rank_published for record in ranked[-2:]] == [1, 2]
    places = sorted(record.rank_calibrated for record in ranked[:-2])
    assert places == list(range(1, len(others) + 1))


def test_equal_values_are_ordered_by_id() -> None:
    same = [replace(record, tc_low_k=10.0) for record in ESTIMATED]
    assert [record.id for record in rank(reversed(same))] == sorted(record.id for record in same)
