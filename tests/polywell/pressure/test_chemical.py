"""Chemical pressure: radii, coordination, and shifts of T_c."""

import pytest
from pymatgen.core import Composition, Lattice, Structure

from polywell.pressure.chemical import (
    NoRadiusError,
    coordination_numbers,
    replaced_cation,
    shannon_radius_ang,
    shift_by_heights_k,
    shift_by_radii_k,
    substitutions,
)


def infinite_layer() -> Structure:
    return Structure(
        Lattice.tetragonal(3.86, 3.20),
        ["Ca", "Cu", "O", "O"],
        [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]],
    )


@pytest.mark.parametrize(
    ("symbol", "charge", "coordination", "radius"),
    [  # Shannon, Acta Cryst. A 32, 751 (1976), Table 1
        ("La", 3, 6, 1.032),
        ("La", 3, 9, 1.216),
        ("Pr", 3, 6, 0.99),
        ("Pr", 3, 9, 1.179),
        ("Ca", 2, 8, 1.12),
        ("Sr", 2, 8, 1.26),
    ],
)
def test_radii_are_shannons(symbol, charge, coordination, radius) -> None:
    assert shannon_radius_ang(symbol, charge, coordination) == pytest.approx(radius)


@pytest.mark.parametrize(("symbol", "charge", "number"), [("Pr", 3, 12), ("La", 3, 99), ("La", 7, 6)])
def test_a_radius_that_shannon_does_not_give_is_an_error(symbol, charge, number) -> None:
    with pytest.raises(NoRadiusError):
        shannon_radius_ang(symbol, charge, number)


def test_shift_of_the_proposal() -> None:
    # 80 K · (1.03 - 0.99)/1.03 = 3.107 K, printed as 3.1.
    assert shift_by_radii_k(80.0, 1.03, 0.99) == pytest.approx(3.1, abs=0.05)
    assert shift_by_radii_k(80.0, 1.216, 1.179) == pytest.approx(80 * 0.037 / 1.216)
    with pytest.raises(ValueError, match="positive"):
        shift_by_radii_k(80.0, 0.0, 1.0)


def test_shift_by_heights_is_the_difference_of_two_ceilings() -> None:
    assert shift_by_heights_k(3.7, 3.6, 1300.0) == pytest.approx(1300 / 3.6**2 - 1300 / 3.7**2)


def test_calcium_between_two_sheets_has_eight_oxygens() -> None:
    assert coordination_numbers(infinite_layer(), "Ca") == (8,)
    assert coordination_numbers(infinite_layer(), "Sr") == ()


def test_every_divalent_guest_is_tried() -> None:
    found = {one.guest: one for one in substitutions(infinite_layer(), "Ca", 100.0)}
    assert {"Mg", "Sr", "Ba"} <= set(found)
    assert not {"Ca", "La", "K"} & set(found)
    assert found["Sr"].change_k == pytest.approx(100 * (1.12 - 1.26) / 1.12)
    assert found["Mg"].change_k > 0 > found["Ba"].change_k
    changes = [one.change_k for one in substitutions(infinite_layer(), "Ca", 100.0)]
    assert changes == sorted(changes)
    with pytest.raises(ValueError, match="no site of Sr"):
        substitutions(infinite_layer(), "Sr", 100.0)


@pytest.mark.parametrize(
    ("host", "guest", "expected"),
    [
        ("BaFe2As2", "SrFe2As2", ("Ba", "Sr", 1.0)),
        ("La3Ni2O7", "La2PrNi2O7", ("La", "Pr", 1 / 3)),
        ("La2CuO4", "La1.85Sr0.15CuO4", None),
        ("CaCuO2", "CaNiO2", None),
        ("YBa2Cu3O7", "YBa2Cu3O6", None),
        ("BaFe2As2", "BaFe2As2", None),
    ],
)
def test_the_one_cation_by_which_two_compounds_differ(host, guest, expected) -> None:
    found = replaced_cation(Composition(host), Composition(guest))
    assert found == (expected if expected is None else (*expected[:2], pytest.approx(expected[2])))
