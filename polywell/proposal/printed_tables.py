"""Tables 1 and 2 of the proposal, row by row: λ from the printed numbers and from structures, and the choice.

The proposal says after the fact which phase of a compound superconducts. Here every phase is shown, then
what the rules that are fixed in advance would have said, and what each way of choosing costs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, pstdev

from polywell.data.reference import ReferenceStructure
from polywell.families import built_in_families
from polywell.proposal.library import BUILT
from polywell.proposal.published import Pair, Printed, compare, not_computed, rounding_slack
from polywell.records import Screening
from polywell.relation import critical_temperature_k

NAMES = ("alpha", "beta", "gamma")

RULES = {
    "printed": "the phase that the table names, chosen with T_c in view",
    "nearest": "the phase whose T_c·ξ² is nearest to λ, chosen with T_c in view",
    "ceiling": "the smallest ξ, fixed in advance",
    "outer": "the largest ξ, fixed in advance",
    "median": "no ξ at all: the median T_c of the table",
}


@dataclass(frozen=True)
class TableRow:
    """One row of Table 1 or 2 with its structure; heights in Å, λ in K·Å², temperatures in K.

    `printed_xi` and `structure_xi` map phase names to heights; `arithmetic_lambda` and
    `structure_lambda` hold T_c·ξ² with the printed T_c for each of them. `arithmetic_phase` is the phase
    whose arithmetic λ is nearest to the printed λ, `nearest_phase` the one nearest to the family's λ.
    """

    table: int
    row: str
    id: str
    checked: str
    tc_k: float
    tc_measured_k: float | None
    printed_xi: Mapping[str, float]
    printed_lambda: float
    printed_phase: str
    family_lambda: float
    structure_xi: Mapping[str, float]

    @property
    def built(self) -> bool:
        """Whether the structure was built to the printed heights, so that it tests nothing."""
        return self.checked == BUILT

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
        found = self.arithmetic_lambda
        return min(found, key=lambda name: (abs(found[name] - self.printed_lambda), name))

    @property
    def nearest_phase(self) -> str:
        """The phase whose T_c·ξ² is nearest to the family's λ."""
        found = self.arithmetic_lambda
        return min(found, key=lambda name: (abs(found[name] - self.family_lambda), name))

    @property
    def structure_phase(self) -> str:
        """The phase of the structure whose T_c·ξ² is nearest to the printed λ."""
        found = self.structure_lambda
        return min(found, key=lambda name: (abs(found[name] - self.printed_lambda), name))


@dataclass(frozen=True)
class RuleCost:
    """What one way of choosing the phase costs over the rows of one table; errors in K, λ in K·Å²."""

    table: int
    heights: str
    rule: str
    meaning: str
    rows: int
    mean_error_k: float
    worst_error_k: float
    lambda_mean: float | None
    lambda_spread: float | None


def table_rows(
    references: Mapping[str, ReferenceStructure], records: Mapping[str, Screening]
) -> tuple[TableRow, ...]:
    """Every row of Tables 1 and 2 that stands with a structure of the library, in order of table and λ.

    Args:
        references: the reference library by id.
        records: what the screen says of it, by id.
    """
    lambdas = {family.name: family.lambda_k_ang2 for family in built_in_families().rows}
    rows = []
    for key in sorted(references):
        one = references[key]
        if one.published is None:
            continue
        heights = (one.published.xi_alpha_ang, one.published.xi_beta_ang, one.published.xi_gamma_ang)
        rows.append(
            TableRow(
                table=one.published.table,
                row=one.published.row,
                id=key,
                checked=one.checked,
                tc_k=one.published.tc_k,
                tc_measured_k=one.tc_k or one.tc_onset_k or one.tc_zero_k,
                printed_xi={name: xi for name, xi in zip(NAMES, heights, strict=True) if xi is not None},
                printed_lambda=one.published.lambda_k_ang2,
                printed_phase=one.published.phase,
                family_lambda=lambdas[one.family],
                structure_xi={phase.phase: phase.xi_ang for phase in records[key].phases},
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.table, row.row)))


