"""Tables 1 and 2 of the proposal, row by row: λ from the printed numbers and from structures, and the choice.

The proposal says after the fact which phase of a compound superconducts. Here every phase is shown, then
what the rules that are fixed in advance would have said, and what each way of choosing costs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, pstdev
from typing import Any

from polywell.proposal.reproduction.comparisons import not_computed
from polywell.proposal.reproduction.library import Library, Member, family_lambda
from polywell.proposal.reproduction.printed import Pair, Printed, compare
from polywell.relation import critical_temperature_k

NAMES = ("alpha", "beta", "gamma")


@dataclass(frozen=True)
class TableRow:
    """One row of Table 1 or 2 with its structure; heights in Å, λ in K·Å², temperatures in K.

    `printed_xi` and `structure_xi` map phase names to heights; `arithmetic_lambda` and
    `structure_lambda` hold T_c·ξ² with the printed T_c for each of them.
    """

    member: Member
    table: int
    row: str
    tc_k: float
    printed_xi: Mapping[str, float]
    printed_lambda: float
    printed_phase: str
    family_lambda: float
    structure_xi: Mapping[str, float]

    @property
    def id(self) -> str:
        """Id of the structure."""
        return self.member.id

    @property
    def built(self) -> bool:
        """Whether the structure was built to the printed heights, so that it tests nothing."""
        return self.member.built

    @property
    def arithmetic_lambda(self) -> dict[str, float]:
        """T_c·ξ² of every printed height."""
        return {name: self.tc_k * xi**2 for name, xi in self.printed_xi.items()}

    @property
    def structure_lambda(self) -> dict[str, float]:
        """T_c·ξ² of every height of the structure."""
        return {name: self.tc_k * xi**2 for name, xi in self.structure_xi.items()}

    @property
    def arithmetic_phase(self) -> str:
        """The phase that reproduces the printed λ."""
        return nearest(self.arithmetic_lambda, self.printed_lambda)

    @property
    def nearest_phase(self) -> str:
        """The phase whose T_c·ξ² is nearest to the family's λ."""
        return nearest(self.arithmetic_lambda, self.family_lambda)

    @property
    def ceiling_phase(self) -> str:
        """The phase with the smallest printed ξ."""
        return min(self.printed_xi, key=lambda name: self.printed_xi[name])

    @property
    def outer_phase(self) -> str:
        """The phase with the largest printed ξ."""
        return max(self.printed_xi, key=lambda name: self.printed_xi[name])

    @property
    def structure_phase(self) -> str:
        """The phase of the structure whose T_c·ξ² is nearest to the printed λ."""
        return nearest(self.structure_lambda, self.printed_lambda)


def nearest(lambdas: Mapping[str, float], wanted: float) -> str:
    """The phase whose λ is nearest to a value."""
    return min(lambdas, key=lambda name: (abs(lambdas[name] - wanted), name))


@dataclass(frozen=True)
class RuleCost:
    """What one way of choosing the phase costs over the rows of one table; errors in K, λ in K·Å²."""

    table: int
    heights: str
    rule: str
    rows: int
    mean_error_k: float
    worst_error_k: float
    lambda_mean: float | None
    lambda_spread: float | None


def table_rows(library: Library) -> tuple[TableRow, ...]:
    """Every row of Tables 1 and 2 that stands with a structure of the library, in order of table and name."""
    rows = []
    for _, member in sorted(library.items()):
        printed = member.reference.published
        if printed is None:
            continue
        heights = (printed.xi_alpha_ang, printed.xi_beta_ang, printed.xi_gamma_ang)
        rows.append(
            TableRow(
                member=member,
                table=printed.table,
                row=printed.row,
                tc_k=printed.tc_k,
                printed_xi={name: xi for name, xi in zip(NAMES, heights, strict=True) if xi is not None},
                printed_lambda=printed.lambda_k_ang2,
                printed_phase=printed.phase,
                family_lambda=family_lambda(member.reference.family),
                structure_xi={name: phase.xi_ang for name, phase in member.phases.items()},
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.table, row.row)))


def lambda_pairs(rows: Sequence[TableRow]) -> list[Pair]:
    """λ of the families beside the mean of T_c·ξ² over the rows of their table."""
    pairs = []
    for table, name in ((1, "cuprate"), (2, "iron-based")):
        ours = [row for row in rows if row.table == table]
        printed = Printed(
            key=f"lambda.{name}",
            section="lambda",
            what=f"λ of the {name} family",
            value=family_lambda(name),
            unit="K·Å²",
            decimals=-2,
            role="result",
        )
        own = [row for row in ours if not row.built and row.printed_phase in row.structure_xi]
        printed_rows = [row.arithmetic_lambda[row.printed_phase] for row in ours]
        measured = [row.structure_lambda[row.printed_phase] for row in own]
        facts = {"lowest": min(printed_rows), "highest": max(printed_rows)}
        origin = f"mean of T_c·ξ² over Table {table}"
        pairs.append(
            compare(printed, fmean(printed_rows), "arithmetic", origin, reason="rows_run", facts=facts)
        )
        facts = {"lowest": min(measured), "highest": max(measured)}
        origin = f"the same with {len(own)} structures that were not built to it"
        pairs.append(compare(printed, fmean(measured), "structure", origin, reason="rows_run", facts=facts))
    return pairs


