"""Which formulas stand under one compound, and which do not."""

import random

import pytest

from polywell.compounds import compounds


@pytest.mark.parametrize(
    ("parent", "variants", "metal"),
    [
        ("La2CuO4", ["La1.85Sr0.15CuO4", "La15SrCu8O32", "La1.9Ba0.1CuO4", "La2CuO4.1"], "Cu"),
        ("YBa2Cu3O7", ["YBa2Cu3O6", "YBa2Cu3O6.5", "Y0.9Ca0.1Ba2Cu3O7"], "Cu"),
        ("BaFe2As2", ["Ba0.8K0.2Fe2As2", "BaFe1.84Co0.16As2", "BaFe2As1.7P0.3"], "Fe"),
        ("LaFeAsO", ["LaFeAsO0.9F0.1", "La8Fe8As8O7F"], "Fe"),
        ("KFe2Se2", ["K0.8Fe2Se2"], "Fe"),
        ("NdNiO2", ["Nd0.8Sr0.2NiO2"], "Ni"),
    ],
)
def test_dopings_and_orderings_stand_under_their_parent(parent, variants, metal) -> None:
    found = compounds((formula, metal) for formula in (parent, *variants))
    assert len(set(found.values())) == 1


@pytest.mark.parametrize(
    ("one", "other", "metal"),
    [
        ("YBaCu2O5", "YBa2Cu3O7", "Cu"),  # the same elements, another order of layers
        ("YBa2Cu3O7", "NdBa2Cu3O7", "Cu"),
        ("YBa2Cu3O7", "Ba4PrHo(Cu3O7)2", "Cu"),
        ("HgBa2Ca4Cu5O12", "TlBa2Ca4Cu5O12", "Cu"),
        ("La3Ni2O7", "La4Ni3O10", "Ni"),
        ("LaFeAsO", "LaFePO", "Fe"),
        ("BaFe2As2", "KFe2As2", "Fe"),
        ("FeSe", "FeTe", "Fe"),
        ("La2CuO4", "La2NiO4", "Cu"),
    ],
)
def test_other_compounds_stay_apart(one, other, metal) -> None:
    assert len(set(compounds([(one, metal), (other, metal)]).values())) == 2


def test_the_order_of_the_entries_does_not_matter() -> None:
    formulas = [
        "La2CuO4",
        "La1.85Sr0.15CuO4",
        "Nd2CuO4",
        "Nd1.85Ce0.15CuO4",
        "YBa2Cu3O6",
        "YBa2Cu3O7",
        "=cmd()",
    ]
    expected = compounds((formula, "Cu") for formula in formulas)
    for seed in range(5):
        random.Random(seed).shuffle(formulas)
        assert compounds((formula, "Cu") for formula in formulas) == expected
    assert expected["=cmd()", "Cu"] == "=cmd()"
