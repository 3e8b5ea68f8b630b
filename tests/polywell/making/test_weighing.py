"""What to weigh: amounts by hand, every ion as often as the formula has it, and what the table lacks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition, Element

from polywell.data.precursors import precursors
from polywell.doping import change_of
from polywell.making.weighing import weighing


def grams(formula: str) -> dict[str, float]:
    found = weighing(Composition(formula).get_el_amt_dict())
    assert found.missing == ()
    return {one.precursor.formula: one.grams for one in found.portions}


def test_lanthanum_strontium_copper_oxide_by_hand() -> None:
    # Molar masses from La 138.905, Sr 87.62, Cu 63.546, C 12.011, O 15.999 (IUPAC): La2O3 325.807,
    # SrCO3 147.628, CuO 79.545, and La1.85Sr0.15CuO4 256.974 + 13.143 + 63.546 + 63.996 = 397.659.
    assert grams("La1.85Sr0.15CuO4") == pytest.approx(
        {
            "La2O3": 0.925 * 325.807 / 397.659,
            "SrCO3": 0.15 * 147.628 / 397.659,
            "CuO": 79.545 / 397.659,
        },
        rel=1e-4,
    )
    assert grams("La1.85Sr0.15CuO4")["La2O3"] == pytest.approx(0.7579, abs=5e-5)


def test_what_is_fired_in_air_takes_carbonates_and_what_is_sealed_takes_elements() -> None:
    assert set(grams("YBa2Cu3O7")) == {"Y2O3", "BaCO3", "CuO"}
    assert set(grams("BaFe2As2")) == {"Ba", "Fe", "As"}
    assert set(grams("LaFeAsO0.9F0.1")) == {"LaF3", "La2O3", "La", "Fe", "As"}
    assert set(grams("Sr2CuO2Cl2")) == {"SrCl2", "SrCO3", "CuO"}
    assert set(grams("Sr2CuO2CO3")) == {"SrCO3", "CuO"}


@pytest.mark.parametrize("formula", ["LaFeAsO0.9F0.1", "Sr2VFeAsO3", "FeSe0.5Te0.5", "CaKFe4As4", "BaFe2As2"])
def test_what_goes_into_a_sealed_tube_comes_out(formula) -> None:
    found = weighing(Composition(formula).get_el_amt_dict())
    assert found.sealed and sum(one.grams for one in found.portions) == pytest.approx(1)
    held: dict[str, float] = {}
    for one in found.portions:
        for symbol, amount in one.precursor.amounts.items():
            moles = one.grams / one.precursor.molar_mass * amount
            held[symbol] = held.get(symbol, 0.0) + moles
    wanted = Composition(formula)
    assert held == pytest.approx(
        {str(one): wanted[one] / float(wanted.weight) for one in wanted.elements}, rel=1e-9
    )


CATIONS = ("La", "Sr", "Ba", "Y", "Nd", "Ca", "Hg", "Tl", "Bi", "K", "Ce", "Pr", "Ni", "Cu")


@given(st.dictionaries(st.sampled_from(CATIONS), st.floats(0.01, 4), min_size=1, max_size=6))
def test_every_cation_is_weighed_as_often_as_the_formula_has_it(cations) -> None:
    found = weighing(cations | {"O": 4.0})
    molar = sum(float(Element(symbol).atomic_mass) * n for symbol, n in cations.items())
    molar += 4 * float(Element("O").atomic_mass)
    for one in found.portions:
        moles = one.grams / one.precursor.molar_mass * one.precursor.amounts[one.precursor.ion]
        assert moles * molar == pytest.approx(cations[one.precursor.ion], rel=1e-6)
    assert {one.precursor.ion for one in found.portions} == set(cations) and not found.missing


def test_an_ion_without_a_usual_precursor_is_named_and_not_guessed() -> None:
    found = weighing({"Sr": 2, "Cu": 1, "N": 0.5, "O": 3})
    assert found.missing == ("N",)
    assert (
        weighing({"Fe": 1, "As": 1, "O": 3}).missing == ("O",) or weighing({"K": 1, "As": 1, "O": 1}).missing
    )
    with pytest.raises(ValueError, match="holds no ion"):
        weighing({})


def test_a_route_in_words_becomes_a_composition() -> None:
    lco = {"La": 2.0, "Cu": 1.0, "O": 4.0}
    doped = change_of("0.16 holes per Cu: 8 % Sr on La").of(lco)
    assert doped == pytest.approx({"La": 1.84, "Sr": 0.16, "Cu": 1.0, "O": 4.0})
    assert change_of("0.16 holes per Cu: 0.08 O per Cu added").of(lco)["O"] == pytest.approx(4.08)
    assert change_of("0.08 electrons per Ni: 0.04 O per Ni taken out").of({"Ni": 2, "O": 7}) == pytest.approx(
        {"Ni": 2, "O": 6.92}
    )
    with pytest.raises(ValueError, match="names no substitution"):
        change_of("as it is")
    with pytest.raises(ValueError, match="cannot take"):
        change_of("8 % Sr on Nd").of(lco)


def test_every_row_has_a_source_and_says_that_it_is_recalled() -> None:
    assert len({one.formula for one in precursors() if one.use != "element"}) > 60
    for one in precursors():
        assert one.source and one.care and one.checked == "recalled"
        assert Element.is_valid_symbol(one.ion)
