"""The neighbours of a compound among the designs."""

from collections import Counter

import pytest

from polywell.data.reference import reference_entries
from polywell.design.nearby.around import MOST, next_to_try
from polywell.design.nearby.neighbours import Relation, UnknownCompoundError, named, relation
from polywell.design.recipes import recipes

BY_ID = {recipe.id: recipe for recipe in recipes()}


@pytest.mark.parametrize("name", ["hgba2o2-2xca-cuo2", "hgba2ca2cu3o8.16", "Hg-1223"])
def test_a_compound_is_named_by_its_design_its_structure_or_its_series(name):
    assert named(name).id == "hgba2o2-2xca-cuo2"


def test_what_nobody_knows_is_said_so():
    with pytest.raises(UnknownCompoundError, match="no design and no reference structure"):
        named("unobtainium")


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ("hgba2o2-2xca-cuo2", Relation.ITSELF),
        ("hgba2o2-3xca-cuo2", Relation.SERIES),
        ("hgba2o2-1xca-cuo2", Relation.SERIES),
        ("hgba2o2-cuo2", Relation.SERIES),
        ("hgba2o2-2xca-nio2", Relation.SHEETS),
        ("ca+k-feas", None),
    ],
)
def test_neighbours_differ_by_one_thing(other, kind):
    found = relation(BY_ID["hgba2o2-2xca-cuo2"], BY_ID[other])
    assert (None if found is None else found[0]) is kind


def test_an_ion_is_named_with_what_it_replaces():
    own = BY_ID["ca+k-feas"]
    found = [one for recipe in recipes() if (one := relation(own, recipe)) and one[0] is Relation.ION]
    assert ("ion", "Sr for Ca") in [(str(kind), differs) for kind, differs in found]


@pytest.fixture(scope="module")
def crystals():
    return {entry.id: entry for entry in reference_entries()}


def test_next_to_a_crystal_stand_designs_that_differ_by_one_thing(crystals):
    known = {recipe.id for recipe in recipes()}
    for id_ in ("hgba2ca2cu3o8.16", "cakfe4as4", "cacuo2"):
        found, why = next_to_try(crystals[id_])
        assert found and not why
        assert {one.screening.id for one in found} <= known
        counts = Counter(one.relation for one in found)
        assert all(counts[kind] <= most for kind, most in MOST.items())
    series = [one for one in next_to_try(crystals["hgba2ca2cu3o8.16"])[0] if one.relation is Relation.SERIES]
    assert [one.screening.series for one in series] == ["Hg-1234", "Hg-1212"]


def test_a_hybrid_of_two_slabs_stands_between_its_members(crystals):
    found = next_to_try(crystals["la5ni3o11-21gpa"])[0]
    series = [one.screening.id for one in found if one.relation is Relation.SERIES]
    assert series == ["la2o2-1xlao-nio2", "la2o2-nio2"]


def test_a_crystal_that_is_not_built_of_known_blocks_says_so(crystals):
    assert "does not fold" in next_to_try(crystals["la3ni2o7"])[1]
