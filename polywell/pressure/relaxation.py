"""How fast ξ shrinks under pressure, by relaxing a structure with a potential through ASE.

A potential misses ξ by more than pressure moves it; only the relative change d ln ξ/dp is taken from it, and
applied to a measured ξ. Any ASE calculator with stresses serves.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

from pymatgen.core import Structure

from polywell.families import Families
from polywell.pressure.compression import shrinking_per_gpa
from polywell.records import Entry, Outcome, Phase
from polywell.relaxing.cells import RelaxationError, Step, relaxed
from polywell.screening import screen

PRESSURE_GPA = 20.0
"""Pressure to which cells are relaxed: large against what a potential scatters, and often reached."""


@dataclass(frozen=True)
class Relaxation:
    """Height of one cage in Å relaxed without pressure and under it, and -d ln ξ/dp in 1/GPa at zero."""

    apexes: tuple[str, ...]
    pressure_gpa: float
    xi_zero_ang: float
    xi_pressed_ang: float
    kappa_per_gpa: float

    @property
    def mean_per_gpa(self) -> float:
        """-d ln ξ/dp in 1/GPa, the mean from zero to the pressure."""
        return log(self.xi_zero_ang / self.xi_pressed_ang) / self.pressure_gpa


def relax_smallest_cage(
    structure: Structure,
    calculator: Any,
    families: Families,
    pressure_gpa: float = PRESSURE_GPA,
    step: Step = lambda: None,
) -> Relaxation:
    """Relax atoms and cell at zero pressure and under pressure, and measure the smallest cage of both.

    The lengths of the (ordered) structure only start the relaxation. The calculator is one of ASE's, with
    energy, forces and stress; `step` is called after each step.

    Raises:
        RelaxationError: the structure is disordered, does not relax, loses its cages, or its cage grows.
        ValueError: the pressure is not positive.
    """
    if pressure_gpa <= 0:
        raise ValueError(f"expected a pressure above 0 GPa, got {pressure_gpa}")
    if not structure.is_ordered:
        raise RelaxationError(
            f"{structure.composition.reduced_formula} has shared or partly filled sites; expected an ordered "
            "structure: choose a parent compound"
        )
    calm = relaxed(structure, calculator, 0.0, step).structure
    before = _smallest(calm, families, 0.0)
    pressed = relaxed(calm, calculator, pressure_gpa, step).structure
    after = _smallest(pressed, families, pressure_gpa, before.apexes)
    if after.xi_ang >= before.xi_ang:
        raise RelaxationError(
            f"the smallest cage grows from {before.xi_ang:.3f} to {after.xi_ang:.3f} Å under "
            f"{pressure_gpa:g} GPa; expected it to shrink: the potential does not describe this structure"
        )
    kappa = shrinking_per_gpa(before.xi_ang, after.xi_ang, pressure_gpa)
    return Relaxation(before.apexes, pressure_gpa, before.xi_ang, after.xi_ang, kappa)


def _smallest(
    structure: Structure, families: Families, pressure_gpa: float, apexes: tuple[str, ...] | None = None
) -> Phase:
    """The smallest cage with a λ, or the smallest with these apexes."""
    elements = tuple(sorted(symbol.symbol for symbol in structure.composition.elements))
    record = screen(Entry("relaxed", "relaxed", structure.formula, elements, structure), families)
    found = [
        phase
        for phase in record.phases
        if phase.tc_k is not None and (apexes is None or phase.apexes == apexes)
    ]
    if record.outcome is not Outcome.CANDIDATE or not found:
        raise RelaxationError(
            f"{structure.composition.reduced_formula}, relaxed at {pressure_gpa:g} GPa, has lost its cages "
            f"({record.message or record.outcome.value}); expected the same cages as before"
        )
    return min(found, key=lambda phase: phase.xi_ang)
