"""The neighbours of a compound among the designs."""

import pytest

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