def row_pairs(row: TableRow, reference: ReferenceStructure) -> list[Pair]:
    """T_c, every ξ, λ and the phase of one row, printed beside computed."""
    section, unit = f"table{row.table}", "K"

    def printed(name: str, what: str, value: float | str, unit: str, decimals: int | None) -> Printed:
        role = "input" if name.startswith(("xi", "tc")) else "result"
        return Printed.model_validate(
            {
                "key": f"{section}.{row.row}.{name}",
                "section": section,
                "what": f"{row.row}: {what}",
                "value": value,
                "unit": unit,
                "decimals": decimals,
                "role": role,
            }
        )

    tc = printed("tc", "T_c", row.tc_k, unit, 0 if row.tc_k == round(row.tc_k) else 1)
    pairs = []
    if row.tc_measured_k is None:
        state = " and calls it not superconducting" if reference.superconducting is False else ""
        said = f"The library has no measured T_c of {reference.formula} at {row.id}{state}."
        pairs.append(not_computed(tc, said))
    else:
        because = f"The library quotes {reference.tc_kind or 'a value'} of {reference.formula}."
        pairs.append(compare(tc, row.tc_measured_k, "measurement", row.id, because=because))
    heights = {}
    off = {name: abs(row.structure_xi.get(name, xi) / xi - 1) for name, xi in row.printed_xi.items()}
    for name, xi in row.printed_xi.items():
        heights[name] = printed(f"xi_{name}", f"ξ of {name}", xi, "Å", _decimals(row))
        if name in row.structure_xi:
            pairs.append(
                compare(
                    heights[name],
                    row.structure_xi[name],
                    "structure",
                    row.id,
                    built=row.built,
                    because=reference.difference if off[name] == max(off.values()) else "",
                )
            )
    lam = printed("lambda", "λ", row.printed_lambda, "K·Å²", 0)
    used = heights[row.printed_phase]
    slack = rounding_slack(lambda t, xi: t * xi**2, [tc, used])
    again = row.arithmetic_lambda[row.printed_phase]
    because = "Cut after the point instead of rounded." if int(again) == row.printed_lambda else ""
    pairs.append(compare(lam, again, "arithmetic", "T_c·ξ²", slack=slack, because=because))
    if row.printed_phase in row.structure_xi:
        share = 100 * (row.structure_xi[row.printed_phase] / used.number - 1)
        pairs.append(
            compare(
                lam,
                row.structure_lambda[row.printed_phase],
                "structure",
                row.id,
                built=row.built,
                because=f"Its ξ differs by {share:+.2g} %, which counts twice." if abs(share) > 0.05 else "",
            )
        )
    chosen = printed("phase", "phase that reproduces λ", row.printed_phase, "", None)
    pairs.append(compare(chosen, row.arithmetic_phase, "arithmetic", "T_c·ξ² of every printed ξ"))
    if len(row.structure_xi) > 1:
        because = "; ".join(f"{name} {value:.0f}" for name, value in row.structure_lambda.items())
        because = f"T_c·ξ² of the structure in K·Å²: {because}."
        pairs.append(
            compare(chosen, row.structure_phase, "structure", row.id, built=row.built, because=because)
        )
    return pairs


def rule_costs(rows: Sequence[TableRow]) -> tuple[RuleCost, ...]:
    """Error of T_c = λ/ξ² under each rule, for the printed heights and for the independent structures."""
    costs = []
    for table in sorted({row.table for row in rows}):
        ours = [row for row in rows if row.table == table]
        costs += _costs(table, "printed", ours, lambda row: row.printed_xi)
        costs += _costs(
            table, "structure", [row for row in ours if not row.built], lambda row: row.structure_xi
        )
    return tuple(costs)


def _costs(
    table: int, heights: str, rows: Sequence[TableRow], of: Callable[[TableRow], Mapping[str, float]]
) -> list[RuleCost]:
    usable = [row for row in rows if row.printed_phase in of(row)]
    middle = median(row.tc_k for row in usable)
    costs = []
    for rule, meaning in RULES.items():
        if rule == "median":
            errors = [abs(middle - row.tc_k) for row in usable]
            lambdas: list[float] = []
        else:
            chosen = [_chosen(rule, row, of(row)) for row in usable]
            lambdas = [row.tc_k * xi**2 for row, xi in zip(usable, chosen, strict=True)]
            errors = [
                abs(critical_temperature_k(xi, row.family_lambda) - row.tc_k)
                for row, xi in zip(usable, chosen, strict=True)
            ]
        costs.append(
            RuleCost(
                table=table,
                heights=heights,
                rule=rule,
                meaning=meaning,
                rows=len(usable),
                mean_error_k=fmean(errors),
                worst_error_k=max(errors),
                lambda_mean=fmean(lambdas) if lambdas else None,
                lambda_spread=pstdev(lambdas) if lambdas else None,
            )
        )
    return costs


def _chosen(rule: str, row: TableRow, heights: Mapping[str, float]) -> float:
    if rule == "printed":
        return heights[row.printed_phase]
    if rule == "nearest":
        return min(heights.values(), key=lambda xi: abs(row.tc_k * xi**2 - row.family_lambda))
    return min(heights.values()) if rule == "ceiling" else max(heights.values())


def _decimals(row: TableRow) -> int:
    """Decimals of the printed heights: four, but three in the two rows of K0.8Fe2Se2."""
    return 3 if row.row.startswith("K0.8Fe2Se2") else 4
