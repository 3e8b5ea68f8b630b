"""Formal valence of the net's metal from a composition, against hand arithmetic and what was published."""

import pytest

from polywell.data.charges import NoChargeError
from polywell.electrons.valence import amounts_of, formal_valence, valence_in_family


@pytest.mark.parametrize(
    ("family", "formula", "low", "middle", "high"),
    [
        ("cuprate", "Nd1.85Ce0.15CuO4", 1.85, 1.85, 2.0),  # Ce +4, or +3
        ("cuprate", "TlBa2CaCu2O7", 2.5, 2.5, 2.7),  # Tl +3; with +1 Cu would be +3.5, which it never is
        ("cuprate", "Tl0.5Pb0.5Sr2Ca2Cu3O9", 6.5 / 3, 6.5 / 3, 2.7),  # Tl +3, Pb +4
        ("cuprate", "Bi1.6Pb0.4Sr2Ca2Cu3O10", 1.8, 6.4 / 3, 6.4 / 3),  # Bi +3, Pb +2 beside it
        ("cuprate", "Pb2Sr2YCu3O8", 5 / 3, 5 / 3, 5 / 3),  # Pb +2: with +4 Cu would be +1/3
        ("cuprate", "RuSr2GdCu2O8", 2.0, 2.0, 2.5),  # Ru +5, or +4
        ("cuprate", "PrBa2Cu3O7", 2.0, 7 / 3, 7 / 3),  # Pr +3, or +4
        ("iron-based", "EuFe2As2", 1.5, 2.0, 2.0),  # Eu +2, or +3
        ("iron-based", "EuFeAsO", 2.0, 2.0, 2.6),  # Eu +3: with +2 Fe would be +3
        ("iron-based", "Sr4V2O6Fe2As2", 2.0, 2.0, 2.6),  # V +3, outside the net; or +2
    ],
)
def test_ions_of_several_charges_give_a_range(family, formula, low, middle, high) -> None:
    found = valence_in_family(formula, family)
    assert (found.low, found.middle, found.high) == pytest.approx((low, middle, high))
    assert len(found.several) > 0


@pytest.mark.parametrize(
    ("family", "formula", "middle"),
    [
        ("cuprate", "Sr2CuO2CO3", 2.0),  # carbonate
        ("cuprate", "Sr2CuO2Cu2S2", 4 / 3),  # sulfide: too little oxygen for a sulfate; Cu +2 and two Cu +1
        ("cuprate", "Sr2CuO2Cl2", 2.0),
        ("iron-based", "LaFeAsO0.8H0.2", 1.8),  # hydride
        ("iron-based", "Li0.8Fe0.2OHFeSe", 2.2 / 1.2),  # hydroxide; all Fe counts
        ("iron-based", "Li0.6N1.2H3.6Fe2Se2", 1.7),  # ammonia
        ("iron-based", "LaFeSiH", 2.0),  # silicide and hydride
    ],
)
def test_light_elements_have_the_charge_of_what_they_stand_beside(family, formula, middle) -> None:
    assert valence_in_family(formula, family).middle == pytest.approx(middle)


@pytest.mark.parametrize(
    ("family", "formula", "carriers", "foreign"),
    [
        ("iron-based", "BaFe1.85Co0.15As2", 6.075, {"Co": 0.075}),
        ("iron-based", "BaFe1.9Ni0.1As2", 6.1, {"Ni": 0.05}),
        ("iron-based", "BaFe1.9Mn0.1As2", 5.95, {"Mn": 0.05}),
        ("iron-based", "BaFe1.3Ru0.7As2", 6.0, {"Ru": 0.35}),
        ("iron-based", "BaFe1.8Zn0.2As2", 6.0, {"Zn": 0.1}),  # d10 shares no electrons
        ("iron-based", "Sr4V2O6Fe2As2", 6.0, {}),
        ("cuprate", "La1.85Sr0.15Cu0.95Zn0.05O4", 0.15 / 0.95, {"Zn": 0.05}),
        ("cuprate", "GaSr2YCu2O7", 0.0, {}),  # one third of the metals: not on the net
    ],
)
def test_foreign_metals_on_the_net_share_electrons_or_are_ions(family, formula, carriers, foreign) -> None:
    found = valence_in_family(formula, family)
    assert found.carriers == pytest.approx(carriers)
    assert dict(found.foreign) == pytest.approx(foreign)


def test_what_cannot_be_balanced_says_so() -> None:
    with pytest.raises(NoChargeError, match="holds no Cu"):
        valence_in_family("NaCl", "cuprate")
    with pytest.raises(NoChargeError, match="Xe has no formal charge"):
        valence_in_family("XeFe2As2", "iron-based")
    with pytest.raises(ValueError, match="expected one of cuprate, nickelate, iron-based"):
        valence_in_family("LaPdO2", "palladate")


def test_a_composition_may_be_given_in_any_form() -> None:
    expected = valence_in_family("La1.85Sr0.15CuO4", "cuprate")
    assert valence_in_family({"La": 1.85, "Sr": 0.15, "Cu": 1, "O": 4}, "cuprate") == expected
    assert valence_in_family("LaFeAsO0.8D0.2", "iron-based") == valence_in_family(
        "LaFeAsO0.8H0.2", "iron-based"
    )


def test_an_ion_of_several_charges_follows_where_the_usual_one_cannot_be() -> None:
    # With Ti +4 Fe would be +1; +3 leaves it +2 (Sun et al., J. Am. Chem. Soc. 134, 12893 (2012)).
    found = formal_valence(amounts_of("Ba2Ti2Fe2As4O"), "Fe", "capped", foreign={})
    assert found.middle == pytest.approx(2.0)
    # In Sr4MgTiO6Fe2As2 Ti is +4, as usual.
    assert valence_in_family("Sr4MgTiO6Fe2As2", "iron-based").middle == pytest.approx(2.0)
