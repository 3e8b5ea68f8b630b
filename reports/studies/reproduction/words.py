"""Why a computed value of the reproduction differs, in words, and the heads of its tables."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from polywell.proposal.reproduction.printed import Pair, Verdict
from polywell.proposal.reproduction.surveys import Survey
from reports.studies.sentences import joined, sentence, told, words
from reports.studies.tables import Cell, ListColumn, Listing

WORDS = "reproduction"


def sections() -> dict[str, tuple[str, str]]:
    """Title and first sentence of each section, in the order of the page."""
    return {key: (title, lead) for key, (title, lead) in words(WORDS)["sections"].items()}


def meanings() -> dict[Verdict, str]:
    """What each verdict means, in the order of the page."""
    return {Verdict(name): meaning for name, meaning in words(WORDS)["verdicts"].items()}


def why(pair: Pair) -> str:
    """Why a pair has its verdict: the rule that decided, then what more is known of a difference."""
    if pair.verdict in (Verdict.NO_TEST, Verdict.NOT_COMPUTED):
        return _reason(pair)
    if pair.difference is None:
        if pair.verdict is Verdict.EQUAL:
            return "The same."
        said = _reason(pair) or f"The computation gives {pair.computed}."
        return f"{said} {_unread(pair)}" if pair.unread else said
    if pair.verdict is Verdict.EQUAL:
        return "Equal to the printed precision."
    said = f"{_rule(pair, pair.difference)} {_reason(pair)}".rstrip()
    return f"{said} {_unread(pair)}" if pair.unread else said


def _reason(pair: Pair) -> str:
    return told(words(WORDS)["reasons"][pair.reason], pair.facts) if pair.reason else ""


def _unread(pair: Pair) -> str:
    return sentence(words(WORDS)["doubts"]["cell"], {"cell": pair.cell})


def _rule(pair: Pair, difference: float) -> str:
    printed = pair.printed
    unit = f" {printed.unit}" if printed.unit else ""
    if pair.verdict is Verdict.ROUNDING:
        allowed = f"the rounding of the printed inputs allows {pair.allowed:.2g}{unit}"
        return f"Off by {abs(difference):.2g}{unit}; {allowed}."
    percent = abs(pair.difference_percent or 0.0)
    share = f"{percent:.0f} %" if percent >= 10 else f"{percent:.2g} %"
    if pair.verdict is Verdict.CLOSE:
        if pair.basis == "measurement":
            return f"{share} between measurements."
        if printed.role == "measured":
            return f"{share} off the measurement."
        what = (
            "off its own inputs" if pair.basis == "arithmetic" else "off, as samples of one compound differ"
        )
        return f"{share} {what}."
    if not printed.unit and printed.decimals == 0:
        return f"{pair.computed:.2g} computed, {printed.number:g} printed."
    return f"{share} off, where {100 * printed.limit:.0f} % would pass."


def listing(survey: Survey) -> Listing:
    """A survey as a table with headings, a title and the sentence that its numbers say."""
    found = words(WORDS)["surveys"][survey.key]
    named = found["columns"]
    columns: list[dict[str, Any]] = words(WORDS)["columns"][named] if isinstance(named, str) else named
    return Listing(
        survey.key,
        found["title"],
        sentence(found["note"], survey.facts, found.get("each")),
        tuple(
            ListColumn(one["label"], one.get("unit", ""), one.get("digits"), one.get("meaning", ""))
            for one in columns
        ),
        tuple(tuple(_cell(one, row) for one in columns) for row in survey.rows),
    )


def _cell(column: dict[str, Any], row: Any) -> Cell:
    if "show" in column:
        return sentence(column["show"], row)
    value = attrgetter(column["of"])(row)
    renamed = column.get("words", {})
    if isinstance(value, (tuple, dict)):
        items = value if isinstance(value, dict) else tuple(renamed.get(str(one), one) for one in value)
        return joined(items, column.get("each")) if items else ""
    cell: Cell = renamed.get(str(value), value)
    return cell
