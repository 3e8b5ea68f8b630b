"""Formulas as SuperCon prints them, taken apart by hand."""

import pytest

from polywell.data.supercon.formulas import Oxygen, amounts_of, canonical, taken_apart


@pytest.mark.parametrize(
    ("text", "amounts", "oxygen"),
    [
        ("Y1Ba2Cu3O6.95", {"Y": 1, "Ba": 2, "Cu": 3, "O": 6.95}, Oxygen.WRITTEN),
        ("Y1Ba2Cu3O7-X", {"Y": 1, "Ba": 2, "Cu": 3, "O": 7}, Oxygen.BELOW),
        ("Hg1Ba2Cu1O4+z", {"Hg": 1, "Ba": 2, "Cu": 1, "O": 4}, Oxygen.ABOVE),
        ("Nd1.32Ce0.27Sr0.41Cu1OY", {"Nd": 1.32, "Ce": 0.27, "Sr": 0.41, "Cu": 1}, Oxygen.OPEN),
        ("Y1.01Ba2.01Cu3O", {"Y": 1.01, "Ba": 2.01, "Cu": 3}, Oxygen.OPEN),
        ("Nd1.9Ce0.1Cu0.98IN0.02O4-Z", {"Nd": 1.9, "Ce": 0.1, "Cu": 0.98, "In": 0.02, "O": 4}, Oxygen.BELOW),
        ("Li0.8Fe1.2D1Se1O1", {"Li": 0.8, "Fe": 1.2, "H": 1, "Se": 1, "O": 1}, Oxygen.WRITTEN),
        ("Ga1Sr2Ca3Cu4O11.", {"Ga": 1, "Sr": 2, "Ca": 3, "Cu": 4, "O": 11}, Oxygen.WRITTEN),
    ],
)  # fmt: skip
def test_a_formula_is_taken_apart(text, amounts, oxygen) -> None:
    found = taken_apart(text)
    assert found.amounts == amounts
    assert found.oxygen is oxygen
    assert (found.twice, found.uncounted, found.unnamed) == ((), (), False)


def test_what_is_wrong_with_a_formula_is_kept() -> None:
    assert taken_apart("Y1Ba1.972Ba0.028Cu3O7-z").twice == ("Ba",)
    assert taken_apart("Y1Ba1.972Ba0.028Cu3O7-z").amounts["Ba"] == 2.0
    assert taken_apart("Hg1Ba2CaSrCu3O8+z").uncounted == ("Ca", "Sr")
    assert taken_apart("Li1M1Fe2Se2").unnamed
    assert "M" not in taken_apart("Li1M1Fe2Se2").amounts


@pytest.mark.parametrize("text", ["", "Y1Ba2(Cu3O7)", "Qq1O2", "7-y"])
def test_what_is_no_formula_is_refused(text) -> None:
    with pytest.raises(ValueError, match="formula"):
        taken_apart(text)


def test_equal_amounts_have_one_formula() -> None:
    one, other = taken_apart("Y1Ba2Cu3O6.950"), taken_apart("Ba2.0Cu3Y1O6.95")
    assert canonical(one.amounts) == canonical(other.amounts) == "Ba2YCu3O6.95"
    assert amounts_of("Ba2YCu3O6.95") == one.amounts
