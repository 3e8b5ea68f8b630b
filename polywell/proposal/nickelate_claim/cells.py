"""Nickelate structures, measured or of the catalog: their class, heights, and T_c by the relation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from polywell.families import Family
from polywell.proposal.nickelate_claim.classes import NickelateClass, nickel_phases
from polywell.proposal.nickelate_claim.data import CLAIM_K, ClaimData, derived_cells
from polywell.records import Screening
from polywell.relation import critical_temperature_k


@dataclass(frozen=True)
class Interval:
    """A calibrated T_c in K: median and central 80 %."""

    expected_k: float
    low_k: float
    high_k: float


@dataclass(frozen=True)
class CellRow:
    """One nickelate structure: its class, its heights, the relation's T_c with one spread of λ."""

    source: str
    id: str
    name: str
    formula: str
    class_name: str
    rule: str
    pressure_gpa: float | None
    doubt: str
    xi_ceiling_ang: float
    xi_outer_ang: float
    tc_ceiling_k: float
    tc_ceiling_low_k: float
    tc_ceiling_high_k: float
    tc_outer_k: float
    calibrated: Interval | None


@dataclass(frozen=True)
class CatalogRow:
    """What one source of the catalog holds of one class: heights in Å, T_c by the relation in K."""

    source: str
    class_name: str
    cells: int
    xi_smallest_ang: float
    xi_middle_ang: float
    xi_largest_ang: float
    smallest_id: str
    smallest_formula: str
    tc_smallest_k: float
    tc_middle_k: float
    above_claim: int


def measured_cells(
    records: Sequence[Screening],
    kinds: Mapping[str, NickelateClass],
    data: ClaimData,
    family: Family,
    estimates: Mapping[str, Interval],
) -> tuple[CellRow, ...]:
    """The measured cells, by class and rising ξ."""
    derived = set(derived_cells(data))
    made = []
    for record in records:
        one = data.references[record.id]
        doubt = "height estimated" if record.id in derived else f"structure {one.checked}"
        made.append(cell_row(record, kinds[record.id], doubt, family, estimates.get(record.id), one.name))
    return tuple(sorted(made, key=lambda cell: (cell.class_name, cell.xi_ceiling_ang, cell.id)))


def cell_row(
    record: Screening,
    kind: NickelateClass,
    doubt: str,
    family: Family,
    estimate: Interval | None,
    name: str = "",
) -> CellRow:
    """One structure with its class, and what is to be doubted of it."""
    phases = nickel_phases(record)
    smallest, largest = phases[0], phases[-1]
    lam, spread = family.lambda_k_ang2, family.spread_k_ang2
    return CellRow(
        source=record.source,
        id=record.id,
        name=name or record.formula,
        formula=record.formula,
        class_name=kind.name,
        rule=kind.rule,
        pressure_gpa=record.provenance.pressure_gpa,
        doubt=doubt,
        xi_ceiling_ang=smallest.xi_ang,
        xi_outer_ang=largest.xi_ang,
        tc_ceiling_k=critical_temperature_k(smallest.xi_ang, lam),
        tc_ceiling_low_k=critical_temperature_k(smallest.xi_ang, lam - spread),
        tc_ceiling_high_k=critical_temperature_k(smallest.xi_ang, lam + spread),
        tc_outer_k=critical_temperature_k(largest.xi_ang, lam),
        calibrated=estimate,
    )


def catalog_rows(cells: Sequence[CellRow], family: Family) -> tuple[CatalogRow, ...]:
    """Entries of the catalog by source and class, whatever their geometry is worth."""
    together: dict[tuple[str, str], list[CellRow]] = defaultdict(list)
    for cell in cells:
        together[cell.source, cell.class_name].append(cell)
    made = []
    for (source, name), members in sorted(together.items()):
        tightest = min(members, key=lambda cell: (cell.xi_ceiling_ang, cell.id))
        middle = median(cell.xi_ceiling_ang for cell in members)
        made.append(
            CatalogRow(
                source=source,
                class_name=name,
                cells=len(members),
                xi_smallest_ang=tightest.xi_ceiling_ang,
                xi_middle_ang=middle,
                xi_largest_ang=max(cell.xi_ceiling_ang for cell in members),
                smallest_id=tightest.id,
                smallest_formula=tightest.formula,
                tc_smallest_k=tightest.tc_ceiling_k,
                tc_middle_k=critical_temperature_k(middle, family.lambda_k_ang2),
                above_claim=sum(cell.tc_ceiling_k > CLAIM_K for cell in members),
            )
        )
    return tuple(made)
