"""Spin resonance: energies E_R = θ/ξ², intensities 1/η² and parities of an iron compound's cages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from polywell.geometry.cages import NONAHEDRON, TRIDECAHEDRON
from polywell.proposal.landscape import frame, vertices_ang
from polywell.records import Phase

if TYPE_CHECKING:
    from pymatgen.core import Structure

PARITY = {NONAHEDRON: "even", TRIDECAHEDRON: "odd"}
"""Parity of the mode of a cage: odd where it faces a spacer, even where it lies inside one sheet.

Read off the three modes of CaKFe4As4: the tridecahedra β and γ are odd, the nonahedron α is even.
"""


def resonance_energy_mev(xi_ang: float, theta_mev_ang2: float) -> float:
    """E_R = θ/ξ² in meV; θ = E_R ξ² in meV·Å² comes from one known mode."""
    return theta_mev_ang2 / (xi_ang * xi_ang)


def relative_intensities(eta_ang: Mapping[str, float]) -> dict[str, float]:
    """Peak intensities I ∝ 1/η² by mode, as multiples of the weakest; η in Å."""
    weakest = max(eta_ang.values(), default=0.0)
    return {name: (weakest / eta) ** 2 for name, eta in eta_ang.items()}


def pair_distances_ang(structure: Structure, phases: Sequence[Phase]) -> dict[str, float]:
    """η in Å by phase of a 1144 or 12442 compound; empty without one nonahedron and two tridecahedra.

    β and γ pair across their spacers, between the anion planes that face each other; α pairs from an
    anion plane over the smaller spacer to the far iron sheet. The reading is ours: applied to the
    proposal's own sheet distance it returns the proposal's η_α from its η_β.
    """
    inner = [phase for phase in phases if phase.cage == NONAHEDRON]
    outer = sorted((phase for phase in phases if phase.cage == TRIDECAHEDRON), key=lambda one: one.xi_ang)
    if len(inner) != 1 or len(outer) != 2:
        return {}
    anion = [_anion_height_ang(structure, one) for one in outer]
    across = {one.phase: 2 * (one.xi_ang - height) for one, height in zip(outer, anion, strict=True)}
    return {inner[0].phase: eta_of_even_mode_ang(outer[0].xi_ang, anion[0]), **across}


def eta_of_even_mode_ang(xi_beta_ang: float, anion_height_ang: float) -> float:
    """η_α in Å: from the far iron sheet over the smaller spacer to the next anion plane (our reading)."""
    return 2 * xi_beta_ang + anion_height_ang


def _anion_height_ang(structure: Structure, phase: Phase) -> float:
    """Height in Å of the ligands of a tridecahedron over its metals."""
    square = frame(structure, phase)
    ligands = vertices_ang(structure, phase, "ligand")
    return abs(float(((ligands - square.centre) @ square.normal).mean()))
