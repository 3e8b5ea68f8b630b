"""Spin resonance: energies E_R = θ/ξ², intensities 1/η² and parities of an iron compound's cages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from polywell.geometry.cages import NONAHEDRON, TRIDECAHEDRON
from polywell.proposal.landscape import frame
from polywell.records import Phase

if TYPE_CHECKING:
    from pymatgen.core import Structure


@dataclass(frozen=True)
class Mode:
    """One resonance: phase name, height ξ in Å, energy in meV, parity."""

    phase: str
    xi_ang: float
    energy_mev: float
    parity: str


def strength_mev_ang2(energy_mev: float, xi_ang: float) -> float:
    """θ = E_R ξ² in meV·Å² from one known mode (proposal, spin resonance).

    Raises:
        ValueError: energy or height is not positive.
    """
    if min(energy_mev, xi_ang) <= 0:
        raise ValueError(f"energy and ξ must be positive, got {energy_mev} meV, {xi_ang} Å")
    return energy_mev * xi_ang * xi_ang


def resonance_energy_mev(xi_ang: float, theta_mev_ang2: float) -> float:
    """E_R = θ/ξ² in meV (proposal, spin resonance).

    Raises:
        ValueError: θ or height is not positive.
    """
    if min(theta_mev_ang2, xi_ang) <= 0:
        raise ValueError(f"θ and ξ must be positive, got {theta_mev_ang2} meV·Å², {xi_ang} Å")
    return theta_mev_ang2 / (xi_ang * xi_ang)


def relative_intensities(eta_ang: Mapping[str, float]) -> dict[str, float]:
    """Peak intensities I ∝ 1/η² of modes, as multiples of the weakest (proposal, spin resonance).

    Args:
        eta_ang: distance between the paired electrons across the spacer, by mode, in Å.

    Raises:
        ValueError: there is no mode or a distance is not positive.
    """
    if not eta_ang or min(eta_ang.values()) <= 0:
        raise ValueError(f"expected positive distances in Å, got {dict(eta_ang)}")
    weakest = max(eta_ang.values())
    return {name: (weakest / eta) ** 2 for name, eta in eta_ang.items()}


def heights_of_1144_ang(c_ang: float, iron_distance_ang: float) -> tuple[float, float]:
    """ξ_β and ξ_γ in Å of a 1144 cell, in which a cation stands midway between two iron sheets.

    Args:
        c_ang: the c axis.
        iron_distance_ang: distance of the two sheets on either side of the smaller cation.

    Raises:
        ValueError: the sheets do not fit into the cell.
    """
    if not 0 < iron_distance_ang < c_ang:
        raise ValueError(f"expected 0 < distance < c in Å, got {iron_distance_ang} and {c_ang}")
    return iron_distance_ang / 2, (c_ang - iron_distance_ang) / 2


def parity(cage: str) -> str:
    """Parity of the mode of a cage: odd where it faces a spacer, even where it lies inside one sheet.

    The rule is read off the three modes of CaKFe4As4: the tridecahedra β and γ are odd, the nonahedron α
    is even (proposal, spin resonance).

    Raises:
        ValueError: the cage is of another kind.
    """
    if cage not in (NONAHEDRON, TRIDECAHEDRON):
        raise ValueError(f"no parity is proposed for {cage!r}; expected {NONAHEDRON} or {TRIDECAHEDRON}")
    return "even" if cage == NONAHEDRON else "odd"


def modes(phases: Sequence[Phase], theta_mev_ang2: float) -> tuple[Mode, ...]:
    """The resonances of every nonahedron and tridecahedron among the phases, in their order."""
    return tuple(
        Mode(
            phase.phase, phase.xi_ang, resonance_energy_mev(phase.xi_ang, theta_mev_ang2), parity(phase.cage)
        )
        for phase in phases
        if phase.cage in (NONAHEDRON, TRIDECAHEDRON)
    )


def pair_distances_ang(structure: Structure, phases: Sequence[Phase]) -> dict[str, float]:
    """η in Å of the modes of a 1144 or 12442 compound, from its cages.

    β and γ pair across their spacers, between the anion planes that face each other; α pairs from an
    anion plane over the smaller spacer to the far iron sheet. The reading is ours: applied to the
    proposal's own sheet distance it returns the proposal's η_α from its η_β.

    Args:
        structure: the structure that the phases were found in.
        phases: its phases.

    Returns:
        η by phase name; empty unless there are one nonahedron and two tridecahedra.
    """
    inner = [phase for phase in phases if phase.cage == NONAHEDRON]
    outer = sorted((phase for phase in phases if phase.cage == TRIDECAHEDRON), key=lambda one: one.xi_ang)
    if len(inner) != 1 or len(outer) != 2:
        return {}
    near, far = outer
    return {
        inner[0].phase: eta_of_even_mode_ang(near.xi_ang, _anion_height_ang(structure, near)),
        near.phase: 2 * (near.xi_ang - _anion_height_ang(structure, near)),
        far.phase: 2 * (far.xi_ang - _anion_height_ang(structure, far)),
    }


def eta_of_even_mode_ang(xi_beta_ang: float, anion_height_ang: float) -> float:
    """η_α in Å: from the far iron sheet over the smaller spacer to the next anion plane (our reading)."""
    return 2 * xi_beta_ang + anion_height_ang


def _anion_height_ang(structure: Structure, phase: Phase) -> float:
    """Height in Å of the ligands of a tridecahedron over its metals."""
    square = frame(structure, phase)
    ligands = np.array(
        [
            (structure[vertex.site].frac_coords + np.array(vertex.image)) @ structure.lattice.matrix
            for vertex in phase.vertices
            if vertex.role == "ligand"
        ]
    )
    return abs(float(((ligands - square.centre) @ square.normal).mean()))
