"""Atoms and cell relaxed with a calculator of ASE, and the ordered structure that stands for a mixed one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from pymatgen.core import Structure

from polywell.evidence.anchors import AMBIENT_GPA
from polywell.records import Entry

FORCE_EV_PER_ANG = 0.03
"""Largest force, on atoms as on the cell, that counts as relaxed."""
LONGEST_STEPS = 400

LEAST_SHARE = 0.75
"""Share of a site that its majority must have to stand for it: as for the blocks that designs are built of.
A site that is empty by as much is left out."""

UNDER = "@"
"""What stands in the name of a source of designs before the condition that all of them are under."""

PRIMITIVE_ANG = 0.05
"""Å within which sites are one another's copies in a smaller cell."""

Step = Callable[[], None]
"""Is told of each step of a relaxation."""


class RelaxationError(ValueError):
    """A structure that cannot be relaxed, or that is no longer itself afterwards."""


@dataclass(frozen=True)
class Relaxed:
    """A relaxed structure, its energy in eV per atom by the calculator, and the steps that it took."""

    structure: Structure
    energy_ev_per_atom: float
    steps: int


@dataclass(frozen=True)
class Ordered:
    """An ordered structure in its smallest cell; `changed` says what stands for shared sites, else empty."""

    structure: Structure
    changed: str


def start_of(entry: Entry) -> Ordered:
    """The structure of an entry that a relaxation without pressure or strain can begin with.

    Raises:
        RelaxationError: it stands under pressure or on a substrate, or its sites are shared (see `ordered`).
        ValueError: the entry has no structure.
    """
    if entry.structure is None:
        raise ValueError(f"{entry.id!r} has no structure; expected an entry with one")
    pressure = entry.provenance.pressure_gpa or 0.0
    if pressure > AMBIENT_GPA:
        raise RelaxationError(
            f"{entry.id} stands under {pressure:g} GPa; expected a structure without pressure, which is what "
            "relaxing would make of it"
        )
    if entry.provenance.built_of is not None and UNDER in entry.source:
        raise RelaxationError(
            f"{entry.id} is strained by a substrate; expected a free crystal, which is what relaxing would "
            "make of it"
        )
    return ordered(entry.structure)


def ordered(structure: Structure) -> Ordered:
    """Each site with its majority, sites that are nearly empty left out, in the smallest cell.

    Raises:
        RelaxationError: a site has no majority of `LEAST_SHARE`, nor is it as empty.
    """
    symbols, places, changes = [], [], {}
    for site in structure:
        amounts = {getattr(kind, "symbol", str(kind)): float(n) for kind, n in site.species.items()}
        mix = " ".join(f"{n:g} {symbol}" for symbol, n in sorted(amounts.items()))
        symbol, share = max(sorted(amounts.items()), key=lambda pair: pair[1])
        if sum(amounts.values()) <= 1 - LEAST_SHARE + 1e-6:
            changes[mix] = f"{mix} as empty"
            continue
        if share < LEAST_SHARE - 1e-6:
            raise RelaxationError(
                f"{structure.composition.reduced_formula} has a site of {mix}; expected one element with at "
                f"least {LEAST_SHARE:g} of it, or hardly any: an average cannot be relaxed"
            )
        if share < 1 - 1e-6:
            changes[mix] = f"{mix} as {symbol}"
        symbols.append(symbol)
        places.append(site.frac_coords)
    whole = Structure(structure.lattice, symbols, places)
    return Ordered(whole.get_primitive_structure(tolerance=PRIMITIVE_ANG), ", ".join(changes.values()))


def relaxed(
    structure: Structure,
    calculator: Any,
    pressure_gpa: float = 0.0,
    step: Step = lambda: None,
) -> Relaxed:
    """Atoms and cell relaxed under hydrostatic pressure in GPa; `step` is called after each step.

    Symmetry is kept, since no force breaks it: a structure that would tilt stays on its saddle point.

    Args:
        structure: ordered; its lengths only start the relaxation.
        calculator: one of ASE's, with energy, forces and stress.
        pressure_gpa: hydrostatic pressure.
        step: called after each step.

    Raises:
        RelaxationError: the forces do not fall below `FORCE_EV_PER_ANG` in `LONGEST_STEPS` steps, or the
            calculator gives an energy that is no number.
    """
    from ase.filters import FrechetCellFilter
    from ase.optimize import FIRE
    from ase.units import GPa
    from pymatgen.io.ase import AseAtomsAdaptor

    atoms = AseAtomsAdaptor.get_atoms(structure)
    atoms.calc = calculator
    search = FIRE(FrechetCellFilter(atoms, scalar_pressure=pressure_gpa * GPa), logfile=None)
    search.attach(step)
    if not search.run(fmax=FORCE_EV_PER_ANG, steps=LONGEST_STEPS):
        raise RelaxationError(
            f"{structure.composition.reduced_formula} is not relaxed at {pressure_gpa:g} GPa after "
            f"{LONGEST_STEPS} steps (expected forces below {FORCE_EV_PER_ANG} eV/Å)"
        )
    energy = float(calculator.get_potential_energy(atoms)) / len(atoms)
    if not isfinite(energy):
        raise RelaxationError(
            f"{structure.composition.reduced_formula} has the energy {energy}; expected a number"
        )
    plain = AseAtomsAdaptor.get_structure(atoms)
    return Relaxed(
        Structure(plain.lattice, plain.species, plain.frac_coords), energy, int(search.get_number_of_steps())
    )


def moved_ang(before: Structure, after: Structure) -> float:
    """How far the atom that moved most stands from its place, in Å, the cell and the drift of all set aside.

    Args:
        before: the structure that the relaxation started from.
        after: the relaxed one, its atoms in the same order.
    """
    away = after.frac_coords - before.frac_coords
    away -= np.round(away)
    away -= away.mean(axis=0)
    return float(np.linalg.norm(away @ after.lattice.matrix, axis=1).max())
