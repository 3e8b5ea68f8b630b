"""The landscape of known sheets: what symmetry and electrostatics demand of the search."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from polywell.data.charges import NoChargeError, formal_charges, site_charges
from polywell.evidence.evaluation.scores import correlations
from polywell.families import built_in_families
from polywell.proposal.landscape import Crystal, frame, landscape, normal_map, plane_map
from polywell.records import Entry
from polywell.screening import screen


def infinite_layer(a: float = 3.86, c: float = 3.20) -> Structure:
    """CaCuO2, a and c near those of its cell."""
    return Structure(
        Lattice.tetragonal(a, c),
        ["Ca", "Cu", "O", "O"],
        [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]],
    )


def iron_selenide() -> Structure:
    return Structure.from_spacegroup(
        "P4/nmm:2", Lattice.tetragonal(3.77, 5.52), ["Fe", "Se"], [[0.75, 0.25, 0], [0.25, 0.25, 0.267]]
    )


def phase_of(structure):
    elements = tuple(sorted(element.symbol for element in structure.composition.elements))
    record = screen(
        Entry("test", "one", structure.composition.reduced_formula, elements, structure), built_in_families()
    )
    return record.phases[0]


@pytest.fixture(scope="module")
def cuprate():
    structure = infinite_layer()
    return structure, phase_of(structure)


def test_gamma_is_a_well_within_the_sheet_and_a_maximum_along_the_normal(cuprate) -> None:
    found = landscape(*cuprate)
    x, y, z = found.curvature_ev_ang2
    assert found.gamma_is_well
    assert x == pytest.approx(y, rel=1e-4)
    # Laplace's equation holds at Γ, where there is no charge.
    assert x + y + z == pytest.approx(0, abs=0.02)
    assert z < 0


def test_four_passes_lie_on_the_diagonals_and_no_pocket(cuprate) -> None:
    found = landscape(*cuprate)
    assert found.lobes_deg == (45.0, 135.0, 225.0, 315.0)
    assert found.depth_ev == pytest.approx(found.pass_ev - found.gamma_ev)
    assert found.depth_ev > 0
    assert found.wall_over_pass_ev > 0
    assert found.pockets == 0
    assert len(found.minima) == 1
    assert np.allclose(found.minima[0], 0, atol=1e-3)


def test_a_supercell_and_another_origin_see_the_same_landscape(cuprate) -> None:
    expected = landscape(*cuprate)
    other = infinite_layer()
    other.translate_sites(range(4), [0.3, 0.1, 0.45])
    other.make_supercell([[1, 1, 0], [-1, 1, 0], [0, 0, 2]])
    found = landscape(other, phase_of(other))
    assert found.gamma_ev == pytest.approx(expected.gamma_ev, abs=1e-4)
    assert found.depth_ev == pytest.approx(expected.depth_ev, abs=1e-3)


def test_a_shorter_cage_of_the_same_ions_binds_more() -> None:
    depths = []
    for c in (3.1, 3.3, 3.5):
        structure = infinite_layer(c=c)
        depths.append(landscape(structure, phase_of(structure)).depth_ev)
    assert depths == sorted(depths, reverse=True)


def test_a_sheet_of_fese_has_no_well_at_its_hollow() -> None:
    structure = iron_selenide()
    found = landscape(structure, phase_of(structure))
    assert not found.gamma_is_well
    assert found.depth_ev is None
    assert found.lobes_deg == ()


def test_maps_hold_the_energy_of_gamma_at_their_centre(cuprate) -> None:
    gamma = landscape(*cuprate).gamma_ev
    for one in (plane_map(*cuprate, points=11), normal_map(*cuprate, points=11)):
        assert one.energy_ev.shape == (11, 11)
        assert one.energy_ev[5, 5] == pytest.approx(gamma, abs=1e-6)
        assert one.x_ang[0] == pytest.approx(-one.x_ang[-1])
    plane = plane_map(*cuprate, points=11).energy_ev
    assert np.allclose(plane, plane.T, atol=1e-6)


def test_the_frame_is_the_square_of_metals(cuprate) -> None:
    square = frame(*cuprate)
    assert np.allclose(np.linalg.norm(square.corners - square.centre, axis=1), 3.86 / 2**0.5)
    assert np.allclose(np.abs(square.normal), [0, 0, 1])
    assert Crystal(*cuprate).charges.metal_charge == pytest.approx(2.0)


def test_charges_respect_occupancies_and_sum_to_zero() -> None:
    structure = Structure(
        Lattice.tetragonal(3.8, 13.2),
        [{"La": 0.925, "Sr": 0.075}, {"La": 0.925, "Sr": 0.075}, "Cu", "O", "O", "O", "O"],
        [[0, 0, 0.36], [0, 0, 0.64], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.18], [0, 0, 0.82]],
    )
    found = site_charges(structure, "Cu")
    assert found.metal_charge == pytest.approx(2.15)
    assert found.of_sites.sum() == pytest.approx(0, abs=1e-12)
    assert found.of_sites[0] == pytest.approx(0.925 * 3 + 0.075 * 2)


def test_an_element_without_a_formal_charge_is_named() -> None:
    structure = Structure(Lattice.cubic(3.0), ["Cu", "Xe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    with pytest.raises(NoChargeError, match="Xe has no formal charge"):
        site_charges(structure, "Cu")
    with pytest.raises(NoChargeError, match="holds no Fe"):
        site_charges(structure.replace_species({"Xe": "O"}), "Fe")


def test_formal_charges_are_those_of_the_groups() -> None:
    table = formal_charges()
    assert {table[one] for one in ("Li", "Na", "K", "Rb", "Cs")} == {1}
    assert {table[one] for one in ("Mg", "Ca", "Sr", "Ba")} == {2}
    assert {table[one] for one in ("O", "S", "Se", "Te")} == {-2}


def test_correlations_are_those_of_scipy() -> None:
    from scipy.stats import pearsonr, spearmanr

    pairs = [(1.0, 2.0), (2.0, 2.0), (3.0, 5.0), (4.0, 4.0), (4.0, 7.0)]
    x, y = zip(*pairs, strict=True)
    assert correlations(pairs) == pytest.approx((pearsonr(x, y).statistic, spearmanr(x, y).statistic))
