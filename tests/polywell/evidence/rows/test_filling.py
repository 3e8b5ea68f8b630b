"""Which ion stands where; expected by crystal chemistry that any textbook of cuprates tells."""

import pytest

from polywell.data.supercon.formulas import taken_apart
from polywell.data.supercon.types import structure_types
from polywell.evidence.rows.filling import by_size, filled


def held(formula, kind):
    return filled(taken_apart(formula).amounts, structure_types()[kind])


@pytest.mark.parametrize(
    ("formula", "kind", "sheets", "spacer"),
    [
        ("Y1Ba2Cu2.9Zn0.1O7", "Y-123", {"Cu": 1.9, "Zn": 0.1}, {"Cu": 1.0}),
        ("Y1Ba2Cu2.7Fe0.3O7", "Y-123", {"Cu": 2.0}, {"Fe": 0.3, "Cu": 0.7}),
        ("Hg0.8Ba2Cu1.2O4", "Hg-1201", {"Cu": 1.0}, {"Hg": 0.8, "Cu": 0.2}),
        ("Bi2.1Sr1.9Ca1Cu1.95Fe0.05O8", "Bi-2212", {"Cu": 2.016, "Fe": 0.052}, {"Bi": 2.0}),
        ("La1.85Sr0.15Cu0.98Ni0.02O4", "La-214", {"Cu": 0.98, "Ni": 0.02}, {}),
        ("Ba1Fe1.8Co0.2As2", "122", {"Fe": 1.8, "Co": 0.2}, {}),
        ("Sr2V1Fe1As1O3", "21311", {"Fe": 1.0}, {"V": 1.0}),
    ],
)
def test_dopants_stand_where_they_were_found(formula, kind, sheets, spacer) -> None:
    found = held(formula, kind)
    assert found.sheets == pytest.approx(sheets, abs=2e-3)
    assert found.spacer == pytest.approx(spacer, abs=2e-3)


def test_the_largest_ions_take_the_largest_site() -> None:
    """Y0.7Pr0.3Ba1.9La0.1: barium and the lanthanum that it lacks on one site, the rest on the other."""
    ions = {"Y": 0.7, "Pr": 0.2, "La": 0.2, "Ba": 1.9}
    barium, yttrium = by_size(ions, [2 / 3, 1 / 3], over_capped=False)
    assert {symbol: 3 * amount for symbol, amount in barium.items()} == pytest.approx({"Ba": 1.9, "La": 0.1})
    assert {symbol: 3 * amount for symbol, amount in yttrium.items()} == pytest.approx(
        {"La": 0.1, "Pr": 0.2, "Y": 0.7}
    )


def test_magnesium_stands_beside_the_sheets_where_places_are_missing() -> None:
    assert held("Tl0.5Ba2Ca0.5Mg1.5Cu3.5O10", "M-1223").electropositive["Mg"] == pytest.approx(1.5)
    assert held("Y1Ba2Cu2.9Mg0.1O7", "Y-123").sheets["Mg"] == pytest.approx(0.1)
