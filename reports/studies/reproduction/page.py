"""The page of the reproduction: every published number beside the computed one, and the same as JSON."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from polywell.proposal.reproduction.printed import Pair, Value, Verdict
from polywell.proposal.reproduction.reproduce import COMPRESSED, Reproduction
from polywell.proposal.reproduction.surveys import Survey
from reports.html.names import REPRODUCTION_PAGE
from reports.html.study import study_files
from reports.html.writing import File
from reports.studies.reproduction.figures import figures
from reports.studies.reproduction.words import WORDS, listing, meanings, sections, why
from reports.studies.sentences import words

PAGE, DATA = REPRODUCTION_PAGE, "reproduction.json"
SCHEMA = 1
"""Version of the JSON's layout; raised when a reader of the older one would misread it."""

OPEN_ROWS = 25
"""Longer tables are folded."""

FOLDED_SECTIONS = ("table1", "table2")
"""Sections whose pairs are folded, as their tables show the same numbers row by row."""

_GREEK = {"alpha": "α", "beta": "β", "gamma": "γ"}
_PHASE = re.compile(r"(?<![A-Za-z])(?:alpha|beta|gamma)(?![A-Za-z])")
_INDEX = re.compile(r"(?<=[A-Za-zΔη-ξ])_(c|R|La|Pr|[α-γ])(?![A-Za-z])")


def reproduction_files(folder: Path, payload: Reproduction) -> Iterator[File]:
    """Give `reproduction.html` and `reproduction.json`.

    Args:
        folder: where the two files go.
        payload: what `polywell.proposal.reproduction.reproduce.reproduce` returned.
    """
    counts = Counter(pair.verdict for pair in payload.pairs)
    shown = {
        "sections": _sections(payload),
        "verdicts": tuple(meanings().items()),
        "counts": tuple((verdict, counts[verdict]) for verdict in meanings()),
        "total": len(payload.pairs),
        "values": len({pair.printed.key for pair in payload.pairs}),
        "own": _tally(payload.pairs, "arithmetic"),
        "structures": _tally(payload.pairs, "structure"),
        "lambdas": [pair for pair in payload.of("lambda") if pair.basis == "structure"],
        "cells": payload.cells,
        "hg1223": next(row for row in payload.drawn.rows if row.id == COMPRESSED),
        "payload": payload,
    }
    values = reproduction_data(payload)
    return study_files(folder / PAGE, folder / DATA, values, "reproduction", shown, _typeset)


def reproduction_data(payload: Reproduction) -> dict[str, Any]:
    """Every pair and survey as plain values for JSON, with the digests of what they stand on."""
    counts = Counter(pair.verdict for pair in payload.pairs)
    return {
        "schema": SCHEMA,
        "algorithm_version": payload.algorithm_version,
        "reference_digest": payload.reference_digest,
        "families_digest": payload.families_digest,
        "structures": payload.structures,
        "cells": payload.cells,
        "verdicts": {verdict.value: counts[verdict] for verdict in meanings()},
        "verdict_meaning": {verdict.value: meaning for verdict, meaning in meanings().items()},
        "pairs": [_pair(pair) for pair in payload.pairs],
        "listings": {
            section: [asdict(listing(survey)) for survey in shown]
            for section, shown in payload.surveys.items()
        },
    }


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "key": pair.printed.key,
        "section": pair.printed.section,
        "what": pair.printed.what,
        "unit": pair.printed.unit,
        "role": pair.printed.role,
        "printed": pair.printed.value,
        "decimals": pair.printed.decimals,
        "basis": pair.basis,
        "origin": pair.origin,
        "computed": pair.computed,
        "difference": pair.difference,
        "difference_percent": pair.difference_percent,
        "verdict": pair.verdict.value,
        "cell": pair.cell,
        "why": why(pair),
    }


def _sections(payload: Reproduction) -> list[dict[str, Any]]:
    """The sections in the order of the page, with their figures drawn."""
    drawn = figures(payload)
    shown = []
    for key, (title, lead) in sections().items():
        ours = payload.of(key)
        counts = Counter(pair.verdict for pair in ours)
        shown.append(
            {
                "key": key,
                "title": title,
                "lead": lead,
                "counts": [counts[verdict] for verdict in meanings()],
                "total": len(ours),
                "pairs": _pair_rows(ours),
                "folded": key in FOLDED_SECTIONS,
                "images": drawn.get(key, ()),
                "listings": [_listing(one) for one in payload.surveys.get(key, ())],
            }
        )
    return shown


def _tally(pairs: Iterable[Pair], basis: str) -> Mapping[str, int]:
    """How many pairs of one basis agree (equal or rounding, then also close), of those that test anything."""
    ours = [
        pair
        for pair in pairs
        if pair.basis == basis and pair.verdict not in (Verdict.NO_TEST, Verdict.NOT_COMPUTED)
    ]
    exact = sum(pair.verdict in (Verdict.EQUAL, Verdict.ROUNDING) for pair in ours)
    close = sum(pair.verdict is Verdict.CLOSE for pair in ours)
    return {
        "all": len(ours),
        "exact": exact,
        "close": close,
        "differs": len(ours) - exact - close,
        "unread": sum(pair.unread for pair in ours),
    }


def _pair_rows(pairs: Iterable[Pair]) -> list[dict[str, Any]]:
    """The pairs as the page shows them; `span` rows share the printed value, 0 for all but the first."""
    together: dict[str, list[Pair]] = {}
    for pair in pairs:
        together.setdefault(pair.printed.key, []).append(pair)
    return [
        {
            "span": len(group) if place == 0 else 0,
            "what": pair.printed.what,
            "role": pair.printed.role,
            "printed": _value(pair.printed.value, pair.printed.decimals, pair.printed.unit),
            "basis": words(WORDS)["basis"][pair.basis],
            "origin": pair.origin,
            "computed": _value(pair.computed, _finer(pair.printed.decimals), pair.printed.unit),
            "difference": _difference(pair),
            "verdict": pair.verdict,
            "why": why(pair),
        }
        for group in together.values()
        for place, pair in enumerate(group)
    ]


def _finer(decimals: int | None) -> int | None:
    """One decimal more than is printed, so that a difference can be seen."""
    return None if decimals is None else max(decimals, 0) + (decimals >= 0)


def _value(value: Value | None, decimals: int | None, unit: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    text = f"{value:.{max(decimals, 0)}f}" if decimals is not None else f"{value:g}"
    return f"{text} {unit}".rstrip()


def _difference(pair: Pair) -> str:
    if pair.difference is None:
        return ""
    text = _signed(pair.difference, _finer(pair.printed.decimals) or 0)
    return (
        f"{text} ({_signed(pair.difference_percent, 1)} %)" if pair.difference_percent is not None else text
    )


def _signed(value: float, digits: int) -> str:
    """A difference with its sign; what rounds to nothing has none."""
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0 else text


def _typeset(words: str) -> Markup:
    """Set phase names in Greek letters and indices low; the JSON keeps the words."""
    greek = _PHASE.sub(lambda found: _GREEK[found.group()], words)
    return Markup(_INDEX.sub(r"<sub>\1</sub>", str(escape(greek))))


def _listing(survey: Survey) -> dict[str, Any]:
    found = listing(survey)
    return {**vars(found), "rows": found.written(""), "folded": len(found.rows) > OPEN_ROWS}
