"""Stacking, stripes and cleavage of crystals that are made here."""

from fractions import Fraction

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from polywell.doping import stripe_doping
from polywell.geometry.layers.stacking import NoSheetError, stacking
from polywell.proposal.surface import axis_ratios, cleavage, side_bar_offset_edges, stripe_lattice

A, C, Z_CA, Z_CL = 3.869, 15.05, 0.3958, 0.183


def oxychloride() -> Structure:
    """Ca2CuO2Cl2, sheets at 0 and c/2."""
    return Structure.from_spacegroup(
        "I4/mmm",
        Lattice.tetragonal(A, C),
        ["Cu", "Ca", "O", "Cl"],
        [[0, 0, 0], [0, 0, Z_CA], [0, 0.5, 0], [0, 0, Z_CL]],
    )


def test_planes_of_the_oxychloride() -> None:
    found = stacking(oxychloride())
    assert found.edge_ang == pytest.approx(A)
    assert found.repeat_ang == pytest.approx(C)
    assert found.spacing_ang == pytest.approx(C / 2)
    assert [plane.elements for plane in found.planes if plane.is_sheet] == [("Cu", "O")] * 2
    assert len(found.planes) == 2 * (1 + 2 + 2)


@pytest.mark.parametrize("change", ["primitive", "supercell", "rotated", "moved"])
def test_neither_cell_nor_origin_matters(change) -> None:
    structure = oxychloride()
    expected = cleavage(structure)
    if change == "primitive":
        structure = structure.get_primitive_structure()
    elif change == "supercell":
        structure.make_supercell([[1, 1, 0], [-1, 1, 0], [0, 0, 2]])
    elif change == "rotated":
        turn, _ = np.linalg.qr(np.random.default_rng(7).normal(size=(3, 3)))
        structure = Structure(
            structure.lattice.matrix @ turn, structure.species, [site.frac_coords for site in structure]
        )
    else:
        structure.translate_sites(range(len(structure)), [0.2, 0.7, 0.33])
    found = cleavage(structure)
    assert found.exposed == expected.exposed == ("Cl",)
    for name in ("gap_ang", "h_alpha_ang", "h_beta_ang", "contrast"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-6)
    assert axis_ratios(structure).repeat_over_edge == pytest.approx(C / A)


def test_cleavage_of_the_oxychloride_by_hand() -> None:
    found = cleavage(oxychloride())
    # Chlorine of one block at z, of the next at 1/2 - z: a gap of (1/2 - 2z) c; Cl lies z c over its sheet.
    assert found.gap_ang == pytest.approx((0.5 - 2 * Z_CL) * C)
    assert found.h_alpha_ang == pytest.approx(Z_CL * C)
    assert found.h_beta_ang == pytest.approx(Z_CL * C + C / 2)
    assert found.contrast == pytest.approx(Z_CL / (Z_CL + 0.5))


def test_a_crystal_without_a_sheet_is_refused() -> None:
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    with pytest.raises(NoSheetError, match="no square net"):
        stacking(salt)


@pytest.mark.parametrize("n", [2, 3, 4, 6])
def test_stripe_lattice_has_two_sites_in_each_cell(n) -> None:
    found = stripe_lattice(n, (3.8, 3.9), (3, 2))
    assert found.cell_ang == pytest.approx((4 * 3.8, n * 3.9))
    sites = len(found.first) + len(found.second)
    metals = 3 * 2 * 4 * n
    assert Fraction(sites, metals) == stripe_doping(n)
    assert np.allclose(found.second - found.first, [1.9, 1.95])


def test_side_bars_are_half_a_period_less_the_displacement() -> None:
    assert float(side_bar_offset_edges()) == 4 / 2 - 1 / 2
