"""Ewald's sum against Madelung constants, against pymatgen, and under changes that must not matter."""

import numpy as np
import pytest
from pymatgen.analysis.ewald import EwaldSummation
from pymatgen.core import Lattice, Species, Structure
from scipy import constants

from polywell.electrons.electrostatics import COULOMB_EV_ANG, potential_v

NEAR = 1e-3
ROCK_SALT = [
    [0, 0, 0],
    [0, 0.5, 0.5],
    [0.5, 0, 0.5],
    [0.5, 0.5, 0],
    [0.5] * 3,
    [0.5, 0, 0],
    [0, 0.5, 0],
    [0, 0, 0.5],
]


def site_potential(lattice, frac, charges, site):
    """Potential at a site without that of its own charge: the mean over six points close by."""
    steps = NEAR * np.vstack((np.eye(3), -np.eye(3)))
    points = np.array(frac[site]) @ lattice + steps
    values = potential_v(lattice, np.array(frac, float), np.array(charges, float), points)
    return float(np.mean(values)) - COULOMB_EV_ANG * charges[site] / NEAR


def test_coulomb_constant_is_that_of_codata() -> None:
    joules = constants.e**2 / (4 * np.pi * constants.epsilon_0)
    assert pytest.approx(joules / constants.e * 1e10, rel=1e-6) == COULOMB_EV_ANG


@pytest.mark.parametrize(
    ("frac", "charges", "distance", "madelung"),
    [
        # For the nearest-neighbour distance; Borwein et al., Lattice Sums Then and Now (2013).
        (ROCK_SALT, [1] * 4 + [-1] * 4, 0.5, 1.747564594633),
        ([[0, 0, 0], [0.5, 0.5, 0.5]], [1, -1], np.sqrt(3) / 2, 1.762674773070),
    ],
    ids=["NaCl", "CsCl"],
)
def test_madelung_constants(frac, charges, distance, madelung) -> None:
    edge = 5.0
    for site, sign in ((0, -1), (len(frac) - 1, 1)):
        potential = site_potential(edge * np.eye(3), frac, charges, site)
        assert potential * edge * distance / COULOMB_EV_ANG == pytest.approx(sign * madelung, abs=1e-5)


def test_the_energy_of_a_skewed_cell_is_that_of_pymatgen() -> None:
    lattice = Lattice.from_parameters(3.9, 4.3, 5.2, 81, 97, 104)
    frac = [[0.02, 0.1, 0.9], [0.5, 0.45, 0.3], [0.1, 0.62, 0.55]]
    charges = [2.0, 1.0, -3.0]
    species = [Species("Ca", 2), Species("K", 1), Species("As", -3)]
    expected = EwaldSummation(Structure(lattice, species, frac), acc_factor=14).total_energy
    energy = sum(
        q * site_potential(lattice.matrix, frac, charges, site) / 2 for site, q in enumerate(charges)
    )
    assert energy == pytest.approx(expected, rel=1e-5)


@pytest.fixture
def cell():
    lattice = np.array([[3.8, 0.1, 0.0], [0.0, 4.0, 0.2], [0.3, 0.0, 5.1]])
    frac = np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.4], [0.5, 0.1, 0.7]])
    points = np.random.default_rng(5).uniform(0, 4, (20, 3))
    return lattice, frac, np.array([2.0, -1.5, -0.5]), points


def test_a_translation_moves_nothing(cell) -> None:
    lattice, frac, charges, points = cell
    shift = np.array([0.31, -1.27, 2.6])
    moved = potential_v(lattice, frac + shift, charges, points + shift @ lattice)
    assert np.allclose(moved, potential_v(lattice, frac, charges, points), atol=1e-6)
    again = potential_v(lattice, frac, charges, points + np.array([2, -3, 1]) @ lattice)
    assert np.allclose(again, potential_v(lattice, frac, charges, points), atol=1e-6)


def test_a_supercell_and_a_rotation_change_nothing(cell) -> None:
    lattice, frac, charges, points = cell
    expected = potential_v(lattice, frac, charges, points)
    twice = np.diag([2, 1, 3]) @ lattice
    steps = np.array([(i, 0, k) for i in range(2) for k in range(3)])
    many = (frac[:, None, :] + steps).reshape(-1, 3) / [2, 1, 3]
    assert np.allclose(potential_v(twice, many, np.repeat(charges, 6), points), expected, atol=1e-6)
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    assert np.allclose(potential_v(lattice @ turn, frac, charges, points @ turn), expected, atol=1e-6)


def test_it_obeys_laplace_and_turns_its_sign(cell) -> None:
    lattice, frac, charges, _ = cell
    place, step = np.array([[1.9, 0.3, 1.6]]), 0.01
    around = place + step * np.vstack((np.zeros(3), np.eye(3), -np.eye(3)))
    values = potential_v(lattice, frac, charges, around)
    laplacian = (values[1:].sum() - 6 * values[0]) / step**2
    assert abs(laplacian) < 1e-2
    flipped = potential_v(lattice, frac, -charges, around)
    assert np.allclose(flipped, -values)


def test_a_charged_cell_and_wrong_shapes_are_refused(cell) -> None:
    lattice, frac, charges, points = cell
    with pytest.raises(ValueError, match=r"carries \+1 e"):
        potential_v(lattice, frac, charges + 1 / 3, points)
    with pytest.raises(ValueError, match="expected"):
        potential_v(lattice, frac[:2], charges, points)


def test_on_a_charge_the_potential_is_infinite(cell) -> None:
    lattice, frac, charges, _ = cell
    assert potential_v(lattice, frac, charges, frac[:1] @ lattice)[0] == np.inf
