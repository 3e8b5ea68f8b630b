"""Conventional cells: space groups of the literature, whatever the cell that was given."""

import numpy as np
import pytest

from polywell.data.reference import reference_entries
from polywell.geometry.conventional import conventional
from polywell.geometry.sites import Sites

# Space groups as the papers of the structures give them; Amam is another setting of Cmcm.
GROUPS = {
    "hgba2ca2cu3o8.16": ("P4/mmm", 123),
    "yba2cu3o6.91": ("Pmmm", 47),
    "la3ni2o7": ("Cmcm", 63),
    "cakfe4as4": ("P4/mmm", 123),
    "ndnio2": ("P4/mmm", 123),
}


@pytest.fixture(scope="module")
def sites() -> dict[str, Sites]:
    return {entry.id: entry.as_sites for entry in reference_entries() if entry.id in GROUPS}


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_the_group_is_that_of_the_literature_in_any_cell(sites, name) -> None:
    given = sites[name]
    found = conventional(given)
    assert (found.symbol, found.number) == GROUPS[name]
    order = np.random.default_rng(1).permutation(2 * len(given.frac))
    twice = np.concatenate([given.frac / (1, 1, 2), given.frac / (1, 1, 2) + (0, 0, 0.5)])[order] + 0.013
    mixes = [(given.mixes * 2)[place] for place in order]
    again = conventional(Sites(given.lattice * [[1], [1], [2]], twice, mixes))
    assert (again.symbol, again.number) == GROUPS[name]
    assert again.axes == pytest.approx(found.axes, abs=1e-4)
    assert len(again.asymmetric) == len(found.asymmetric)


def test_density_and_formula_units_are_those_of_the_cell(sites) -> None:
    found = conventional(sites["ndnio2"])
    a, b, c, *_ = found.axes
    # Nd 144.242, Ni 58.693, O 15.999; one atomic mass unit in 1 Å³ is 1.66054 g/cm³.
    assert found.density_g_cm3 == pytest.approx((144.242 + 58.693 + 2 * 15.999) * 1.66054 / (a * b * c), 1e-4)
    assert found.formula_units("NdNiO2") == 1
    assert conventional(sites["hgba2ca2cu3o8.16"]).formula_units("HgBa2Ca2Cu3O8.16") == pytest.approx(1, 1e-3)
