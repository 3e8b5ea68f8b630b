"""The verdict on the nickelate claim in sentences."""

from dataclasses import replace

import pytest

from polywell.proposal.nickelate_claim.analysis import weigh
from polywell.proposal.nickelate_claim.verdict import Finding, Point, Side
from polywell.records import Estimate
from reports.studies.nickelate_claim.words import WORDS, finding, headline, percent, said, sides
from reports.studies.sentences import words


@pytest.fixture(scope="module")
def verdict():
    model = Estimate(tc_expected_k=90.0, tc_low_k=60.0, tc_high_k=135.0)
    return weigh(calibrated=lambda materials: [model] * len(materials)).verdict


def test_both_sides_in_words(verdict) -> None:
    found = sides(verdict)
    against, speaks_for = found["against the claim"], found["for the claim"]
    assert any("Infinite-layer" in text and "9 of 9 cells" in text for text in against)
    assert any("All" in text and "98 K" in text for text in speaks_for)
    assert all(text[0].isupper() or not text[0].isalpha() for text in (*against, *speaks_for))


def test_every_finding_has_a_headline(verdict) -> None:
    for one in Finding:
        text = headline(replace(verdict, finding=one))
        assert "98 K (La0.6Nd2.4Ni2O7" in text
        assert finding(replace(verdict, finding=one)) == words(WORDS)["findings"][one.value]
    assert "holds on both counts" in headline(replace(verdict, finding=Finding.CONSISTENT))
    assert "33 of 42 cells, of 8 classes" in headline(verdict)


def test_what_a_chance_and_a_count_rest_on_is_said(verdict) -> None:
    """The cell behind the chance was trained on: its T_c stands beside it; counts say what was read."""
    [chance] = [point for point in verdict.points if point.name == "chance_calibrated"]
    text = said(chance)
    assert f"{chance.facts['row'].likeliest_name}; measured at best: " in text
    assert f"of {chance.facts['forecast'].asked} later reports" in text
    [trilayers] = [point for point in verdict.points if point.name == "trilayers_measured"]
    assert "is 3.259 Å (3.151 Å with them)" in said(trilayers)
    for point in (point for point in verdict.points if point.name.startswith("class_above")):
        assert f"of {sum(point.facts['row'].standing.values())} cells (" in said(point)


def test_what_has_no_measurement_yet_has_words_as_well(verdict) -> None:
    record = verdict.facts["record"]
    above = Point("measured_above", Side.AGAINST, {"claim_k": 50.0, "over": 1, "seen": 2, "named": (record,)})
    assert said(above) == "1 of 2 measured T_c exceed 50 K: La0.6Nd2.4Ni2O7 (98 K)."
    [trilayers] = [point for point in verdict.points if point.name == "trilayers_measured"]
    assert "Measured at best" in said(trilayers)
    assert "Measured at best" not in said(replace(trilayers, name="trilayers"))


ALIKE = [
    ("class_above", "class_above_unseen"),
    ("lambda_above", "lambda_below"),
    ("chance_published", "chance_effective", "chance_calibrated"),
    ("ions_above", "ions_below"),
    ("trilayers", "trilayers_measured"),
    ("record_rises", "record_stands", "record_stands_a_year"),
    ("measured_below",),
    ("zero_resistance",),
    ("touches",),
]
"""Points with the same facts, of which the data of the day make one."""


def test_every_point_has_words_that_its_facts_fill(verdict) -> None:
    filled = set()
    for names in ALIKE:
        point = next(point for name in names for point in verdict.points if point.name == name)
        for name in names:
            assert said(replace(point, name=name)).endswith(".")
        filled |= set(names)
    rows = tuple(point.facts["row"] for point in verdict.points if point.name == "class_above")
    assert said(Point("classes_below", Side.FOR, {"rows": rows})).count(" K)") == len(rows)
    assert filled | {"classes_below", "measured_above"} == set(words(WORDS)["points"])


@pytest.mark.parametrize(
    ("chance", "text"),
    [
        (0.0, "less than 0.1 %"),
        (0.012, "1.2 %"),
        (0.27, "27 %"),
        (0.982, "98.2 %"),
        (1.0, "more than 99.9 %"),
    ],
)
def test_chances_in_words(chance, text) -> None:
    assert percent(chance) == text
