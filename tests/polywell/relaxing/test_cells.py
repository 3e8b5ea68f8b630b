"""What stands for shared sites, and how far atoms move."""

from dataclasses import replace

import pytest
from pymatgen.core import Lattice, Structure

from polywell.records import Entry, Provenance
from polywell.relaxing.cells import RelaxationError, moved_ang, ordered, start_of


def crystal(first: dict[str, float], second: dict[str, float] | None = None) -> Structure:
    kinds, places = [first, {"O": 1.0}], [[0, 0, 0], [0.5, 0.5, 0.5]]
    if second is not None:
        kinds, places = [*kinds, second], [*places, [0.5, 0, 0]]
    return Structure(Lattice.cubic(4.0), kinds, places)


def test_a_site_goes_to_its_majority_and_one_nearly_empty_is_left_out():
    made = ordered(crystal({"Ca": 0.8, "Sr": 0.2}, {"O": 0.1}))
    assert [site.specie.symbol for site in made.structure] == ["Ca", "O"]
    assert made.changed == "0.8 Ca 0.2 Sr as Ca, 0.1 O as empty"
    assert ordered(crystal({"Ca": 1.0})).changed == ""


@pytest.mark.parametrize("mix", [{"Ca": 0.6, "Sr": 0.4}, {"Ca": 0.5}])
def test_an_average_without_a_majority_is_refused(mix):
    with pytest.raises(RelaxationError, match=r"expected one element with at least 0\.75"):
        ordered(crystal(mix))


def test_a_supercell_is_relaxed_as_its_smallest_cell():
    assert len(ordered(crystal({"Ca": 1.0}) * (2, 1, 2)).structure) == 2


def test_how_far_an_atom_moves_leaves_out_the_cell_and_the_drift_of_all():
    before = crystal({"Ca": 1.0})
    larger = Structure(Lattice.cubic(5.0), ["Ca", "O"], [[0.9, 0, 0], [0.4, 0.5, 0.5]])
    assert moved_ang(before, larger) == pytest.approx(0, abs=1e-9)
    apart = Structure(Lattice.cubic(5.0), ["Ca", "O"], [[0.02, 0, 0], [0.48, 0.5, 0.5]])
    assert moved_ang(before, apart) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("source", "provenance", "words"),
    [
        ("files:", Provenance(pressure_gpa=20.0), "stands under 20 GPa"),
        ("design:9@SrLaAlO4", Provenance(built_of="1 x CuO2"), "strained by a substrate"),
    ],
)
def test_what_pressure_or_a_substrate_holds_is_not_relaxed_free(source, provenance, words):
    entry = Entry(source, "one", "CaO", ("Ca", "O"), crystal({"Ca": 1.0}), provenance)
    with pytest.raises(RelaxationError, match=words):
        start_of(entry)
    assert len(start_of(replace(entry, provenance=Provenance())).structure) == 2
