"""What the claim is weighed with: structures, their classes by stacking and composition, and measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pymatgen.core import Composition

from polywell.data.elements import LIGANDS, NET_METALS
from polywell.data.measured import Measured, measured_superconductors
from polywell.data.reference import ReferenceStructure, reference_structures, standings
from polywell.evidence.anchors import reference_records
from polywell.evidence.rows.reports import BESIDE, Reported, table
from polywell.families import Families, Family, built_in_families
from polywell.geometry.layers.blocks import Block
from polywell.records import Outcome, Phase, Screening

CLAIM_K = 100.0
"""The published claim: nickelates will not exceed this."""
AMBIENT_GPA = 0.5
"""GPa: up to here a structure counts as one at ambient pressure."""
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
STRAINED = ("film", "membrane")
"""Samples that a substrate strains or has strained."""


@dataclass(frozen=True)
class ClaimData:
    """What the analysis stands on; every part can be replaced, and the verdict moves with it."""

    records: tuple[Screening, ...]
    references: Mapping[str, ReferenceStructure]
    measured: tuple[Measured, ...]
    reports: tuple[Reported, ...]
    families: Families

    @property
    def nickel(self) -> Family:
        """The row of the λ table for nickel and oxygen.

        Raises:
            ValueError: there is none.
        """
        family = self.families.of("Ni", "octahedron", "O")
        if family is None:
            raise ValueError("the λ table has no row for (Ni, octahedron, O); the claim needs its λ")
        return family

    @cached_property
    def classes(self) -> dict[str, str]:
        """Class of every nickelate among the records by id, in their order."""
        return {record.id: kind for record in self.records if (kind := nickelate_class(record)) is not None}

    def standing(self, id: str) -> str:
        """What the cell of a structure stands on."""
        return standings().get(id, self.references[id].checked)


def is_ambient(pressure_gpa: float | None) -> bool:
    """Whether a pressure is known and that of the air, or near it."""
    return pressure_gpa is not None and pressure_gpa <= AMBIENT_GPA


def built_in_data() -> ClaimData:
    """The reference library, the measured table and the reports that came after it or stand beside it."""
    families = built_in_families()
    return ClaimData(
        records=reference_records(families),
        references={one.id: one for one in reference_structures()},
        measured=measured_superconductors(),
        reports=table() + table(BESIDE),
        families=families,
    )


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
