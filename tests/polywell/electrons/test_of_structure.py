"""Electrons of structures: what stands on the nets, what is bound, bond valences, states."""

from dataclasses import replace
from math import exp

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from polywell.data.reference import reference_entries
from polywell.families import built_in_families
from polywell.records import Electrons, ElectronState, Entry, Reason, Screening
from polywell.screening import screen

FAMILIES = built_in_families()
LIBRARY = {entry.id: entry for entry in reference_entries()}


def electrons(entry: Entry) -> Electrons:
    return screen(entry, FAMILIES).electrons


def made(structure: Structure, formula: str = "") -> Screening:
    return screen(Entry("made", "x", formula, tuple(structure.symbol_set), structure), FAMILIES)


def infinite_layer(*more: tuple[str, list[float]]) -> Structure:
    """CaCuO2 and further atoms at fractional coordinates."""
    atoms = [("Ca", [0.5, 0.5, 0.5]), ("Cu", [0, 0, 0]), ("O", [0.5, 0, 0]), ("O", [0, 0.5, 0]), *more]
    cell = Lattice.tetragonal(3.8556, 3.1805)
    return Structure(cell, [symbol for symbol, _ in atoms], [place for _, place in atoms])


def test_the_bond_valence_sum_of_a_sheet_is_that_of_its_bonds() -> None:
    found = made(infinite_layer()).electrons
    assert found.bond_valences == pytest.approx((4 * exp((1.679 - 3.8556 / 2) / 0.37),), abs=0.005)


@pytest.mark.parametrize(
    ("place", "valence"),
    [
        ([0.5, 0, 0.97 / 3.1805], 1.0),  # 0.97 Å from an oxygen: a proton
        ([0, 0, 0.5], 3.0),  # over copper, 2.5 Å from the next oxygen: a hydride
    ],
)
def test_hydrogen_has_the_charge_of_its_place(place, valence) -> None:
    assert made(infinite_layer(("H", place))).electrons.formal_valence == pytest.approx(valence)


def test_anions_that_are_bound_to_each_other_hold_fewer_electrons() -> None:
    apart, bound = electrons(LIBRARY["cafe2as2"]), electrons(LIBRARY["cafe2as2-collapsed"])
    assert apart.formal_valence == 2.0 and apart.electron_note is None
    assert bound.formal_valence == 1.0  # As2 with 4-: Ca2+ + 2 Fe+
    assert "100% of As is bound" in str(bound.electron_note)


def test_a_dopant_without_a_site_counts_as_it_is_declared() -> None:
    parent = LIBRARY["la2cuo4-htt"]
    found = electrons(replace(parent, formula="La1.85Sr0.15CuO4"))
    assert (found.carriers, found.electron_state) == (pytest.approx(0.15), ElectronState.NEAR_BEST)
    assert "0.15 Sr for each Cu are declared, 0 stand on sites: the formula counts" in str(
        found.electron_note
    )
    assert electrons(parent).electron_state is ElectronState.PARENT


def test_occupancies_that_were_refined_count_before_the_formula() -> None:
    found = electrons(replace(LIBRARY["yba2cu3o6.45"], formula="YBa2Cu3O7"))
    assert found.formal_valence == pytest.approx(5.9 / 3, abs=1e-6)  # 2 · 6.45 less 3 and 4, of three Cu
    assert "are declared, 2.15 stand on sites: the sites count" in str(found.electron_note)


def test_copper_of_chains_counts_in_the_mean_and_between_two_oxygens_as_monovalent() -> None:
    full, empty = electrons(LIBRARY["yba2cu3o7"]), electrons(LIBRARY["yba2cu3o6"])
    assert full.formal_valence == pytest.approx(7 / 3, abs=1e-6)
    assert full.outside_share == pytest.approx(1 / 3, abs=1e-6)
    assert "a mean over all Cu, 33%" in str(full.electron_note)
    assert empty.formal_valence == pytest.approx(5 / 3, abs=1e-6)
    assert empty.carriers == pytest.approx(0.0) and empty.electron_state is ElectronState.PARENT
    assert "the others as +2.00" in str(empty.electron_note)


def test_copper_of_layers_with_sulfur_is_monovalent() -> None:
    # Sheets CuO2 between Sr, and layers Cu2S2 as of PbO: the stacking of Sr2CuO2Cu2S2.
    places = {
        "Cu": [[0, 0, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]],
        "O": [[0.5, 0, 0], [0, 0.5, 0]],
        "Sr": [[0.5, 0.5, 0.123], [0.5, 0.5, -0.123]],
        "S": [[0, 0, 0.606], [0.5, 0.5, 0.394]],
    }
    atoms = [(symbol, place) for symbol, many in places.items() for place in many]
    cell = Lattice.tetragonal(3.9, 13.0)
    found = made(Structure(cell, [symbol for symbol, _ in atoms], [place for _, place in atoms])).electrons
    assert found.formal_valence == pytest.approx(4 / 3, abs=1e-6)
    assert found.carriers == pytest.approx(0.0) and found.electron_state is ElectronState.PARENT


