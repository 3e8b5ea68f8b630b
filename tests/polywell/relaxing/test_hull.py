"""The hull of competing phases by hand: CaO and CuO of Ca, Cu and O, all of them at zero."""

import pytest

from polywell.relaxing.hull import Competition, Rival, chemical_systems, standing

ELEMENTS = (Rival("1", "Ca", 0.0), Rival("2", "Cu", 0.0), Rival("3", "O", 0.0))
OXIDES = (Rival("4", "CaO", -1.0), Rival("5", "CuO", -0.5), Rival("6", "BaO", -9.0))


def test_a_compound_stands_over_or_under_what_it_decomposes_into():
    against = Competition((*ELEMENTS, *OXIDES))
    over, under = standing("CaCuO2", -0.70, against), standing("CaCuO2", -0.80, against)
    assert over.above_hull_ev == pytest.approx(0.05) and over.into == "50% CuO, 50% CaO"
    assert under.above_hull_ev == pytest.approx(-0.05)
    assert over.note == "against 5 phases, by the same potential"  # not BaO


def test_without_an_element_or_any_phase_it_is_not_known():
    assert standing("CaCuO2", -0.7, Competition()).note == "not known: no competing phases are at hand"
    without = standing("CaCuO2", -0.7, Competition((*ELEMENTS[1:], *OXIDES)))
    assert without.above_hull_ev is None and without.note == "not known: no pure Ca is at hand"


def test_phases_that_were_not_relaxed_are_named():
    said = standing("CaCuO2", -0.7, Competition((*ELEMENTS, *OXIDES), "a list", ("Ca2CuO3 (7)",))).note
    assert "5 phases of a list" in said and "not against Ca2CuO3 (7), so that it may look more stable" in said


def test_the_systems_within_a_system():
    assert chemical_systems(["O", "Ca", "Cu"]) == ("Ca", "Cu", "O", "Ca-Cu", "Ca-O", "Cu-O", "Ca-Cu-O")
