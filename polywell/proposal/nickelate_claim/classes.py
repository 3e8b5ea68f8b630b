"""Classes of layered nickelates, by the stacking and the composition, not by names of compounds."""

from __future__ import annotations

from pymatgen.core import Composition

from polywell.data.elements import LIGANDS, NET_METALS
from polywell.geometry.blocks import Block
from polywell.records import Outcome, Phase, Screening

OXYGEN_SLACK = 0.12
"""Oxygen of a hybrid stacking may miss A - B = O - 3B by this share: vacancies, excess oxygen, doping."""

INFINITE_LAYER = "infinite-layer"
OTHER = "other layered"
CLASSES = {
    "RP n=": "Ruddlesden-Popper n = ",
    "reduced RP n=": "reduced n = ",
    "infinite layer": INFINITE_LAYER,
}
"""Class by how the name of a series begins (`polywell/tables/series.toml`); the number of sheets follows."""


def nickelate_class(record: Screening) -> str | None:
    """The class of a candidate whose sheets are nickel and oxygen; None for anything else.

    Two kinds of Ruddlesden-Popper blocks are a hybrid stacking, which is no series. Other stackings, such as
    those with a Hg-O or halide spacer, are other.
    """
    phases = nickel_phases(record)
    if not phases:
        return None
    for start, name in CLASSES.items():
        if record.series is not None and record.series.startswith(start):
            return name + record.series.removeprefix(start)
    blocks = sorted({phase.sheets_per_block for phase in phases} - {Block(None, None).text})
    apical = any(phase.apical_ligands for phase in phases)
    hybrid = len(blocks) > 1 and apical and _popper(record)
    return f"hybrid stacking {' + '.join(blocks)}" if hybrid else OTHER


def nickel_phases(record: Screening) -> tuple[Phase, ...]:
    """Cages of a candidate on nickel and oxygen, in order of growing ξ."""
    if record.outcome is not Outcome.CANDIDATE:
        return ()
    return tuple(
        phase
        for phase in record.phases
        if phase.tc_k is not None and phase.metal == "Ni" and phase.ligand == "O"
    )


def _popper(record: Screening) -> bool:
    """Whether cations, net metals and oxygen are those of Ruddlesden-Popper blocks."""
    amounts = Composition(record.formula).get_el_amt_dict()
    metals = sum(amounts.get(symbol, 0.0) for symbol in NET_METALS)
    cations = sum(amount for symbol, amount in amounts.items() if symbol not in {*LIGANDS, *NET_METALS})
    expected = cations + 2 * metals
    return abs(amounts.get("O", 0.0) - expected) <= OXYGEN_SLACK * expected
