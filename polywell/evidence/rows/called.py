"""How a training row is called where people read of it."""

from __future__ import annotations

from functools import cache

from polywell.data.measured import measured_by_id
from polywell.data.supercon.table import supercon

PREFIX = "supercon:"


def called(id: str) -> str:
    """The compound of a row of the measured table; of SuperCon the formula, and its first report."""
    known = measured_by_id().get(id)
    if known is not None:
        return known.compound
    if not id.startswith(PREFIX):
        return id
    first = id.removeprefix(PREFIX).split("+")[0]
    formula = _formulas().get(first)
    return id if formula is None else f"{formula} (SuperCon {first})"


@cache
def _formulas() -> dict[str, str]:
    """Formulas of SuperCon by the numbers of their reports."""
    return {str(number): report.formula for report in supercon() for number in report.numbers}
