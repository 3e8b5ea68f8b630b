"""What is cut comes together again, what is not is named, and blocks are those that chemists know."""

from dataclasses import replace

import numpy as np
import pytest
from pymatgen.core import Structure
from pymatgen.core.operations import SymmOp

from polywell.data.reference import reference_entries
from polywell.design.assembly import Storey, stacked
from polywell.design.blocks.cutting import cut_many
from polywell.design.blocks.folding import folded_many
from polywell.design.blocks.layers import Cut, NotCut
from polywell.design.blocks.topology import topology_of
from polywell.geometry.sites import structure_of

ENTRIES = {entry.id: entry for entry in reference_entries()}

UNLAYERED = {
    *"ba2cuo3 cu cu1.8se cucl2 cuf2 cufeo2 cuo fe fe3o4 fes2-pyrite knif3 lafeo3".split(),
    *"lanio3 nacl ndnio3 nio sr2cuo3 srcu2o3 srtio3".split(),
}
"""Chains, ladders, rock salt, perovskites, pyrite, spinel: nothing with a layered square net."""

NEAR = 24
"""Neighbours by which a site is known."""

RADIUS_ANG = 9.0


def surroundings(structure: Structure) -> list[tuple[str, np.ndarray]]:
    """Composition of every site, and its distances to the nearest ones, which no cell and no axis enter."""
    centres, _, _, distances = structure.get_neighbor_list(RADIUS_ANG, exclude_self=True)
    found = []
    for number, site in enumerate(structure):
        own = np.sort(distances[centres == number])
        assert len(own) >= NEAR
        found.append((site.species.formula, own[:NEAR]))
    return found


@pytest.mark.parametrize("id_", sorted(ENTRIES))
def test_what_is_cut_comes_together_again_within_two_hundredths(id_):
    [made] = cut_many([ENTRIES[id_]])
    assert isinstance(made, NotCut) == (id_ in UNLAYERED)
    if isinstance(made, NotCut):
        assert made.why
        return
    before = ENTRIES[id_].structure
    layers = zip(made.sheets, made.blocks, strict=True)
    storeys = [Storey(below.atoms, one.atoms, one.shift, one.thickness_ang) for below, one in layers]
    after = structure_of(stacked(storeys, made.plane))
    assert len(after) == len(before) and after.volume == pytest.approx(before.volume, rel=1e-6)
    left = surroundings(after)
    for formula, distances in surroundings(before):
        alike = [k for k, (other, _) in enumerate(left) if other == formula]
        misfits = {k: float(np.abs(left[k][1] - distances).max()) for k in alike}
        best = min(misfits, key=misfits.get)
        assert misfits[best] < 0.02, f"{formula} of {id_} is {misfits[best]:.3f} Å off"
        left.pop(best)


@pytest.mark.parametrize(
    ("id_", "blocks"),
    [
        ("hgba2cuo4.01", {("spacer", "HgBa2O2", (0.0, 0.0))}),
        ("hgba2cacu2o6", {("spacer", "HgBa2O2", (0.0, 0.0)), ("inner", "Ca", (0.0, 0.0))}),
        ("yba2cu3o7", {("spacer", "CuBa2O3", (0.0, 0.0)), ("inner", "Y", (0.0, 0.0))}),
        ("bi2sr2cacu2o8", {("spacer", "Bi2Sr2O4", (0.5, 0.5)), ("inner", "Ca", (0.0, 0.0))}),
        ("cacuo2", {("inner", "Ca", (0.0, 0.0))}),
        ("la2nio4-htt", {("spacer", "La2O2", (0.5, 0.5))}),
        ("bafe2as2", {("spacer", "Ba", (0.5, 0.5))}),
        ("cakfe4as4", {("spacer", "Ca", (0.5, 0.5)), ("spacer", "K", (0.5, 0.5))}),
        ("kca2fe4as4f2", {("spacer", "Ca2F2", (0.0, 0.0)), ("spacer", "K", (0.5, 0.5))}),
        ("fese", {("spacer", "vacant", (0.0, 0.0))}),
    ],
)
def test_the_blocks_are_those_of_the_textbook(id_, blocks):
    [made] = folded_many([ENTRIES[id_]])
    assert isinstance(made, Cut)
    found = {(b.role, b.formula, tuple(round(x, 3) for x in b.shift)) for b in made.blocks}
    assert found == blocks


def test_a_block_closes_the_cages_on_both_sides():
    [made] = cut_many([ENTRIES["bi2sr2ca2cu3o10"]])
    assert {(b.role, b.apexes) for b in made.blocks} == {
        ("spacer", (("Sr",), ("Sr",))),
        ("inner", (("Ca",), ("Ca",))),
    }


def test_the_charges_of_a_neutral_parent_leave_divalent_copper():
    [made] = folded_many([ENTRIES["hgba2cacu2o6"]])
    assert sum(block.charge for block in made.blocks) == pytest.approx(2 * 2)  # two sheets of Cu 2+, O2 4-


@pytest.mark.parametrize("id_", ["hgba2cuo4.01", "cakfe4as4", "la2prni2o7-20gpa", "yba2cu4o8", "lafeaso"])
def test_the_blocks_do_not_depend_on_the_cell_nor_on_the_axes(id_):
    entry = ENTRIES[id_]
    [plain] = folded_many([entry])
    structure = entry.structure.copy()
    structure.translate_sites(range(len(structure)), [0.13, 0.29, 0.41])
    structure.apply_operation(SymmOp.from_axis_angle_and_translation([1, 2, 3], 37))
    [turned] = folded_many([replace(entry, structure=structure)])
    assert isinstance(plain, Cut) and isinstance(turned, Cut)

    def known(made: Cut) -> list[tuple[str, float, float]]:
        return sorted(
            (topology_of(b), round(b.thickness_ang, 4), round(b.plane.edge_ang, 4)) for b in made.blocks
        )

    assert known(turned) == known(plain)


def test_a_larger_cell_is_folded_to_the_same_blocks():
    entry = ENTRIES["hgba2cacu2o6"]
    large = entry.structure.copy()
    large.make_supercell([[1, 1, 0], [-1, 1, 0], [0, 0, 1]])
    one, two = folded_many([entry, replace(entry, structure=large)])
    assert isinstance(two, Cut)
    assert [topology_of(b) for b in two.blocks] == [topology_of(b) for b in one.blocks]
    assert [b.thickness_ang for b in two.blocks] == pytest.approx([b.thickness_ang for b in one.blocks])
    assert two.plane.edge_ang == pytest.approx(one.plane.edge_ang)


def test_a_tilted_cell_lends_no_blocks_and_says_so():
    [made] = folded_many([ENTRIES["la3ni2o7"]])
    assert isinstance(made, NotCut) and "fold" in made.why


@pytest.mark.parametrize("id_", ["la2nio4-htt", "bafe2as2", "bi2sr2cacu2o8"])
def test_a_primitive_cell_without_two_edges_in_its_sheets_gives_the_same_blocks(id_):
    entry = ENTRIES[id_]
    primitive = entry.structure.get_primitive_structure()
    assert len(primitive) < len(entry.structure)
    own, other = folded_many([entry, replace(entry, structure=primitive)])
    assert isinstance(own, Cut) and isinstance(other, Cut)
    ours, theirs = ({(topology_of(b), round(b.thickness_ang, 3)) for b in one.blocks} for one in (own, other))
    assert ours == theirs
