"""Prices and supply, against pymatgen's own analysers."""

import warnings

import pytest
from pymatgen.analysis.cost import CostAnalyzer, CostDBElements
from pymatgen.analysis.hhi import HHIModel
from pymatgen.core import Composition

from polywell.making.supply import supply


@pytest.mark.parametrize("formula", ["YBa2Cu3O7", "La3Ni2O7", "CaKFe4As4"])
def test_price_and_indices_are_those_of_pymatgen(formula) -> None:
    found = supply(Composition(formula).get_el_amt_dict())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        per_kg = CostAnalyzer(CostDBElements()).get_cost_per_kg(formula)
    assert found.usd_per_gram == pytest.approx(per_kg / 1000)
    assert (found.hhi_production, found.hhi_reserves) == pytest.approx(HHIModel().get_hhi(formula))
    assert sum(one.mass_fraction for one in found.elements) == pytest.approx(1)
    assert 2013 in found.years and found.unpriced == ()


def test_rare_earths_and_thallium_are_dear_and_mined_in_few_countries() -> None:
    dear = supply({"Tl": 2, "Ba": 2, "Ca": 2, "Cu": 3, "O": 10})
    assert dear.elements[0].symbol == "Tl"
    assert dear.usd_per_gram > 10 * supply({"Hg": 1, "Ba": 2, "Ca": 2, "Cu": 3, "O": 8}).usd_per_gram
    assert supply({"La": 2, "Cu": 1, "O": 4}).concentrated[0].symbol == "La"


def test_what_the_tables_lack_is_none_and_named() -> None:
    found = supply({"Ac": 1, "Cu": 1, "O": 3})
    assert found.usd_per_gram is None and found.unpriced == ("Ac",)
    assert found.hhi_production is None
