"""How a training row is called where people read of it."""

from __future__ import annotations

from functools import cache

from polywell.data.measured import measured_by_id
from polywell.data.supercon.table import Report, supercon

PREFIX = "supercon:"


def called(id: str) -> str:
    """The compound of a row of the measured table; of SuperCon the formula, and its first report."""
    known = measured_by_id().get(id)
    if known is not None:
        return known.compound
    report = report_of(id)
    return id if report is None else f"{report.formula} (SuperCon {_first(id)})"


def report_of(id: str) -> Report | None:
    """The first report of a row of SuperCon; None where the row is not SuperCon's."""
    return _reports().get(_first(id)) if id.startswith(PREFIX) else None


def _first(id: str) -> str:
    return id.removeprefix(PREFIX).split("+")[0]


@cache
def _reports() -> dict[str, Report]:
    """Reports of SuperCon by each of their numbers."""
    return {str(number): report for report in supercon() for number in report.numbers}
