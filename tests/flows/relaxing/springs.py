"""Potentials whose answers follow by hand; worker processes import them."""

import os
import time
from collections import Counter

import numpy as np
from ase.calculators.calculator import Calculator, all_changes

SHRINKS = 1.03
"""Every length shrinks by this factor: heights of anchors are corrected by it."""
STIFFNESS_EV = 400.0

FORMATION_EV = {"CaO": -2.0, "CuO": -1.0, "CaCuO2": -2.9}
"""Energy of one formula unit, elements being zero: CaCuO2 lies 0.1 eV, 0.025 an atom, over CaO and CuO."""

BURSTS, RAISES, DIES = "Cl", "Tl", "Hg"
"""Elements with which the crystal falls apart, the potential raises, and its process ends."""


class Shrinking(Calculator):
    """E = E(formula) + A/2 ln²(V/V0), where V0 follows from the first cell that it sees of a crystal."""

    implemented_properties = ("energy", "forces", "stress")

    def __init__(self) -> None:
        super().__init__()
        self.begun: dict[str, float] = {}

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        symbols = Counter(self.atoms.get_chemical_symbols())
        if RAISES in symbols:
            raise RuntimeError(f"knows no {RAISES}")
        if DIES in symbols:
            os._exit(7)
        volume = self.atoms.get_volume()
        factor = 1.4 if BURSTS in symbols else 1 / SHRINKS
        target = self.begun.setdefault(self.atoms.get_chemical_formula(), volume) * factor**3
        strain = np.log(volume / target)
        formula, units = self.atoms.symbols.formula.reduce()
        energy = units * FORMATION_EV.get(formula.format("metal"), 0.0) + STIFFNESS_EV / 2 * strain**2
        pull = STIFFNESS_EV * strain / volume
        self.results = {
            "energy": float(energy),
            "forces": np.zeros((len(self.atoms), 3)),
            "stress": np.array([pull, pull, pull, 0, 0, 0]),
        }


class Slow(Shrinking):
    """The same, slowly enough to be killed."""

    def calculate(self, *given, **more) -> None:
        time.sleep(0.05)
        super().calculate(*given, **more)