@pytest.mark.parametrize(
    ("id", "metals", "share", "carriers"),
    [
        ("bafe1.8co0.2as2", ("Co",), 0.1, 6.1),
        ("bafe1.9ni0.1as2", ("Ni",), 0.05, 6.1),
        ("sr2vfeaso3", (), 0.0, 6.0),  # V stands in the spacer
    ],
)
def test_foreign_metals_are_those_on_the_net(id, metals, share, carriers) -> None:
    found = electrons(LIBRARY[id])
    assert found.foreign_metals == metals
    assert (found.foreign_share, found.carriers) == pytest.approx((share, carriers), abs=1e-6)


@pytest.mark.parametrize(
    ("id", "state"),
    [
        ("la2cuo4-lto", "parent"),
        ("la1.9sr0.1cuo4", "underdoped"),
        ("la1.85sr0.15cuo4", "near best"),
        ("la1.7sr0.3cuo4", "overdoped"),
        ("nd1.85ce0.15cuo4", "electron-doped"),
        ("yba2cu3o6.26", "parent"),
        ("yba2cu3o6.64", "underdoped"),
        ("yba2cu3o6.91", "near best"),
        ("bafe2as2", "parent"),
        ("ba0.9k0.1fe2as2-orthorhombic", "underdoped"),
        ("ba0.6k0.4fe2as2", "near best"),
        ("kfe2as2", "overdoped"),
        ("bafe1.8co0.2as2", "near best"),
        ("la2nio4-htt", "parent"),
        ("la3ni2o7", "near best"),
        ("nd0.8sr0.2nio2-film", "near best"),
        ("ndnio2", "parent"),
    ],
)
def test_the_state_is_that_of_the_phase_diagram(id, state) -> None:
    assert electrons(LIBRARY[id]).electron_state == state


def test_what_no_compound_is_lies_outside() -> None:
    found = made(infinite_layer(("Li", [0, 0, 0.5]))).electrons  # Li in place of the apical oxygen: Cu +1
    assert (found.formal_valence, found.electron_state) == (pytest.approx(1.0), ElectronState.OUTSIDE)


def test_a_net_without_a_family_has_electrons_too_and_no_net_has_none() -> None:
    nickel, salt = screen(LIBRARY["bani2as2"], FAMILIES), screen(LIBRARY["cuf2"], FAMILIES)
    assert nickel.reason is Reason.NO_LAMBDA and nickel.electrons.carriers == pytest.approx(8.0)
    assert nickel.electrons.electron_state is ElectronState.UNKNOWN
    assert salt.electrons == Electrons()


def test_the_description_of_the_cell_does_not_matter() -> None:
    entry = LIBRARY["yba2cu3o6.45"]
    assert entry.structure is not None
    order = np.random.default_rng(3).permutation(len(entry.structure))
    other = Structure.from_sites([entry.structure[int(k)] for k in order]) * (2, 1, 1)
    assert electrons(replace(entry, structure=other)) == electrons(entry)


def test_carbon_is_carbonate_acetylide_or_methanide() -> None:
    acetylide = infinite_layer(("C", [0.5, 0.5, 0.0]), ("C", [0.5, 0.5, 1.20 / 3.1805]))
    acetylide.remove_sites([0])
    assert made(acetylide).electrons.formal_valence == pytest.approx(6.0)  # C2 with 2-: CuO2C2


def test_ions_that_no_such_layer_holds_are_counted_for_each_metal() -> None:
    """CaCuO2 with an atom over copper, or with a second one bound to it."""

    def unusual(*more: tuple[str, list[float]]) -> dict[str, float]:
        return named(infinite_layer(*more))

    def held(*more: tuple[str, list[float]]) -> dict[str, float]:
        """Between sheets 12 Å apart, with calcium on one of them."""
        wide = infinite_layer(*more)
        wide.lattice = Lattice.tetragonal(3.8556, 12.0)
        wide.replace(0, "Ca", [0.5, 0.5, 0.15])
        return named(wide)

    def named(structure: Structure) -> dict[str, float]:
        found = made(structure).electrons
        return dict(zip(found.unusual_ions, found.unusual_amounts, strict=True))

    assert unusual() == {} and unusual(("Cl", [0, 0, 0.5])) == {}
    assert unusual(("H", [0, 0, 0.5])) == {"hydride": 1.0}
    assert unusual(("H", [0.5, 0, 0.97 / 3.1805])) == {}
    assert unusual(("S", [0, 0, 0.5])) == {"S": 1.0}
    above = [("O", [0, 0, 0.35]), ("Mg", [0, 0, 0.5]), ("O", [0, 0, 0.65])]
    assert held(*above) == {"Mg with two anions": 1.0}
    assert unusual(("Co", [0, 0, 0.5])) == {"Co outside the nets": 1.0}
    assert held(("O", [0, 0, 0.5 - 0.73 / 12]), ("O", [0, 0, 0.5 + 0.73 / 12])) == {"peroxide": 2.0}
