"""Compounds beside the record holders: trilayers of nickel and copper, smaller rare earths for lanthanum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pymatgen.core import Composition

from polywell.proposal.chemical_pressure import substitutions
from polywell.proposal.nickelate_claim.classes import nickel_phases, nickelate_class
from polywell.proposal.nickelate_claim.data import ClaimData
from polywell.proposal.nickelate_claim.measurements import Sighting
from polywell.proposal.nickelate_claim.smallest_cages import RARE_EARTHS
from polywell.proposal.trilayers import trilayer
from polywell.records import Outcome
from polywell.relation import critical_temperature_k


@dataclass(frozen=True)
class TrilayerRow:
    """A block of three sheets: heights of inner and outer cages, the relation's T_c, and the measured one."""

    id: str
    name: str
    class_name: str
    metal: str
    built: bool
    pressure_gpa: float | None
    inner_ang: float
    outer_ang: float
    tc_inner_k: float
    tc_outer_k: float
    measured_k: float | None


@dataclass(frozen=True)
class SubstitutionRow:
    """Chemical pressure: a host, what replaces its lanthanum, the estimate, and the measured T_c."""

    class_name: str
    host: str
    host_k: float
    replaced: str
    coordination: int
    change_k: float
    estimate_k: float
    measured_k: float | None


def trilayer_rows(data: ClaimData) -> tuple[TrilayerRow, ...]:
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


def substitution_rows(data: ClaimData, seen: Sequence[Sighting]) -> tuple[SubstitutionRow, ...]:
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
