"""Which formulas stand under one compound, and which do not."""

import random
from dataclasses import replace

import pytest

from polywell.compounds import compounds, compounds_of
from tests.reports.made import candidate


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


def of_series(series: str, metal: str, formulas: list[str]) -> list[str]:
    made = candidate("one", 3.4).screening
    return compounds_of(
        [replace(made, series=series, metal=metal, majority_formula=formula) for formula in formulas]
    )


@pytest.mark.parametrize(
    ("series", "metal", "parent", "variants"),
    [
        # half of an ion, an ordered supercell, empty places, and several of these
        ("Y-123", "Cu", "YBa2Cu3O7", ["YBaSrCu3O7", "Ba4HoY(Cu3O7)2", "Y2Ba4Cu6O13", "YLaBa3Ca(Cu3O7)2"]),
        ("Tl-1223", "Cu", "TlBa2Ca2Cu3O9", ["TlBaSrCa2Cu3O9", "Tl3Ba8Ca8Cu12O36", "TlPbBa4Ca4Cu6O18"]),
        ("Bi-2212", "Cu", "Bi2Sr2CaCu2O8", ["Bi4Sr3Ca3Cu4O16", "Bi4Sr4CaYCu4O16", "BiPbSr2CaCu2O8"]),
        ("T'-214", "Cu", "Nd2CuO4", ["Nd7CeCu4O16", "Nd3PrCu2O8"]),
        ("RP n=2", "Ni", "La3Ni2O7", ["La2PrNi2O7", "La6Ni4O13"]),
        ("1111", "Fe", "LaFeAsO", ["La2Fe2AsPO2", "La3SrFe4As4O4", "LaNdFe2As2O2"]),
        ("11", "Fe", "FeSe", ["Fe2SeTe"]),
    ],
)
def test_mixtures_and_defect_cells_of_one_series_stand_under_their_compound(
    series, metal, parent, variants
) -> None:
    assert set(of_series(series, metal, [*variants, parent])) == {parent}


@pytest.mark.parametrize(
    ("series", "metal", "formulas"),
    [
        ("Y-123", "Cu", ["YBa2Cu3O7", "NdBa2Cu3O7"]),
        ("Tl-1212", "Cu", ["TlBa2CaCu2O7", "TlSr2CaCu2O7"]),
        ("122", "Fe", ["BaFe2As2", "KFe2As2"]),
        ("La-214", "Cu", ["Sr2CuO4", "Sr2Pr2CuMnO8"]),  # half of two ions at once
        ("Hg-1201", "Cu", ["HgBa2CuO4", "Cd3HgBa8Cu4O16"]),
    ],
)
def test_compounds_of_one_series_stay_apart(series, metal, formulas) -> None:
    assert len(set(of_series(series, metal, formulas))) == 2


def test_a_mixture_of_another_series_is_a_compound_of_its_own() -> None:
    made = candidate("one", 3.4).screening
    rows = [("122", "CaFe2As2"), ("1144", "CaKFe4As4")]
    found = [replace(made, metal="Fe", series=series, majority_formula=formula) for series, formula in rows]
    assert compounds_of(found) == ["CaFe2As2", "CaKFe4As4"]
