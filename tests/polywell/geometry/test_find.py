"""Structures laid side by side: each is found as if it were alone, and what overlaps is named by number."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from polywell.data.reference import reference_entries
from polywell.geometry.find import find, find_among
from polywell.geometry.phases import phases
from polywell.geometry.sites import Sites, sites_of

STRUCTURES = {entry.id: entry.structure for entry in reference_entries()}
GOOD = [STRUCTURES[id] for id in ("yba2cu3o7", "bafe2as2", "la1.85sr0.15cuo4", "lanio3")]
SMALL = Structure(Lattice.cubic(1.2), ["Cu"], [[0, 0, 0]])
CLOSE = Structure(Lattice.cubic(6), ["Cu", "O"], [[0, 0, 0], [0.1, 0, 0]])
EMPTY = Structure(Lattice.cubic(4), [{"Cu": 0.2}], [[0, 0, 0]])


def test_each_is_found_as_if_it_were_alone() -> None:
    together = find([GOOD[0], SMALL, GOOD[1], CLOSE, EMPTY, *GOOD[2:]])
    for place, structure in zip((0, 2, 5, 6), GOOD, strict=True):
        alone = find([structure])
        mine, its = together.nets(place), alone.nets(0)
        assert [net.sheet for net in mine] == [net.sheet for net in its]
        assert [len(net.cages) for net in mine] == [len(net.cages) for net in its]
        assert together.closes_in_space(place) == alone.closes_in_space(0)
        assert phases(together, {place: mine})[place] == phases(alone, {0: its})[0]


def test_what_overlaps_is_named_and_the_others_go_on() -> None:
    found = find([SMALL, GOOD[0], CLOSE, EMPTY])
    assert set(found.overlaps) == {0, 2}
    assert "less than 2.5 Å³" in found.overlaps[0]
    assert found.overlaps[2].startswith("O (site 1) and Cu (site 0) are ")
    assert [len(found.nets(place)) for place in range(4)] == [0, 2, 0, 0]


def test_arrays_say_what_the_structure_says() -> None:
    """The seam for rows that come from storage: a cell, coordinates and shares, and no object of pymatgen."""
    structure = GOOD[2]
    assert structure is not None
    mixes = [{str(one): float(x) for one, x in site.species.items()} for site in structure]
    given = Sites(np.array(structure.lattice.matrix), np.array(structure.frac_coords), mixes)
    read = sites_of(structure)
    assert given.mixes == read.mixes
    assert given.volume_ang3 == read.volume_ang3 == pytest.approx(structure.volume)
    from_arrays, from_structure = find_among([given]), find([structure])
    assert from_arrays.nets(0)[0].sheet == from_structure.nets(0)[0].sheet


def test_metals_and_ligands_of_a_net_are_its_own() -> None:
    found = find([GOOD[0], GOOD[1]])
    for place, (metal, ligand) in enumerate((("Cu", "O"), ("Fe", "As"))):
        members = found.ions.members(place)
        for net in found.nets(place):
            assert {found.ions.elements[ion] for ion in net.metals} == {metal}
            assert {found.ions.elements[ion] for ion in net.ligands} == {ligand}
            assert all(members.start <= ion < members.stop for ion in (*net.metals, *net.ligands))


def test_a_cell_that_is_no_cell_is_an_error() -> None:
    flat = Structure(Lattice([[4, 0, 0], [0, 4, 0], [4, 4, 1e-9]]), ["Cu"], [[0, 0, 0]])
    with pytest.raises(ValueError, match="the cell is flat"):
        find([GOOD[0], flat])
