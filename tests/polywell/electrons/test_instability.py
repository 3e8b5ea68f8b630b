"""The global instability index, against sums made by hand and what measured structures show."""

from math import exp, log, sqrt

import pytest
from pymatgen.core import Lattice, Structure

from polywell.data.reference import reference_entries
from polywell.electrons.bonds import pairs
from polywell.families import built_in_families
from polywell.records import Electrons, Entry
from polywell.screening import screen, screen_many
from polywell.worth.table import worth_table

FAMILIES = built_in_families()


def electrons(structure: Structure) -> Electrons:
    return screen(
        Entry("made", "x", structure.formula, tuple(structure.symbol_set), structure), FAMILIES
    ).electrons


def infinite_layer(cation: object = "Ca", *more: tuple[object, list[float]]) -> Structure:
    atoms = [(cation, [0.5, 0.5, 0.5]), ("Cu", [0, 0, 0]), ("O", [0.5, 0, 0]), ("O", [0, 0.5, 0]), *more]
    cell = Lattice.tetragonal(3.8556, 3.1805)
    return Structure(cell, [kind for kind, _ in atoms], [place for _, place in atoms])


def by_hand(calcium: float = 1.967) -> float:
    """CaCuO2: eight bonds of Ca, four of Cu within the reach, two of each at an O."""
    long = sqrt(3.8556**2 + 3.1805**2) / 2
    of_cu, of_ca = 4 * exp((1.679 - 3.8556 / 2) / 0.37), 8 * exp((calcium - long) / 0.37)
    missed = [of_cu - 2, of_ca - 2, *2 * [(of_cu + of_ca) / 2 - 2]]
    return sqrt(sum(one**2 for one in missed) / 4)


def test_the_index_is_the_root_mean_square_of_what_all_sums_miss() -> None:
    assert electrons(infinite_layer()).instability_index == pytest.approx(by_hand(), abs=1e-6)


def test_a_supercell_has_the_index_of_its_cell_and_sums_that_fit_miss_nothing() -> None:
    cell = infinite_layer()
    large = cell.copy()
    large.make_supercell([2, 1, 3])
    assert electrons(large).instability_index == pytest.approx(by_hand(), abs=1e-6)
    even = cell.copy()
    a = 2 * (1.679 + 0.37 * log(2))
    even.lattice = Lattice.tetragonal(a, 2 * sqrt((1.967 + 0.37 * log(4)) ** 2 - a**2 / 4))
    found = electrons(even)
    assert found.instability_index == pytest.approx(0.0, abs=1e-6) and found.instability_note is None


def test_a_shared_site_counts_by_its_shares() -> None:
    """With half the calcium strontium, the mean of both valences bonds."""
    long = sqrt(3.8556**2 + 3.1805**2) / 2
    of_a = 4 * (exp((1.967 - long) / 0.37) + exp((2.118 - long) / 0.37))
    of_cu = 4 * exp((1.679 - 3.8556 / 2) / 0.37)
    missed = [of_cu - 2, of_a - 2, *2 * [(of_cu + of_a) / 2 - 2]]
    found = electrons(infinite_layer({"Ca": 0.5, "Sr": 0.5}))
    assert found.instability_index == pytest.approx(sqrt(sum(one**2 for one in missed) / 4), abs=1e-6)


def test_what_is_not_known_is_said_and_no_number() -> None:
    hydride = electrons(infinite_layer("Ca", ("H", [0, 0, 0.5])))
    assert (hydride.instability_index, hydride.instability_note) == (None, "no bond valences of H")
    library = {entry.id: entry for entry in reference_entries()}
    arsenide = screen(library["bafe2as2"], FAMILIES).electrons
    assert arsenide.instability_index is None
    assert arsenide.instability_note == "no bond valence parameters of Ba-As"
    reduced = screen(library["ndnio2"], FAMILIES).electrons
    assert (reduced.instability_index, reduced.instability_note) == (
        None,
        "no bond valence parameters of Ni +1.00",
    )


def test_magnesium_between_the_sheets_is_named() -> None:
    """Eight bonds of 2.50 Å hold 0.9 of the 2 that Mg needs."""
    found = electrons(infinite_layer("Mg"))
    assert "bonds of Mg sum to +0.91, its charge is +2.00" in str(found.instability_note)


def test_the_bounds_are_what_read_structures_show() -> None:
    """Simple oxides fit, as the literature has it; of layers few are doubtful, and none impossible."""
    read = [
        one
        for one in reference_entries()
        if one.provenance.checked == "read" and not one.provenance.pressure_gpa
    ]
    of_id = {one.id: one for one in screen_many(read, FAMILIES)}
    for simple in ("nio", "lanio3", "ndnio3"):
        assert float(of_id[simple].electrons.instability_index or 9.0) < 0.1
    [bound] = [row for row in worth_table().bound if row.measure == "instability"]
    found = [
        one.electrons.instability_index
        for one in of_id.values()
        if one.family in bound.families and one.electrons.instability_index is not None
    ]
    assert len(found) == 100 and bound.impossible is not None
    assert sum(index > 0.2 for index in found) == 63
    assert sum(index > bound.doubtful for index in found) == 3
    assert max(found) < bound.impossible


def test_no_pair_stands_twice_for_one_charge() -> None:
    rows = [(row.metal, row.charge, anion) for row in pairs() for anion in row.r0_ang]
    assert len(rows) == len(set(rows))
