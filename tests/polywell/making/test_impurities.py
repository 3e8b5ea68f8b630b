"""Phases beside a compound: cells hold what their formulas say, lines are those of the cards."""

import numpy as np
import pytest
from pymatgen.core import Composition

from polywell.making.impurities import impurities, likely_beside, structure_of_phase, trace

CU_KA_ANG = 1.5418


@pytest.mark.parametrize("one", impurities(), ids=lambda one: one.formula)
def test_every_cell_holds_its_formula_at_distances_that_ions_keep(one) -> None:
    structure = structure_of_phase(one.formula)
    assert structure.composition == one.units * Composition(one.formula)
    apart = structure.distance_matrix + 9 * np.eye(len(structure))
    symbols = {site.specie.symbol for site in structure}
    assert apart.min() > (0.9 if "H" in symbols else 1.2 if "C" in symbols else 1.85)


# Strongest lines of powder cards at Cu Kα, in degrees (all recalled), and densities in g/cm³ of handbooks.
CARDS = {
    "CuO": (38.7, 35.5, 6.5),
    "NiO": (43.3, 37.2, 6.8),
    "Fe": (44.7, 65.0, 7.87),
    "BaCO3": (23.9, 24.3, 4.3),
    "SrCO3": (25.2, 25.8, 3.7),
    "CaCO3": (29.4, 48.5, 2.71),
    "Y2O3": (29.2, 48.5, 5.0),
    "La2O3": (29.9, 46.1, 6.5),
    "La(OH)3": (15.7, 28.0, 4.4),
    "Fe2O3": (33.2, 35.6, 5.3),
    "Y2BaCuO5": (29.8, 30.5, 6.2),
    "CeO2": (28.5, 47.5, 7.2),
}


@pytest.mark.parametrize("formula", CARDS)
def test_the_strongest_lines_and_the_density_are_those_that_are_known(formula) -> None:
    *angles, density = CARDS[formula]
    found = [2 * np.degrees(np.arcsin(CU_KA_ANG / (2 * d_ang))) for d_ang, _ in trace(formula).lines]
    for angle in angles:
        assert min(abs(angle - one) for one in found) < 0.3
    assert structure_of_phase(formula).density == pytest.approx(density, rel=0.05)


def formulas(compound: str) -> list[str]:
    return [one.formula for one in likely_beside(Composition(compound).get_el_amt_dict())]


def test_a_compound_meets_what_its_elements_and_the_air_can_form() -> None:
    assert formulas("YBa2Cu3O7")[:4] == ["CuO", "Y2BaCuO5", "BaCO3", "Y2O3"]
    assert formulas("La3Ni2O7") == ["NiO", "La2NiO4", "LaNiO3", "La2O3", "La(OH)3"]
    assert formulas("BaFe2As2") == ["FeAs", "Fe2As", "Fe"]
    assert "La2O3" in formulas("LaFeAsO") and "La(OH)3" not in formulas("LaFeAsO")


def test_no_compound_is_its_own_impurity_but_other_structures_of_it_are() -> None:
    assert "La2NiO4" not in formulas("La2NiO4")
    assert "SrCuO2" in formulas("SrCuO2") and "FeSe" in formulas("FeSe")
