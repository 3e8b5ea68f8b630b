"""Tables 1 and 2 as listings: phase by phase, the hidden choice, and what fixing it costs."""

from __future__ import annotations

from collections.abc import Sequence

from polywell.proposal.listings import Cell, Listing, number, text
from polywell.proposal.printed_tables import RULES, RuleCost, TableRow
from polywell.relation import critical_temperature_k


def printed_rows(rows: Sequence[TableRow], table: int) -> Listing:
    """Table 1 or 2, phase by phase: printed and measured ξ, λ from either, what the fixed rules say."""
    cells: list[tuple[Cell, ...]] = []
    for row in rows:
        if row.table != table:
            continue
        for name in sorted({*row.printed_xi, *row.structure_xi}):
            printed, found = row.printed_xi.get(name), row.structure_xi.get(name)
            marks = [
                word
                for word, here in (
                    ("printed choice", row.printed_phase == name),
                    ("ceiling", found is not None and found == min(row.structure_xi.values())),
                    ("outer", found is not None and found == max(row.structure_xi.values())),
                )
                if here
            ]
            cells.append(
                (
                    row.row,
                    name,
                    row.tc_k,
                    printed,
                    found,
                    None if printed is None else row.arithmetic_lambda[name],
                    row.structure_lambda.get(name),
                    row.printed_lambda if row.printed_phase == name else None,
                    None if found is None else critical_temperature_k(found, row.family_lambda),
                    ", ".join(marks),
                    f"{row.id} ({row.checked})",
                )
            )
    ours = [row for row in rows if row.table == table]
    independent = sum(not row.built for row in ours)
    return Listing(
        f"table{table}",
        f"Table {table}, phase by phase",
        f"{independent} of {len(ours)} rows stand on a structure of their own; the others were "
        "built to the printed ξ.",
        (
            text("Compound"),
            text("Phase"),
            number("Printed T_c", "K", 1),
            number("Printed ξ", "Å", 4),
            number("ξ of the structure", "Å", 4),
            number("T_c·ξ², printed", "K·Å²", 0, "from the printed T_c and the printed ξ"),
            number("T_c·ξ², structure", "K·Å²", 0, "from the printed T_c and the structure's ξ"),
            number("Printed λ", "K·Å²", 0, "stands in the row of the phase that the table names"),
            number("λ/ξ²", "K", 1, "the relation with the family's λ and the structure's ξ"),
            text("Chosen by"),
            text("Structure"),
        ),
        tuple(cells),
    )


def hidden_choice(rows: Sequence[TableRow]) -> Listing:
    """Which phase each row names, and which one every rule would have named."""
    several = [row for row in rows if len(row.printed_xi) > 1]
    nearest = sum(row.nearest_phase == row.printed_phase for row in several)
    smallest = sum(row.printed_phase == min(row.printed_xi) for row in several)
    cells = tuple(
        (
            row.row,
            row.printed_phase,
            row.arithmetic_phase,
            row.nearest_phase,
            min(row.printed_xi, key=lambda name: row.printed_xi[name]),
            max(row.printed_xi, key=lambda name: row.printed_xi[name]),
            "; ".join(f"{name} {value:.0f}" for name, value in row.arithmetic_lambda.items()),
        )
        for row in several
    )
    return Listing(
        "choice",
        "The hidden choice of phase",
        f"Of {len(several)} rows with more than one phase, {nearest} name the phase whose T_c·ξ² is "
        "nearest to "
        f"the family's λ, and {smallest} name the smallest cage: T_c itself explains the choice better than "
        "any rule that does not know it.",
        (
            text("Compound"),
            text("Printed"),
            text("Reproduces λ"),
            text("Nearest to λ"),
            text("Ceiling rule"),
            text("Outer rule"),
            text("T_c·ξ² of each, K·Å²"),
        ),
        cells,
    )


def choice_costs(costs: Sequence[RuleCost]) -> Listing:
    """What fixing the choice in advance costs."""
    return Listing(
        "costs",
        "What it costs to fix the choice in advance",
        "Mean error of λ/ξ² against the printed T_c; the last rule knows no structure at all.",
        (
            text("Table"),
            text("Heights"),
            text("Rule"),
            text("Meaning"),
            number("Rows", digits=0),
            number("Mean error", "K", 1),
            number("Worst error", "K", 1),
            number("Mean λ", "K·Å²", 0),
            number("Spread of λ", "K·Å²", 0),
        ),
        tuple(
            (
                f"Table {one.table}",
                "printed" if one.heights == "printed" else "independent structures",
                one.rule,
                RULES[one.rule],
                one.rows,
                one.mean_error_k,
                one.worst_error_k,
                one.lambda_mean,
                one.lambda_spread,
            )
            for one in costs
        ),
    )
