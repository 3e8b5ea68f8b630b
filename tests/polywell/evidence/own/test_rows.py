"""Measurements as rows that train."""

import pytest
from pymatgen.core import Lattice, Structure

from polywell.evidence.own.measurement import Kind, OwnMeasurement
from polywell.evidence.own.rows import NoRowError, own_rows
from polywell.families import built_in_families


def infinite_layer(metal: str = "Cu") -> Structure:
    """CaCuO2: a = 3.8556, c = 3.1805 Å."""
    places = [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]]
    return Structure(Lattice.tetragonal(3.8556, 3.1805), ["Ca", metal, "O", "O"], places)


def measured(crystal: Structure, **more) -> OwnMeasurement:
    told = {
        "material": "x",
        "formula": crystal.composition.reduced_formula,
        "structure": crystal.as_dict(),
        "tc_k": 60.0,
        "kind": Kind.ONSET,
        "source": "x",
        "date": "2026-06-01",
    }
    return OwnMeasurement(**(told | more))


def test_a_structure_gives_its_own_cages_and_the_formula_its_composition():
    (row,) = own_rows(
        [measured(infinite_layer(), formula="Ca0.9Li0.1CuO2", pressure_gpa=5)], built_in_families()
    )
    cages, shares = row.material.features, dict(row.material.amounts)
    assert cages.xi_ceiling_ang == pytest.approx(3.1805)  # of an infinite layer ξ is c
    assert (row.structure_type, row.system, row.tc_k, row.year) == (
        "infinite layer",
        "Ca-Cu-Li",
        60.0,
        2026,
    )
    assert shares == pytest.approx({"Ca": 0.9, "Li": 0.1, "O": 2.0}) and cages.pressure_gpa == 5


def test_what_is_no_candidate_trains_nothing_and_says_why():
    with pytest.raises(NoRowError, match="no candidate: no_net_metal"):
        own_rows([measured(infinite_layer("Al"))], built_in_families())


@pytest.mark.parametrize(
    ("formula", "type_", "why"),
    [
        ("La2CuO4", "La-215", "no such structure type; expected one of La-214"),
        ("Al2O3", "La-214", "does not fill"),
    ],
)
def test_a_formula_needs_a_type_that_it_fills(formula, type_, why):
    one = measured(infinite_layer(), formula=formula, structure=None, structure_type=type_)
    with pytest.raises(NoRowError, match=why):
        own_rows([one], built_in_families())
