"""Designs: neutral, in one order, each with what it is built of, known compounds among them."""

from functools import cache
from itertools import islice

import pytest

from polywell.data.reference import reference_entries
from polywell.design.designs import DESIGNED, Designs, digest
from polywell.design.library import measured_library
from polywell.design.recipes import Kitchen, recipes
from polywell.electrons.valence import amounts_of, formal_valence
from polywell.evidence.corrected_database import correct_database
from polywell.families import built_in_families
from polywell.records import Outcome
from polywell.screening import screen_many


@cache
def by_id():
    return {recipe.id: recipe for recipe in recipes()}


def entries(*ids: str):
    return list(Designs("design:").entries(ids))


def test_there_are_a_hundred_thousand_in_one_order():
    assert len(recipes()) >= 100_000
    assert len(by_id()) == len(recipes())
    keys = [(one.cost, one.id) for one in recipes()]
    assert keys == sorted(keys)


def test_another_kitchen_makes_the_same():
    again = Kitchen(measured_library()).recipes()
    assert [one.id for one in again] == [one.id for one in recipes()]


def test_a_limit_gives_the_first_ones():
    few = list(Designs("design:7", 7).entries())
    assert [one.id for one in few] == [one.id for one in recipes()[:7]]
    assert digest() == digest() and len(digest()) == 64


@pytest.mark.parametrize(
    ("id_", "measured"),
    [
        ("hgba2o2-cuo2", "hgba2cuo4.12"),
        ("hgba2o2-2xca-cuo2", "hgba2ca2cu3o8.16"),
        ("inf-ca-cuo2", "cacuo2"),
        ("ca+k-feas", "cakfe4as4"),
    ],
)
def test_known_compounds_are_among_them_near_their_measured_cages(id_, measured):
    [entry] = [one for one in reference_entries() if one.id == measured]
    found, known = screen_many([*entries(id_), entry], built_in_families())
    assert found.outcome is Outcome.CANDIDATE
    assert found.series == known.series
    assert found.xi_ceiling_ang == pytest.approx(known.xi_ceiling_ang, abs=0.1)


def test_slabs_of_different_thickness_alternate_as_in_the_nickelates_1212_and_1313():
    [known] = [one for one in reference_entries() if one.id == "la5ni3o11-21gpa"]
    ids = ("la2o2-0+1xlao-nio2", "la2o2-0+2xlao-nio2")
    found = {one.id: one for one in screen_many([*entries(*ids), known], built_in_families())}
    assert found[ids[0]].formula == "La5Ni3O11" and found[ids[1]].formula == "La3Ni2O7"
    assert found[ids[0]].signature == found[known.id].signature == "NiO x1+2 | La | La"
    assert found[ids[1]].signature == "NiO x1+3 | La | La"
    assert found[ids[1]].electrons.formal_valence == pytest.approx(2.5)
    assert {by_id()[one].sheets for one in ids} == {(1, 2), (1, 3)}
    assert found[ids[1]].provenance.built_of.startswith("1 and 3 in turn x NiO; ")


def test_la2cuo4_is_doped_by_the_nearest_divalent_ion_to_sixteen_hundredths():
    doped = by_id()["ca0.16la1.84o2-cuo2"]
    assert [change.text for change in doped.changes] == ["0.08 Ca for La"]
    assert doped.balance().carriers == pytest.approx(0.16, abs=0.005)


def test_every_design_is_neutral_at_a_valence_that_exists():
    for recipe in islice(recipes(), 0, None, 97):
        found = recipe.balance()
        assert found.exists or found.is_best


def test_the_valence_of_a_design_is_the_one_that_its_composition_leaves():
    some = [one for one in islice(recipes(), 0, None, 2003) if one.sheet[1] == "O" and one.balance().is_best]
    for entry in entries(*(one.id for one in some)):
        recipe = by_id()[entry.id]
        known = formal_valence(amounts_of(entry.formula), recipe.sheet[0], "bridged", {})
        assert recipe.balance().valence == pytest.approx(known.middle, abs=0.01), entry.id


def test_provenance_says_that_it_is_a_design():
    [entry] = entries("hgba2o2-2xca-cuo2")
    said = entry.provenance
    assert said.checked == DESIGNED and said.theoretical is None and said.tc_measured_k is None
    assert said.built_of.startswith("3 x CuO; ") and "hgba2o2 (hg" in said.built_of
    assert said.mismatch is not None and 0 <= said.mismatch < 0.05
    assert "Cu +2.00" in said.doping


def test_designs_are_no_database_that_could_be_corrected():
    ids = [one.id for one in recipes() if not one.changes and one.cost == 0][:60]
    found = screen_many(entries(*ids), built_in_families())
    database = correct_database(found, built_in_families())
    assert not database.anchors and not database.corrections and not database.corrected
    for one in database.candidates:
        assert "a design" in one.ceiling.why and one.ceiling.ratio == 1.0 and one.ceiling.deviation > 0.005
