"""How the tables of the nickelate ceiling write pressures, ranges and chances."""

from __future__ import annotations

from polywell.proposal.ceiling_rows import Interval
from polywell.proposal.ceiling_verdict import percent


def pressure(gpa: float | None) -> str:
    """Pressure of a sample or cell."""
    if gpa is None:
        return "not stated"
    return "ambient" if gpa == 0 else f"{gpa:g} GPa"


def span(low: float, high: float) -> str:
    """A range of temperatures in K."""
    return f"{low:.0f}–{high:.0f}"


def heights(low: float, high: float) -> str:
    """A range of heights in Å."""
    return f"{low:.2f}–{high:.2f}" if f"{low:.2f}" != f"{high:.2f}" else f"{low:.2f}"


def large(pressure_gpa: float) -> str:
    """A pressure that may be out of reach."""
    return f"{pressure_gpa:.0f} GPa" if pressure_gpa < 1000 else "over 1000 GPa"


def interval(interval: Interval | None) -> str:
    """A calibrated T_c in K with its central 80 %."""
    if interval is None:
        return "–"
    return f"{interval.expected_k:.0f} ({interval.low_k:.0f}–{interval.high_k:.0f})"


def chance(chance: float | None) -> str:
    """A probability, if there is one."""
    return "–" if chance is None else percent(chance)
