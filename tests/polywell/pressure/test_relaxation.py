"""Relaxation under pressure with springs whose answer follows by hand."""

from dataclasses import replace

import numpy as np
import pytest
from ase.calculators.calculator import Calculator, all_changes
from pymatgen.core import Lattice, Structure

from polywell.families import built_in_families
from polywell.pressure.relaxation import relax_smallest_cage
from polywell.proposal.nickelate_claim.data import built_in_data, nickelate_class
from polywell.proposal.nickelate_claim.smallest_cages import relaxed_rows
from polywell.relaxing.cells import RelaxationError

FAMILIES = built_in_families()
EDGE_ANG, C_ANG = 3.86, 3.20
K = 30.0
"""Stiffness in eV/Å²: one for all springs, so that the relaxation is short."""
EV_PER_ANG3_IN_GPA = 160.21766
"""1 eV/Å3 in GPa: the elementary charge in units of 1e-21 C (CODATA)."""


class Springs(Calculator):
    """Springs along a, b and c, from an atom to its own image: the energy depends on the cell alone."""

    implemented_properties = ("energy", "forces", "stress")

    def __init__(self, lengths: tuple[float, float, float], stiffness: tuple[float, float, float]) -> None:
        super().__init__()
        self.lengths, self.stiffness = np.array(lengths), np.array(stiffness)

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        cell = np.array(self.atoms.cell)
        lengths = np.linalg.norm(cell, axis=1)
        pull = self.stiffness * (lengths - self.lengths)
        # dE/dε = Σ (force of the spring) × (its vector ⊗ its vector) / length, by volume: the stress.
        strain = sum(
            force * np.outer(vector, vector) / length
            for force, vector, length in zip(pull, cell, lengths, strict=True)
        ) / abs(np.linalg.det(cell))
        voigt = strain[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        energy = float(0.5 * np.sum(self.stiffness * (lengths - self.lengths) ** 2))
        self.results = {"energy": energy, "forces": np.zeros((len(self.atoms), 3)), "stress": voigt}


def infinite_layer(metal: str = "Cu", c_ang: float = C_ANG) -> Structure:
    """CaCuO2 (P4/mmm): ξ, from Ca to Ca over the hollow, is c."""
    sites = [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]]
    return Structure(Lattice.tetragonal(EDGE_ANG, c_ang), ["Ca", metal, "O", "O"], sites)


def by_hand(a_ang: float, c_ang: float, gpa: float) -> float:
    """c where k (c0 - c) = p a² and k (a0 - a) = p a c, for three springs of k = `K`."""
    a, c, p = a_ang, c_ang, gpa / EV_PER_ANG3_IN_GPA
    for _ in range(30):
        a, c = a_ang - p * a * c / K, c_ang - p * a**2 / K
    return c


def test_a_cage_of_springs_shrinks_as_by_hand():
    """Whatever c the relaxation starts from."""
    springs = Springs((EDGE_ANG, EDGE_ANG, C_ANG), (K, K, K))
    found = relax_smallest_cage(infinite_layer(c_ang=3.22), springs, FAMILIES, 20.0)
    pressed = by_hand(EDGE_ANG, C_ANG, 20.0)
    assert found.apexes == ("Ca", "Ca")
    assert found.xi_zero_ang == pytest.approx(C_ANG, abs=0.002)
    assert found.xi_pressed_ang == pytest.approx(pressed, abs=0.002)
    assert found.mean_per_gpa == pytest.approx(np.log(C_ANG / pressed) / 20.0, rel=0.05)
    assert found.kappa_per_gpa > found.mean_per_gpa


def test_what_cannot_be_relaxed_is_told():
    mixed = infinite_layer()
    mixed[0] = {"Ca": 0.9, "Sr": 0.1}
    springs = Springs((EDGE_ANG, EDGE_ANG, C_ANG), (K, K, K))
    with pytest.raises(RelaxationError, match="expected an ordered structure"):
        relax_smallest_cage(mixed, springs, FAMILIES)
    with pytest.raises(ValueError, match="above 0 GPa"):
        relax_smallest_cage(infinite_layer(), springs, FAMILIES, 0.0)
    wide = Springs((5.2, 5.2, C_ANG), (K, K, K))  # Cu-O of 2.6 Å: no bond, no net
    with pytest.raises(RelaxationError, match="has lost its cages"):
        relax_smallest_cage(infinite_layer(), wide, FAMILIES)


def test_the_measured_height_is_pressed_not_the_relaxed_one():
    """NdNiO2 on springs of other lengths; a class of which only a doped structure is known says why not."""
    data = built_in_data()
    doped = next(
        record
        for record in data.records
        if nickelate_class(record) == "Ruddlesden-Popper n = 2"
        and record.provenance.pressure_gpa == 0
        and not data.references[record.id].structure().is_ordered
    )
    [layer] = [record for record in data.records if record.id == "ndnio2"]
    springs = Springs((3.92, 3.92, 3.40), (K, K, K))
    rows = list(relaxed_rows(replace(data, records=(layer, doped)), springs, "springs", 10.0))
    assert [row.id for row in rows] == [doped.id, "ndnio2"]
    assert "expected an ordered structure" in rows[0].why and rows[0].xi_pressed_ang is None
    found = rows[1]
    assert found.xi_relaxed_ang == pytest.approx(3.40, abs=0.005)
    assert found.xi_measured_ang == layer.xi_ceiling_ang
    # Pressed by the factor that the relaxed height loses.
    pressed = by_hand(3.92, 3.40, 10.0)
    assert found.xi_pressed_ang / found.xi_measured_ang == pytest.approx(pressed / 3.40, abs=0.003)
    assert found.tc_pressed_k == pytest.approx(1300.0 / found.xi_pressed_ang**2)
