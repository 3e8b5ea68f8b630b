"""Designs of a small library of 1993, held against what was published later."""

import pytest

from flows.studies.design_history import headline, lines, once
from polywell.design.errors import UNFITTED, stiffness_of_library
from polywell.design.history.judge import NEAR_ANG, YEARS, _placed, judged, lows_k, models_before
from polywell.design.history.years import compounds, library_before, screened, year_in, years
from polywell.design.library import Library, measured_library
from polywell.evidence.rows.rows import measured_rows
from polywell.families import built_in_families

IDS = (
    "la1.85sr0.15cuo4", "la1.9ca1.1cu2o6", "ca0.86sr0.14cuo2", "sr0.86nd0.14cuo2", "tlba2cacu2o7",
    "tl2ba2ca2cu3o10", "hg0.87ba2cacu2.13o6.64", "hgba2ca2cu3o8.16", "kca2fe4as4f2",
)  # fmt: skip
"""Mother compounds of 1987 to 1991, and what came of them in 1993 and later."""


@pytest.fixture(scope="module")
def small() -> Library:
    return Library(tuple(one for one in measured_library().members if one.cut.id in IDS))


@pytest.fixture(scope="module")
def of_1993(small):
    return judged(1993, small, drawn=40)


@pytest.mark.parametrize(
    ("source", "year"),
    [
        ("Rotter, Tegel, Johrendt, Phys. Rev. Lett. 101, 107006 (2008), Table I", 2008),
        ("T' structure, several powder and crystal studies (1989-1998)", 1998),
        ("Krzton-Maziopa et al., arXiv:1012.3637; c from the abstract", 2010),
        ("infinite layer: arXiv:cond-mat/0107109", 2001),
        ("cell from Amaa (5.4054, 5.4016, 30.7152), Physica C 1, 1 (1990); quoted in (2014)", 1990),
        ("AFLOW Encyclopedia of Crystallographic Prototypes, ICSD 67836", None),
    ],
)
def test_the_year_is_the_first_that_a_citation_names(source, year):
    assert year_in(source) == year


def test_the_library_of_a_year_holds_older_structures_only(small):
    before = library_before(1993, small)
    assert {one.cut.id for one in before.members} == set(IDS[:6])
    assert all(years()[one.cut.id] < 1993 for one in before.members)
    undated = [one for one in measured_library().members if years()[one.cut.id] is None]
    assert undated and not set(undated) & set(library_before(2030, measured_library()).members)


def test_compounds_are_dated_by_their_first_report(small):
    by_target = {one.target.cut.id: one for one in compounds(small)}
    assert by_target["hgba2ca2cu3o8.16"].year == 1993  # reported in 1993, refined in 1995
    assert by_target["hgba2ca2cu3o8.16"].tc_k > 130
    assert by_target["kca2fe4as4f2"].year == 2016


def test_only_later_compounds_are_judged_each_with_a_reason(of_1993):
    targets = {one.compound.target.cut.id: one for one in of_1993.verdicts}
    assert set(targets) == set(IDS[6:])
    assert of_1993.structures == 6 and of_1993.designs > 1000
    iron = targets["kca2fe4as4f2"]
    assert not iron.blocks_known and not iron.designed and "FeAs" in iron.why
    for one in of_1993.verdicts:
        assert bool(one.why) is not one.designed


def test_mercury_stands_on_the_places_of_thallium(of_1993):
    targets = {one.compound.target.cut.id: one for one in of_1993.verdicts}
    for id_ in ("hg0.87ba2cacu2.13o6.64", "hgba2ca2cu3o8.16"):
        assert targets[id_].blocks_known or "block like" in targets[id_].why
        if targets[id_].designed:
            assert abs(targets[id_].xi_error_ang) <= NEAR_ANG and 0 <= targets[id_].ahead <= 1


def test_the_second_order_knows_older_measurements_only(of_1993):
    families = built_in_families()
    rows = measured_rows(families, before=1989)
    assert rows and max(row.year for row in rows) < 1989
    models = models_before(1989, families, frozenset({"cuprate", "iron-based"}))
    assert set(models) == {"cuprate"}  # nothing with FeAs sheets superconducted
    copper, iron = lows_k([screened()["la1.85sr0.15cuo4"], screened()["lafeaso"]], models, families, 1989)
    assert copper is not None and iron is None
    assert of_1993.calibrated == () and all(one.ahead_by_tc is None for one in of_1993.verdicts)


def test_designs_without_a_calibration_stand_behind_those_with_one(of_1993):
    verdict = of_1993.verdicts[0]
    assert _placed(verdict, 40.0, [50.0, None, 30.0], 1).ahead_by_tc == 1 / 4
    assert _placed(verdict, None, [50.0], 0).ahead_by_tc is None


def test_it_comes_out_the_same_again(small, of_1993):
    assert judged(1993, small, drawn=40) == of_1993


def test_a_library_that_cannot_build_its_own_has_weights_all_the_same(small):
    assert stiffness_of_library(Library(small.members[:1])) == UNFITTED
    assert judged(1987, Library(()), drawn=5).verdicts == ()


def test_every_compound_has_one_verdict_and_what_loses_comes_first(of_1993):
    assert YEARS[0] == 1987 and YEARS[-1] == 2020
    single = once([of_1993])
    assert [verdict for _, verdict in single] == list(of_1993.verdicts)
    said = headline([verdict for _, verdict in single])
    assert said.startswith("Missed") or "Missed" not in said
    table = list(lines([of_1993]))
    assert table[0] == said
    assert any(line.startswith("| hgba2ca2cu3o8.16 | Hg-1223 | 1993 | 1993 |") for line in table)
    assert {id_ for id_ in IDS} <= set(screened())