def row_pairs(row: TableRow) -> list[Pair]:
    """T_c, every ξ, λ and the phase of one row, printed beside computed."""
    reference, id, built = row.member.reference, row.id, row.built
    tc = _printed(row, "tc", "T_c", row.tc_k, "K", 0 if row.tc_k == round(row.tc_k) else 1)
    facts: dict[str, Any] = {"formula": reference.formula, "id": id, "kind": reference.tc_kind or "a value"}
    if row.member.measured_k is None:
        reason = "not_superconducting" if reference.superconducting is False else "not_measured"
        pairs = [not_computed(tc, reason, facts)]
    else:
        pairs = [compare(tc, row.member.measured_k, "measurement", id, reason="quoted", facts=facts)]
    heights = {
        name: _printed(row, f"xi_{name}", f"ξ of {name}", xi, "Å", _decimals(row))
        for name, xi in row.printed_xi.items()
    }
    off = {name: abs(row.structure_xi.get(name, xi) / xi - 1) for name, xi in row.printed_xi.items()}
    for name, printed in heights.items():
        if name in row.structure_xi:
            worst = bool(reference.difference) and off[name] == max(off.values())
            pairs.append(
                compare(
                    printed,
                    row.structure_xi[name],
                    "structure",
                    id,
                    built=built,
                    reason="library_says" if worst else "",
                    facts={"difference": reference.difference},
                )
            )
    lam = _printed(row, "lambda", "λ", row.printed_lambda, "K·Å²", 0)
    used, again = heights[row.printed_phase], row.arithmetic_lambda[row.printed_phase]
    rounded = (row.tc_k + tc.half_unit) * used.number**2, row.tc_k * (used.number + used.half_unit) ** 2
    slack = sum(abs(moved - again) for moved in rounded)
    reason = "cut" if int(again) == row.printed_lambda else ""
    pairs.append(compare(lam, again, "arithmetic", "T_c·ξ²", slack=slack, reason=reason))
    if row.printed_phase in row.structure_xi:
        share = 100 * (row.structure_xi[row.printed_phase] / used.number - 1)
        found = row.structure_lambda[row.printed_phase]
        reason = "twice" if abs(share) > 0.05 else ""
        facts = {"share": share}
        pairs.append(compare(lam, found, "structure", id, built=built, reason=reason, facts=facts))
    chosen = _printed(row, "phase", "phase that reproduces λ", row.printed_phase, "", None)
    pairs.append(compare(chosen, row.arithmetic_phase, "arithmetic", "T_c·ξ² of every printed ξ"))
    if len(row.structure_xi) > 1:
        phase, facts = row.structure_phase, {"lambdas": row.structure_lambda}
        pairs.append(compare(chosen, phase, "structure", id, built=built, reason="lambdas", facts=facts))
    return pairs


def _printed(
    row: TableRow, name: str, what: str, value: float | str, unit: str, decimals: int | None
) -> Printed:
    return Printed(
        key=f"table{row.table}.{row.row}.{name}",
        section=f"table{row.table}",
        what=f"{row.row}: {what}",
        value=value,
        unit=unit,
        decimals=decimals,
        role="input" if name.startswith(("xi", "tc")) else "result",
    )


RULES: dict[str, Callable[[TableRow, Mapping[str, float]], float] | None] = {
    "printed": lambda row, heights: heights[row.printed_phase],
    "nearest": lambda row, heights: min(
        heights.values(), key=lambda xi: abs(row.tc_k * xi**2 - row.family_lambda)
    ),
    "ceiling": lambda row, heights: min(heights.values()),
    "outer": lambda row, heights: max(heights.values()),
    "median": None,
}
"""Ways of choosing ξ: the printed phase, the nearest to λ, the smallest, the largest; or no ξ at all."""


def rule_costs(rows: Sequence[TableRow]) -> tuple[RuleCost, ...]:
    """Error of T_c = λ/ξ² under each rule, for the printed heights and for the independent structures."""
    costs = []
    for table in sorted({row.table for row in rows}):
        ours = [row for row in rows if row.table == table]
        independent = [(row, row.structure_xi) for row in ours if not row.built]
        for heights, chosen in (
            ("printed", [(row, row.printed_xi) for row in ours]),
            ("structure", independent),
        ):
            usable = [(row, xi) for row, xi in chosen if row.printed_phase in xi]
            costs += [_cost(table, heights, rule, usable) for rule in RULES]
    return tuple(costs)


def _cost(
    table: int, heights: str, rule: str, rows: Sequence[tuple[TableRow, Mapping[str, float]]]
) -> RuleCost:
    choose = RULES[rule]
    chosen = [] if choose is None else [(row, choose(row, xi)) for row, xi in rows]
    middle = median(row.tc_k for row, _ in rows)
    errors = [abs(critical_temperature_k(xi, row.family_lambda) - row.tc_k) for row, xi in chosen]
    errors = errors or [abs(middle - row.tc_k) for row, _ in rows]
    lambdas = [row.tc_k * xi**2 for row, xi in chosen]
    spread = (fmean(lambdas), pstdev(lambdas)) if lambdas else (None, None)
    return RuleCost(table, heights, rule, len(rows), fmean(errors), max(errors), *spread)


def _decimals(row: TableRow) -> int:
    """Decimals of the printed heights: four, but three in the two rows of K0.8Fe2Se2."""
    return 3 if row.row.startswith("K0.8Fe2Se2") else 4
