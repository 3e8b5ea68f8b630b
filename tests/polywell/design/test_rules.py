"""Lengths of designs: heights add up, the compromise lies between its parts, ions push."""

from dataclasses import replace

import numpy as np
import pytest

from polywell.design.assembly import Stiffness, assembled, compromise_ang
from polywell.design.blocks.layers import Block, Sheet
from polywell.design.errors import (
    MEASURED_STIFFNESS,
    errors,
    quantile_ang,
    relative_error,
    stiffness_of_library,
)
from polywell.design.library import blend, measured_library
from polywell.design.recipes import measured_kitchen
from polywell.design.sizes import Blend, Filled, radius_ang, standing
from polywell.design.substitutions import Substitution, guests, pure, substituted
from polywell.design.table import design_table

LIBRARY = measured_library()
CUO = ("Cu", "O")


def block(kind: str, name: str) -> Block:
    return next(part.block for part in measured_kitchen().types[kind] if part.name == name)


def mean(kind: str, name: str, beyond=("spacer", "spacer"), sheet=CUO) -> Blend:
    own = block(kind, name)
    bare = Sheet(own.net, *sheet, ())
    return blend(replace(own, below=bare, above=bare, beyond=beyond), LIBRARY)


def test_every_sheet_more_makes_the_cell_longer_by_one_inner_layer():
    spacer = mean("bridged spacer", "hgba2o2", ("inner", "inner"))
    inner = mean("bridged inner", "ca", ("inner", "inner"))
    stiffness = Stiffness(1e-9, 1e-9)  # the spacer alone decides the edge, which then is the same for all
    lengths = [
        np.linalg.norm(assembled([*[inner] * n, spacer], CUO, LIBRARY, stiffness).sites.lattice[2])
        for n in (2, 3, 4)
    ]
    steps = np.diff(lengths)
    assert steps[0] == pytest.approx(steps[1], abs=1e-6)
    assert 3.0 < steps[0] < 3.4  # Ca between CuO2 sheets: 3.2 Å in CaCuO2


def test_the_edge_lies_between_those_of_the_parts():
    parts = [mean("bridged inner", "sr", ("spacer", "spacer")), mean("bridged spacer", "tlsr2o3")]
    edge = compromise_ang(parts, CUO, LIBRARY, MEASURED_STIFFNESS)
    own = [one.edge_ang(LIBRARY.responses[one.kind]) for one in parts] + [LIBRARY.edges_ang[CUO]]
    assert min(own) < edge < max(own)


def test_the_weights_that_designs_take_are_those_of_the_library():
    assert stiffness_of_library(LIBRARY) == MEASURED_STIFFNESS


def test_the_strain_that_is_told_is_that_of_the_edge_of_the_compromise():
    block = mean("bridged spacer", "hgba2o2")
    made = assembled([block], CUO, LIBRARY, MEASURED_STIFFNESS)
    edge = compromise_ang([block], CUO, LIBRARY, MEASURED_STIFFNESS)
    own = (block.edge_ang(LIBRARY.responses[block.kind]), LIBRARY.edges_ang[CUO])
    assert made.mismatch == pytest.approx(max(abs(edge / one - 1) for one in own), rel=1e-3)
    assert made.forced == 0
    assert made.sites.lattice[0, 0] == pytest.approx(edge, rel=1e-3)


def test_a_block_with_its_own_ions_at_its_own_edge_is_its_parent():
    own = next(b for b in LIBRARY.blocks if b.parent == "hgba2cacu2o6" and b.role == "spacer")
    filled = Filled(own, tuple(atom.mix for atom in own.atoms))
    stood = standing(filled, LIBRARY.responses["bridged spacer"], own.beyond)
    heights = stood.at(own.plane.edge_ang)
    assert heights[:-1] == pytest.approx([atom.z for atom in own.atoms])
    assert heights[-1] == pytest.approx(own.thickness_ang)


def test_a_larger_ion_stands_farther_off_and_makes_the_block_thicker():
    own = next(b for b in LIBRARY.blocks if b.parent == "tlsr2ycu2o7" and b.role == "spacer")
    larger = substituted(pure(own), Substitution("Sr", "Ba", "apex", 1.0, 0))
    response = LIBRARY.responses["bridged spacer"]
    before, after = (
        standing(Filled(pure(own), tuple(a.mix for a in one.atoms)), response, own.beyond).at(
            own.plane.edge_ang
        )
        for one in (pure(own), larger)
    )
    low = next(k for k, atom in enumerate(own.atoms) if atom.element == "Sr")
    assert after[low] > before[low] and after[-1] > before[-1]


def test_constants_are_those_of_solids():
    for response in LIBRARY.responses.values():
        assert response.growth > 0  # larger ions need more room
        assert response.flattening > 0  # what is stretched becomes flatter
        assert response.heights > 50


def test_ions_replace_each_other_by_radius_and_charge():
    found = {one.guest: one.charge for one in guests("Ba", "apex", "bridged")}
    assert found["Sr"] == 0 and "Ca" not in found  # 1.26 and 1.12 Å beside 1.42 Å
    assert {one.guest: one.charge for one in guests("La", "apex", "bridged")}["Sr"] == -1
    table = design_table()
    for row in table.place:
        assert row.source and row.checked in ("read", "recalled")
        unsized = {ion for ion in row.ions if radius_ang(((ion, 1.0),), row.net) is None}
        assert unsized <= {"Al", "Cr", "Cu", "Ti", "V"}, "never guests: the table of radii lacks them"


def test_the_error_of_designs_is_the_one_that_intervals_carry():
    found, _ = errors()
    for cage, told in design_table().xi_error.items():
        cages = [one for one in found if one.cage == cage]
        assert relative_error(cages) == pytest.approx(told, abs=2e-4), (
            f"correct xi_error.{cage} of design.toml"
        )


def test_compounds_that_are_left_out_are_designed_from_others():
    found, undesigned = errors()
    assert len(found) > 200
    assert quantile_ang(found, 0.5) < 0.03 + 0.005
    compounds = {one.cut.id: one.compound for one in LIBRARY.members}
    for cage in found:
        assert cage.compound not in {compounds[parent] for parent in cage.parents}
    undesigned = dict(undesigned)
    assert set(undesigned) | {one.id for one in found} == set(compounds)
    assert all(undesigned.values())
