"""How far a relaxed structure lies from the hull of its competing phases, both sides by one potential.

Energies of a potential are compared with its own alone: those of a database carry other references and
corrections, and a difference between the two would be no formation energy. Nothing is zero by default.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations

from pymatgen.core import Composition

SHOWN_SHARE = 0.005
"""Smallest share of a product that is named: below it are rounding errors."""


@dataclass(frozen=True)
class Rival:
    """One competing phase: its id, formula, and energy in eV per atom by the potential."""

    id: str
    formula: str
    energy_ev_per_atom: float


@dataclass(frozen=True)
class Competition:
    """The rivals of a structure: `whence` they come, and which are `lacking` since they were not relaxed."""

    rivals: tuple[Rival, ...] = ()
    whence: str = ""
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """Energy over the hull of the rivals in eV per atom, negative below it; None where `note` says why.

    `into` names the phases of the hull there with their share of the atoms.
    """

    above_hull_ev: float | None
    into: str
    note: str


def standing(formula: str, energy_ev_per_atom: float, against: Competition) -> Standing:
    """Where a structure stands among its rivals.

    Args:
        formula: its composition.
        energy_ev_per_atom: its energy by the potential.
        against: phases of its chemical system and of those within it, by the same potential.
    """
    composition = Composition(formula)
    elements = {element.symbol for element in composition.elements}
    inside = [one for one in against.rivals if elements >= _elements(one)]
    pure = {symbol for one in inside if len(_elements(one)) == 1 for symbol in _elements(one)}
    if lacking := sorted(elements - pure):
        what = f"no pure {', '.join(lacking)} is at hand" if inside else "no competing phases are at hand"
        return Standing(None, "", f"not known: {what}")
    from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram  # imports what draws pictures of it

    own, *entries = (
        PDEntry(of := Composition(one.formula), one.energy_ev_per_atom * of.num_atoms, name=one.id)
        for one in (Rival("", formula, energy_ev_per_atom), *inside)
    )
    products, above = PhaseDiagram(entries).get_decomp_and_e_above_hull(
        own, allow_negative=True, check_stable=False
    )
    if products is None or above is None:
        raise ValueError(f"{formula} decomposes into nothing; expected phases of all its elements")
    parts = sorted(
        ((share, entry.composition.reduced_formula) for entry, share in products.items()), reverse=True
    )
    into = ", ".join(f"{share:.0%} {name}" for share, name in parts if share > SHOWN_SHARE)
    note = f"against {len(inside)} phases{against.whence and f' of {against.whence}'}, by the same potential"
    if against.lacking:
        note += f"; not against {', '.join(against.lacking)}, so that it may look more stable than it is"
    return Standing(float(above), into, note)


def chemical_systems(elements: Collection[str]) -> tuple[str, ...]:
    """The chemical system of some elements and all within it, as `Ca-Cu-O`, the smaller first."""
    ordered = sorted(set(elements))
    sizes = range(1, len(ordered) + 1)
    return tuple("-".join(some) for size in sizes for some in combinations(ordered, size))


def _elements(one: Rival) -> set[str]:
    return {element.symbol for element in Composition(one.formula).elements}
