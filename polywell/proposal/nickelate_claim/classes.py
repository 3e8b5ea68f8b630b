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
    sheets = tuple(sorted({_sheets(phase) for phase in phases}))
    counted = _per_metal(record.formula)
    if sheets == (0,):
        if not apical and _close(counted, (1.0, 2.0)):
            return NickelateClass(INFINITE_LAYER, sheets, apical, "ABO2, every cation shared by two sheets")
        return _other(sheets, apical, counted)
    numbers = " + ".join(str(n) for n in sheets)
    blocks = counted[0] - 1
    if 0 in sheets or blocks <= 0:
        return _other(sheets, apical, counted)
    if apical and _close(counted, (1 + blocks, 3 + blocks)) and _between(blocks, sheets):
        if len(sheets) > 1:
            rule = f"blocks of {numbers} NiO2 sheets, apical oxygen, A - B = O - 3B"
            return NickelateClass(f"hybrid stacking {numbers}", sheets, apical, rule)
        rule = f"blocks of {numbers} NiO2 sheets, apical oxygen, A(n+1)B(n)O(3n+1)"
        return NickelateClass(f"Ruddlesden-Popper n = {numbers}", sheets, apical, rule)
    if not apical and len(sheets) == 1 and _close(counted, (1 + blocks, 2 + 2 * blocks)):
        rule = f"blocks of {numbers} NiO2 sheets, no apical oxygen, A(n+1)B(n)O(2n+2)"
        return NickelateClass(f"reduced n = {numbers}", sheets, apical, rule)
    return _other(sheets, apical, counted)


def nickel_phases(record: Screening) -> tuple[Phase, ...]:
    """Cages of a candidate on nickel and oxygen, in order of growing ξ."""
    if record.outcome is not Outcome.CANDIDATE:
        return ()
    return tuple(
        phase
        for phase in record.phases
        if phase.tc_k is not None and phase.metal == "Ni" and phase.ligand == "O"
    )


def _other(sheets: tuple[int, ...], apical: bool, counted: tuple[float, float]) -> NickelateClass:
    cations, oxygen = counted
    rule = f"{cations:.2f} cations and {oxygen:.2f} oxygen a net metal fit no class"
    return NickelateClass(OTHER, sheets, apical, rule)


def _sheets(phase: Phase) -> int:
    return 0 if phase.sheets_per_block == INFINITE else int(phase.sheets_per_block)


def _per_metal(formula: str) -> tuple[float, float]:
    """Cations that are no net metal, and oxygen, for each net metal."""
    amounts = Composition(formula).get_el_amt_dict()
    metals = sum(amount for symbol, amount in amounts.items() if symbol in NET_METALS)
    cations = sum(
        amount for symbol, amount in amounts.items() if symbol not in LIGANDS and symbol not in NET_METALS
    )
    return cations / metals, amounts.get("O", 0.0) / metals


def _close(counted: tuple[float, float], expected: tuple[float, float]) -> bool:
    return all(abs(one - other) <= OXYGEN_SLACK * other for one, other in zip(counted, expected, strict=True))


def _between(blocks: float, sheets: tuple[int, ...]) -> bool:
    """Whether the blocks a net metal lie between those of the thickest and the thinnest block."""
    return (1 - OXYGEN_SLACK) / max(sheets) <= blocks <= (1 + OXYGEN_SLACK) / min(sheets)
