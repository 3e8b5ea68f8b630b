"""Compounds beside the record holders: trilayers of nickel and copper, smaller rare earths for lanthanum."""

from __future__ import annotations

from collections.abc import Sequence

from pymatgen.core import Composition

from polywell.data.reference import is_built
from polywell.pressure.chemical import RARE_EARTHS, substitutions
from polywell.proposal.nickelate_claim.data import STRAINED, ClaimData
from polywell.proposal.rows import Row
from polywell.proposal.trilayers import trilayer
from polywell.records import Outcome
from polywell.relation import critical_temperature_k


def trilayer_rows(data: ClaimData) -> tuple[Row, ...]:
    """Blocks of three sheets of nickel and of copper: heights, T_c by the relation, and measured."""
    best: dict[str, float] = {}
    for row in data.measured:
        best[row.structure] = max(row.highest_tc_k() or 0.0, best.get(row.structure, 0.0))
    made = []
    for record in data.records:
        found = trilayer(record.phases) if record.outcome is Outcome.CANDIDATE else None
        family = None if found is None else data.families.of(str(record.metal), "octahedron", "O")
        if found is not None and family is not None:
            made.append(
                Row(
                    id=record.id,
                    name=data.references[record.id].name,
                    class_name=data.classes.get(record.id, "trilayer cuprate"),
                    metal=record.metal,
                    built=is_built(record.id),
                    standing=data.standing(record.id),
                    pressure_gpa=record.provenance.pressure_gpa,
                    inner_ang=found.inner_ang,
                    outer_ang=found.outer_ang,
                    tc_inner_k=critical_temperature_k(found.inner_ang, family.lambda_k_ang2),
                    tc_outer_k=critical_temperature_k(found.outer_ang, family.lambda_k_ang2),
                    measured_k=best.get(record.id) or None,
                )
            )
    return tuple(sorted(made, key=lambda row: (row.metal, row.inner_ang, row.id)))


def substitution_rows(data: ClaimData, seen: Sequence[Row]) -> tuple[Row, ...]:
    """Smaller rare earths in the place of lanthanum, beside what was measured of the mixed compounds.

    The host of a class is its best compound whose only rare earth is lanthanum. Guests are those that some
    nickelate of the library holds, and the smallest.
    """
    shares = {record.id: _rare_earths(record.formula) for record in data.records if record.id in data.classes}
    guests = {symbol for held in shares.values() for symbol in held}
    made: list[Row] = []
    for name in sorted({one.class_name for one in seen}):
        own = [one for one in seen if one.class_name == name and one.structure]
        pure = [one for one in own if set(shares[one.structure]) == {"La"}]
        if not pure:
            continue
        host = max(pure, key=lambda one: one.tc_k or 0.0)
        host_k = host.tc_k or 0.0
        shared = {"class_name": name, "host": host.compound, "host_k": host_k}
        structure = data.references[host.structure].structure()
        shifts = {row.guest: row for row in substitutions(structure, "La", host_k)}
        rare = [row for row in shifts.values() if row.guest in RARE_EARTHS and row.change_k > 0]
        found = [
            (f"all La by {row.guest}", row.change_k, None)
            for row in rare
            if row.guest in guests or row is rare[-1]
        ]
        mixed: dict[tuple[tuple[str, float], ...], Row] = {}
        for one in own:
            held, alike = shares[one.structure], (one.sample in STRAINED) == (host.sample in STRAINED)
            if alike and set(held) - {"La"} and set(held) <= {"La", *shifts}:
                mixed.setdefault(tuple(held.items()), one)
        for mix, one in mixed.items():
            replaced = [(shifts[guest], share) for guest, share in mix if guest != "La"]
            what = " and ".join(f"{100 * share:.0f} % of La by {row.guest}" for row, share in replaced)
            change = sum(share * row.change_k for row, share in replaced)
            found.append((f"{what} ({one.compound})", change, one.tc_k))
        made += [
            Row(shared, replaced=what, change_k=change, estimate_k=host_k + change, measured_k=measured)
            for what, change, measured in found
        ]
    return tuple(made)


def _rare_earths(formula: str) -> dict[str, float]:
    """Share of each rare earth among the rare earths of a compound."""
    amounts = Composition(formula).get_el_amt_dict()
    held = {symbol: amount for symbol, amount in sorted(amounts.items()) if symbol in RARE_EARTHS}
    return {symbol: amount / sum(held.values()) for symbol, amount in held.items()}
