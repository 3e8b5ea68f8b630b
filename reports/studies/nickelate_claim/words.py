"""The verdict on the nickelate claim in sentences, and how its tables write pressures, ranges and chances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polywell.proposal.nickelate_claim.verdict import Point, Side, Verdict
from polywell.proposal.rows import Row
from reports.studies.sentences import sentence, told, words

WORDS = "nickelate_claim"


def finding(verdict: Verdict) -> str:
    """What becomes of the claim."""
    found: str = words(WORDS)["findings"][verdict.finding.value]
    return found


def headline(verdict: Verdict) -> str:
    """The finding in one sentence."""
    return sentence(words(WORDS)["headlines"][verdict.finding.value], _worded(verdict.facts))


def sides(verdict: Verdict) -> dict[str, tuple[str, ...]]:
    """The sentences of both sides, that against the claim first."""
    names = words(WORDS)["sides"]
    return {
        names[side.value]: tuple(said(point) for point in verdict.of(side))
        for side in (Side.AGAINST, Side.FOR)
    }


def said(point: Point) -> str:
    """One point as a sentence."""
    text = told(words(WORDS)["points"][point.name], _worded(point.facts))
    return text[:1].upper() + text[1:]


def verdict_data(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain values for JSON."""
    names = words(WORDS)["sides"]
    points = [{"side": names[point.side.value], "text": said(point)} for point in verdict.points]
    return {"finding": finding(verdict), "headline": headline(verdict), "points": points}


def _worded(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts with those that are words: the pressure of the record, a chance, one class or several."""
    more = dict(facts)
    if "record" in facts:
        gpa = facts["record"].pressure_gpa
        more["pressure"] = ", pressure not stated" if gpa is None else f", {pressure(gpa)}"
    standing = facts.get("standing", facts.get("row", {}).get("standing"))
    if standing is not None:
        more["stand"] = ", ".join(f"{count} {name}" for name, count in standing.items())
    if "chance" in facts:
        best = facts["row"].likeliest_k
        more["percent"] = percent(facts["chance"])
        more["measured"] = "no T_c measured" if best is None else f"measured at best: {best:g} K"
    if "classes" in facts:
        more["noun"] = "class" if facts["classes"] == 1 else "classes"
    return more


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


def interval(interval: Row | None) -> str:
    """A calibrated T_c in K with its central 80 %."""
    if interval is None:
        return "–"
    return f"{interval.expected_k:.0f} ({interval.low_k:.0f}–{interval.high_k:.0f})"


def percent(chance: float) -> str:
    """A probability in words: two digits at most, the ends left open."""
    if chance < 0.001:
        return "less than 0.1 %"
    if chance > 0.999:
        return "more than 99.9 %"
    return f"{100 * chance:.1f} %" if chance < 0.1 or chance > 0.9 else f"{100 * chance:.0f} %"


def chance(chance: float | None) -> str:
    """A probability, if there is one."""
    return "–" if chance is None else percent(chance)
