"""Tables 1 and 2 of the proposal, row by row: λ from the printed numbers and from structures, and the choice.

The proposal says after the fact which phase of a compound superconducts. Here every phase is shown, then
what the rules that are fixed in advance would have said, and what each way of choosing costs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from statistics import fmean, median, pstdev
from typing import Any

from polywell.data.reference import PublishedRow
from polywell.proposal.reproduction.comparisons import not_computed
from polywell.proposal.reproduction.library import Library, Member
from polywell.proposal.reproduction.printed import Basis, Pair, Printed, compare, printed_values
from polywell.proposal.rows import Row
from polywell.relation import critical_temperature_k

NAMES = ("alpha", "beta", "gamma")
THREE_DECIMALS = "K0.8Fe2Se2"
"""Rows whose heights are printed with three decimals; all others have four."""


def nearest(lambdas: Mapping[str, float], wanted: float) -> str:
    """The phase whose λ is nearest to a value."""
    return min(lambdas, key=lambda name: (abs(lambdas[name] - wanted), name))


def table_rows(library: Library) -> tuple[Row, ...]:
    """Every row of Tables 1 and 2 that stands with a structure of the library, in order of table and name."""
    rows = [_row(one, one.reference.published) for one in library.values() if one.reference.published]
    return tuple(sorted(rows, key=lambda row: (row.table, row.row)))


def _row(member: Member, printed: PublishedRow) -> Row:
    """One row with its structure; heights in Å and T_c·ξ² with the printed T_c, in K·Å², by phase.

    The phases are the printed one; those nearest to the printed λ, by the printed heights and by the
    structure's; the one nearest to the family's λ; and those of the smallest and the largest printed ξ.
    """
    heights = zip(NAMES, (printed.xi_alpha_ang, printed.xi_beta_ang, printed.xi_gamma_ang), strict=True)
    printed_xi = {name: xi for name, xi in heights if xi is not None}
    structure_xi = {name: phase.xi_ang for name, phase in member.phases.items()}
    again, measured = (
        {name: printed.tc_k * xi**2 for name, xi in heights.items()} for heights in (printed_xi, structure_xi)
    )
    return Row(
        member=member,
        id=member.id,
        built=member.built,
        table=printed.table,
        row=printed.row,
        tc_k=printed.tc_k,
        printed_xi=printed_xi,
        printed_lambda=printed.lambda_k_ang2,
        family_lambda=member.lambda_k_ang2,
        structure_xi=structure_xi,
        arithmetic_lambda=again,
        structure_lambda=measured,
        printed_phase=printed.phase,
        arithmetic_phase=nearest(again, printed.lambda_k_ang2),
        nearest_phase=nearest(again, member.lambda_k_ang2),
        ceiling_phase=min(printed_xi, key=printed_xi.__getitem__),
        outer_phase=max(printed_xi, key=printed_xi.__getitem__),
        structure_phase=nearest(measured, printed.lambda_k_ang2),
    )


def lambda_pairs(rows: Sequence[Row]) -> list[Pair]:
    """λ of the families beside the mean of T_c·ξ² over the rows of their table."""
    pairs = []
    for table, name in ((1, "cuprate"), (2, "iron-based")):
        ours = [row for row in rows if row.table == table]
        own = [row for row in ours if not row.built and row.printed_phase in row.structure_xi]
        again = [row.arithmetic_lambda[row.printed_phase] for row in ours]
        measured = [row.structure_lambda[row.printed_phase] for row in own]
        independent = f"the same with {len(own)} structures that were not built to it"
        sides: tuple[tuple[Basis, str, list[float]], ...] = (
            ("arithmetic", f"mean of T_c·ξ² over Table {table}", again),
            ("structure", independent, measured),
        )
        for basis, origin, found in sides:
            facts = {"lowest": min(found), "highest": max(found)}
            printed = printed_values()[f"lambda.{name}"]
            pairs.append(compare(printed, fmean(found), basis, origin, reason="rows_run", facts=facts))
    return pairs


def row_pairs(row: Row) -> list[Pair]:
    """T_c, every ξ, λ and the phase of one row, printed beside computed."""
    reference, id, printed = row.member.reference, row.id, _printed(row)
    facts: dict[str, Any] = {"formula": reference.formula, "id": id, "kind": reference.tc_kind or "a value"}
    tc = row.member.measured_k
    if tc is None:
        reason = "not_superconducting" if reference.superconducting is False else "not_measured"
        pairs = [not_computed(printed["tc"], reason, facts)]
    else:
        pairs = [compare(printed["tc"], tc, "measurement", id, reason="quoted", facts=facts)]
    off = {name: abs(row.structure_xi.get(name, xi) / xi - 1) for name, xi in row.printed_xi.items()}
    from_structure = partial(compare, basis="structure", origin=id, built=row.built, cell=row.member.cell)
    facts = {"difference": reference.difference}
    for name in (name for name in row.structure_xi if name in row.printed_xi):
        reason = "library_says" if reference.difference and off[name] == max(off.values()) else ""
        xi = row.structure_xi[name]
        pairs.append(from_structure(printed[f"xi_{name}"], xi, reason=reason, facts=facts))
    lam, used, tc_half = printed["lambda"], printed[f"xi_{row.printed_phase}"], printed["tc"].half_unit
    again = row.arithmetic_lambda[row.printed_phase]
    rounded = (row.tc_k + tc_half) * used.number**2, row.tc_k * (used.number + used.half_unit) ** 2
    slack = sum(abs(moved - again) for moved in rounded)
    reason = "cut" if int(again) == row.printed_lambda else ""
    pairs.append(compare(lam, again, "arithmetic", "T_c·ξ²", slack=slack, reason=reason))
    if row.printed_phase in row.structure_xi:
        share = 100 * (row.structure_xi[row.printed_phase] / used.number - 1)
        found = row.structure_lambda[row.printed_phase]
        reason = "twice" if abs(share) > 0.05 else ""
        pairs.append(from_structure(lam, found, reason=reason, facts={"share": share}))
    chosen, alone, origin = printed["phase"], len(row.printed_xi) == 1, "T_c·ξ² of every printed ξ"
    reason = "one_phase" if alone else ""
    pairs.append(compare(chosen, row.arithmetic_phase, "arithmetic", origin, circular=alone, reason=reason))
    if len(row.structure_xi) > 1:
        facts = {"lambdas": row.structure_lambda}
        pairs.append(from_structure(chosen, row.structure_phase, reason="lambdas", facts=facts))
    return pairs


def _printed(row: Row) -> dict[str, Printed]:
    """What is printed in a row, by name, with unit and decimals."""
    decimals, table = 3 if row.row.startswith(THREE_DECIMALS) else 4, f"table{row.table}"
    heights = [(f"xi_{name}", f"ξ of {name}", xi, "Å", decimals) for name, xi in row.printed_xi.items()]
    values = (
        ("tc", "T_c", row.tc_k, "K", 0 if row.tc_k == round(row.tc_k) else 1),
        *heights,
        ("lambda", "λ", row.printed_lambda, "K·Å²", 0),
        ("phase", "phase that reproduces λ", row.printed_phase, "", None),
    )
    return {
        name: Printed(
            key=f"{table}.{row.row}.{name}",
            section=table,
            what=f"{row.row}: {what}",
            value=value,
            unit=unit,
            decimals=digits,
            role="input" if name.startswith(("xi", "tc")) else "result",
        )
        for name, what, value, unit, digits in values
    }


RULES: dict[str, Callable[[Row, Mapping[str, float]], float] | None] = {
    "printed": lambda row, heights: heights[row.printed_phase],
    "nearest": lambda row, heights: heights[
        nearest({name: row.tc_k * xi**2 for name, xi in heights.items()}, row.family_lambda)
    ],
    "ceiling": lambda row, heights: min(heights.values()),
    "outer": lambda row, heights: max(heights.values()),
    "median": None,
}
"""Ways of choosing ξ: the printed phase, the nearest to λ, the smallest, the largest; or no ξ at all."""


def rule_costs(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Error in K of T_c = λ/ξ² under each rule, for the printed heights and for the independent structures.

    Beside it the mean and the spread of T_c·ξ² of what was chosen, in K·Å².
    """
    costs = []
    for table, heights, rule in product((1, 2), ("printed", "structure"), RULES):
        ours = [row for row in rows if row.table == table and (heights == "printed" or not row.built)]
        usable = [(row, row[f"{heights}_xi"]) for row in ours if row.printed_phase in row[f"{heights}_xi"]]
        choose, middle = RULES[rule], median(row.tc_k for row, _ in usable)
        chosen = [] if choose is None else [(row, choose(row, xi)) for row, xi in usable]
        errors = [abs(critical_temperature_k(xi, row.family_lambda) - row.tc_k) for row, xi in chosen]
        errors = errors or [abs(middle - row.tc_k) for row, _ in usable]
        lambdas = [row.tc_k * xi**2 for row, xi in chosen]
        costs.append(
            Row(
                table=table,
                heights=heights,
                rule=rule,
                rows=len(usable),
                mean_error_k=fmean(errors),
                worst_error_k=max(errors),
                lambda_mean=fmean(lambdas) if lambdas else None,
                lambda_spread=pstdev(lambdas) if lambdas else None,
            )
        )
    return tuple(costs)
