"""Tables of the nickelate ceiling: heights asked for, trilayers, chemical pressure, the record by year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from pymatgen.core import Composition

from polywell.families import Family
from polywell.proposal.ceiling_data import CeilingData
from polywell.proposal.ceiling_rows import (
    CatalogRow,
    CellRow,
    EffectiveLambda,
    RecordYear,
    Sighting,
    SubstitutionRow,
    TargetRow,
    TrilayerRow,
)
from polywell.proposal.ceiling_verdict import CLAIM_K
from polywell.proposal.chemical_pressure import substitutions
from polywell.proposal.nickelates import nickel_phases, nickelate_class
from polywell.proposal.smallest_cages import AMBIENT_GPA, RARE_EARTHS, Shrinkings, pressure_for_gpa
from polywell.proposal.trilayers import trilayer
from polywell.records import Outcome
from polywell.relation import critical_temperature_k, height_for_ang

TARGETS_K = (77.0, 100.0, 134.0, 164.0, 293.0)
"""Boiling nitrogen, the claim, the cuprate record at ambient pressure and under it, and a warm room."""


def target_rows(
    cells: Sequence[CellRow], effective: Sequence[EffectiveLambda], shrinkings: Shrinkings, family: Family
) -> tuple[TargetRow, ...]:
    """The heights that `TARGETS_K` ask for."""
    everything = effective[0]
    tightest = min(cells, key=lambda cell: (cell.xi_ceiling_ang, cell.id))
    lam, spread = family.lambda_k_ang2, family.spread_k_ang2
    made = []
    for target in TARGETS_K:
        needed = height_for_ang(target, lam)
        made.append(
            TargetRow(
                tc_k=target,
                xi_published_ang=needed,
                xi_published_low_ang=height_for_ang(target, lam - spread),
                xi_published_high_ang=height_for_ang(target, lam + spread),
                xi_median_ang=height_for_ang(target, everything.median_k_ang2),
                xi_highest_ang=height_for_ang(target, everything.highest_k_ang2),
                cells_below=sum(cell.xi_ceiling_ang <= needed for cell in cells),
                smallest_id=tightest.id,
                pressure_needed_gpa=pressure_for_gpa(
                    tightest.xi_ceiling_ang, needed, shrinkings.best_per_gpa
                ),
            )
        )
    return tuple(made)


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


def trilayer_rows(data: CeilingData) -> tuple[TrilayerRow, ...]:
    """Blocks of three sheets of nickel and of copper."""
    best: dict[str, float] = {}
    for row in data.measured:
        tc = row.representative_tc_k() if row.superconducting else None
        if tc is not None:
            best[row.structure] = max(tc, best.get(row.structure, 0.0))
    made = []
    for record in data.records:
        found = trilayer(record.phases) if record.outcome is Outcome.CANDIDATE else None
        family = None if found is None else data.families.of(str(record.metal), "octahedron", "O")
        if found is None or family is None:
            continue
        made.append(
            TrilayerRow(
                id=record.id,
                name=data.references[record.id].name,
                class_name=kind.name if (kind := nickelate_class(record)) else "trilayer cuprate",
                metal=str(record.metal),
                built=data.references[record.id].checked == "built to the published xi",
                pressure_gpa=record.provenance.pressure_gpa,
                inner_ang=found.inner_ang,
                outer_ang=found.outer_ang,
                tc_inner_k=critical_temperature_k(found.inner_ang, family.lambda_k_ang2),
                tc_outer_k=critical_temperature_k(found.outer_ang, family.lambda_k_ang2),
                measured_k=best.get(record.id),
            )
        )
    return tuple(sorted(made, key=lambda row: (row.metal, row.inner_ang, row.id)))


def substitution_rows(data: CeilingData, seen: Sequence[Sighting]) -> tuple[SubstitutionRow, ...]:
    """Smaller rare earths in the place of lanthanum, beside what was measured of the mixed compounds.

    The host of a class is its best compound whose only rare earth is lanthanum. Guests are those that some
    nickelate of the library holds, and the smallest.
    """
    shares = {record.id: _rare_earths(record.formula) for record in data.records if nickel_phases(record)}
    guests = {symbol for held in shares.values() for symbol in held}
    made: list[SubstitutionRow] = []
    for name in sorted({one.class_name for one in seen}):
        own = [one for one in seen if one.class_name == name and one.structure]
        pure = [one for one in own if set(shares[str(one.structure)]) == {"La"}]
        if not pure:
            continue
        host = max(pure, key=lambda one: one.tc_k or 0.0)
        structure = data.references[str(host.structure)].structure()
        shifts = {row.guest: row for row in substitutions(structure, "La", host.tc_k or 0.0)}
        rare = [row for row in shifts.values() if row.guest in RARE_EARTHS and row.change_k > 0]
        smallest = rare[-1].guest if rare else ""
        for row in rare:
            if row.guest in guests or row.guest == smallest:
                made.append(
                    _substituted(host, f"all La by {row.guest}", row.coordination, row.change_k, None)
                )
        mixed: dict[tuple[tuple[str, float], ...], Sighting] = {}
        for one in own:
            held = shares[str(one.structure)]
            if one.film == host.film and set(held) - {"La"} and set(held) <= {"La", *shifts}:
                mixed.setdefault(tuple(held.items()), one)
        for mix, one in mixed.items():
            replaced = [(guest, share) for guest, share in mix if guest != "La"]
            change = sum(share * shifts[guest].change_k for guest, share in replaced)
            what = " and ".join(f"{100 * share:.0f} % of La by {guest}" for guest, share in replaced)
            coordination = shifts[replaced[0][0]].coordination
            made.append(_substituted(host, f"{what} ({one.compound})", coordination, change, one.tc_k))
    return tuple(made)


def _substituted(
    host: Sighting, replaced: str, coordination: int, change_k: float, measured_k: float | None
) -> SubstitutionRow:
    tc = host.tc_k or 0.0
    return SubstitutionRow(
        host.class_name, host.compound, tc, replaced, coordination, change_k, tc + change_k, measured_k
    )


def _rare_earths(formula: str) -> dict[str, float]:
    """Share of each rare earth among the rare earths of a compound."""
    amounts = {
        symbol: amount
        for symbol, amount in Composition(formula).get_el_amt_dict().items()
        if symbol in RARE_EARTHS
    }
    whole = sum(amounts.values())
    return {symbol: amount / whole for symbol, amount in sorted(amounts.items())}


def record_years(seen: Sequence[Sighting]) -> tuple[RecordYear, ...]:
    """The best T_c of every year and the record by then, of all samples and at ambient pressure."""
    dated = [one for one in seen if one.year is not None and one.tc_k is not None]
    made: list[RecordYear] = []
    record = ambient = 0.0
    for year in sorted({one.year for one in dated if one.year is not None}):
        here = [one for one in dated if one.year == year]
        best = max(here, key=lambda one: (one.tc_k or 0.0, one.id))
        calm = [
            one.tc_k or 0.0
            for one in here
            if one.pressure_gpa is not None and one.pressure_gpa <= AMBIENT_GPA
        ]
        gained = max(0.0, (best.tc_k or 0.0) - record)
        record = max(record, best.tc_k or 0.0)
        ambient = max([ambient, *calm])
        made.append(
            RecordYear(
                year,
                best.compound,
                best.class_name,
                best.tc_k or 0.0,
                best.pressure_gpa,
                record,
                ambient or None,
                gained,
            )
        )
    return tuple(made)
