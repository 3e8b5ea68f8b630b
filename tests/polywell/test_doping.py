"""Stripe series, formal valence and substitutions."""

from fractions import Fraction

import pytest
from pymatgen.core import Composition, Element

from polywell.data.charges import NoChargeError
from polywell.doping import NOTHING, formal_valence, replacements, replacements_for, stripe_series


def test_the_stripe_series_is_that_of_the_proposal() -> None:
    assert [step.doping for step in stripe_series()] == [Fraction(1, 2 * n) for n in range(2, 9)]
    assert stripe_series()[1].meaning == "optimum"


@pytest.mark.parametrize(
    ("formula", "metal", "valence", "d_electrons"),
    [
        ("La2CuO4", "Cu", 2.0, 9.0),  # d9, the parent of the cuprates
        ("La1.85Sr0.15CuO4", "Cu", 2.15, 8.85),  # 0.15 holes
        ("Nd1.85Ce0.15CuO4", "Cu", 2.0, 9.0),  # the table holds Ce as +3
        ("LaNiO2", "Ni", 1.0, 9.0),  # d9 as the cuprates
        ("La3Ni2O7", "Ni", 2.5, 7.5),
        ("BaFe2As2", "Fe", 2.0, 6.0),
        ("LaFeAsO", "Fe", 2.0, 6.0),
    ],
)
def test_formal_valence_of_textbook_compounds(formula, metal, valence, d_electrons) -> None:
    found = formal_valence(Composition(formula), metal)
    assert found.valence == pytest.approx(valence)
    assert found.d_electrons == pytest.approx(d_electrons)


def test_a_composition_without_a_formal_charge_says_so() -> None:
    with pytest.raises(NoChargeError, match="holds no Cu"):
        formal_valence(Composition("NaCl"), "Cu")
    with pytest.raises(NoChargeError, match="U has no formal charge"):
        formal_valence(Composition("UCuO2"), "Cu")


def test_substitutions_of_a_held_host_come_first() -> None:
    rows = replacements_for("cuprate", {"La", "Cu"})
    assert {row.host for row in rows[:3]} <= {"La", NOTHING}
    assert all(row.family == "cuprate" for row in rows)
    assert replacements_for("no such family", {"La"}) == ()


def test_substitutions_name_elements_and_stay_below_the_known_record() -> None:
    for row in replacements():
        for symbol in {row.host, row.guest} - {NOTHING}:
            assert Element.is_valid_symbol(symbol)
        assert row.tc_k < 140
        assert (row.carriers == "none") == (row.per_guest == 0)
