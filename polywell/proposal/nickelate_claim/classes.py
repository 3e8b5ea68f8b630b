"""Classes of layered nickelates, by the sheets of a block, apical ligands and composition, not by names."""

from __future__ import annotations

from dataclasses import dataclass

from pymatgen.core import Composition

from polywell.data.elements import LIGANDS, NET_METALS
from polywell.geometry.blocks import Block
from polywell.records import Outcome, Phase, Screening

OXYGEN_SLACK = 0.12
"""Oxygen and cations a net metal may miss their class by this share: vacancies, excess oxygen, doping."""
INFINITE = Block(None, None).text

INFINITE_LAYER = "infinite-layer"
OTHER = "other layered"


@dataclass(frozen=True)
class NickelateClass:
    """One class: its name, what makes it, and the sheets of its blocks in rising order (0: infinite)."""

    name: str
    sheets: tuple[int, ...]
    apical: bool
    rule: str


def nickelate_class(record: Screening) -> NickelateClass | None:
    """The class of a candidate whose sheets are nickel and oxygen; None for anything else.

    Blocks of n sheets with apical oxygen are Ruddlesden-Popper A(n+1)B(n)O(3n+1), two kinds of blocks a
    hybrid stacking; blocks without it are reduced, A(n+1)B(n)O(2n+2); sheets that share every cation are
    infinite-layer ABO2. Cells of another composition, such as those with a Hg-O or halide spacer, are other.
    """
    phases = nickel_phases(record)
    if not phases:
        return None
    apical = any(phase.apical_ligands for phase in phases)
    counts = {phase.sheets_per_block.replace(INFINITE, "0") for phase in phases}
    sheets = tuple(sorted(int(count) for count in counts))
    cations, oxygen = _per_metal(record.formula)
    blocks, numbers = cations - 1, " + ".join(str(n) for n in sheets)
    name, rule = OTHER, f"{cations:.2f} cations and {oxygen:.2f} oxygen a net metal fit no class"
    blocked = 0 not in sheets and blocks > 0
    if sheets == (0,):
        if not apical and _close(cations, 1.0) and _close(oxygen, 2.0):
            name, rule = INFINITE_LAYER, "ABO2, every cation shared by two sheets"
    elif apical and blocked and _close(oxygen, 3 + blocks) and _between(blocks, sheets):
        rule = f"blocks of {numbers} NiO2 sheets, apical oxygen, "
        if len(sheets) > 1:
            name, rule = f"hybrid stacking {numbers}", rule + "A - B = O - 3B"
        else:
            name, rule = f"Ruddlesden-Popper n = {numbers}", rule + "A(n+1)B(n)O(3n+1)"
    elif not apical and blocked and len(sheets) == 1 and _close(oxygen, 2 + 2 * blocks):
        name = f"reduced n = {numbers}"
        rule = f"blocks of {numbers} NiO2 sheets, no apical oxygen, A(n+1)B(n)O(2n+2)"
    return NickelateClass(name, sheets, apical, rule)


def nickel_phases(record: Screening) -> tuple[Phase, ...]:
    """Cages of a candidate on nickel and oxygen, in order of growing ξ."""
    if record.outcome is not Outcome.CANDIDATE:
        return ()
    return tuple(
        phase
        for phase in record.phases
        if phase.tc_k is not None and phase.metal == "Ni" and phase.ligand == "O"
    )


def _per_metal(formula: str) -> tuple[float, float]:
    """Cations that are no net metal, and oxygen, for each net metal."""
    amounts = Composition(formula).get_el_amt_dict()
    metals = sum(amount for symbol, amount in amounts.items() if symbol in NET_METALS)
    cations = sum(
        amount for symbol, amount in amounts.items() if symbol not in LIGANDS and symbol not in NET_METALS
    )
    return cations / metals, amounts.get("O", 0.0) / metals


def _close(counted: float, expected: float) -> bool:
    return abs(counted - expected) <= OXYGEN_SLACK * expected


def _between(blocks: float, sheets: tuple[int, ...]) -> bool:
    """Whether the blocks a net metal lie between those of the thickest and the thinnest block."""
    return (1 - OXYGEN_SLACK) / max(sheets) <= blocks <= (1 + OXYGEN_SLACK) / min(sheets)
