"""The page of the reproduction: every published number beside the computed one, and the same as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from polywell.proposal.listings import Cell, ListColumn, Listing
from polywell.proposal.published import VERDICT_MEANING, Pair, Value, Verdict
from polywell.proposal.reproduction import SECTIONS, Reproduction
from reports.html.figure import Image
from reports.html.names import REPRODUCTION_PAGE
from reports.html.study import study_files
from reports.html.writing import File
from reports.studies.reproduction_figures import figures

PAGE, DATA = REPRODUCTION_PAGE, "reproduction.json"
SCHEMA = 1
"""Version of the JSON's layout; raised when a reader of the older one would misread it."""

OPEN_ROWS = 25
"""Longer tables are folded."""

FOLDED_SECTIONS = ("table1", "table2")
"""Sections whose pairs are folded, as their tables show the same numbers row by row."""

BASIS = {
    "arithmetic": "own numbers",
    "structure": "structure",
    "measurement": "measurement",
    "table": "ionic radii",
}

_GREEK = {"alpha": "α", "beta": "β", "gamma": "γ"}
_PHASE = re.compile(r"(?<![A-Za-z])(?:alpha|beta|gamma)(?![A-Za-z])")
_INDEX = re.compile(r"(?<=[A-Za-zΔη-ξ])_(c|R|La|Pr|[α-γ])(?![A-Za-z])")

LEADS = {
    "lambda": "λ is printed once for each family; here it is the mean T_c·ξ² over the rows of its table.",
    "table1": "Every phase of every row, with the structure of the reference library that stands for it.",
    "table2": "Every phase of every row; here the choice of phase matters most.",
    "stripes": "Doping in steps of x = 2/(4n), stripes n edges apart, and the ratio c/a of good cuprates.",
    "stm": "Depth of the sheets under the plane of cleavage, which is the widest gap between atomic planes.",
    "trilayers": "Three sheets, three cages, filled with carriers one after the other.",
    "landscape": "An electron among the point charges of the ions, by Ewald’s sum; minima are searched for.",
    "resonance": "E = θ/ξ² for the three cages of CaKFe4As4, from three sets of heights that disagree.",
    "domes": "Pressure shortens the cage, so by the relation T_c rises.",
    "chemical": "A smaller cation in the place of a larger one, by ionic radii and by heights.",
    "nickelates": "The claim that nickelates cannot beat cuprates, by the relation’s own numbers; "
    "`polywell ceiling` weighs it against all measurements.",
}
"""One sentence at the head of each section: what it computes."""


@dataclass(frozen=True)
class PairRow:
    """One pair as the page shows it; `span` rows share the printed value, 0 for all but the first."""

    span: int
    what: str
    role: str
    printed: str
    basis: str
    origin: str
    computed: str
    difference: str
    verdict: Verdict
    why: str


@dataclass(frozen=True)
class ListRow:
    """Cells of a listing as texts."""

    cells: tuple[str, ...]


@dataclass(frozen=True)
class ShownListing:
    """A listing as the page shows it."""

    key: str
    title: str
    note: str
    columns: tuple[ListColumn, ...]
    rows: tuple[ListRow, ...]
    folded: bool


@dataclass(frozen=True)
class ShownSection:
    """One section of the page."""

    key: str
    title: str
    lead: str
    counts: tuple[int, ...]
    total: int
    pairs: tuple[PairRow, ...]
    folded: bool
    images: tuple[Image, ...]
    listings: tuple[ShownListing, ...]


def reproduction_files(folder: Path, payload: Reproduction) -> Iterator[File]:
    """Give `reproduction.html` and `reproduction.json`.

    Args:
        folder: where the two files go.
        payload: what `polywell.proposal.reproduction.reproduce` returned.
    """
    shown = {
        "sections": shown_sections(payload),
        "verdicts": tuple((verdict, meaning) for verdict, meaning in VERDICT_MEANING.items()),
        "counts": tuple((verdict, payload.verdicts[verdict]) for verdict in VERDICT_MEANING),
        "total": len(payload.pairs),
        "values": len({pair.key for pair in payload.pairs}),
        "own": _tally(payload.pairs, "arithmetic"),
        "structures": _tally(payload.pairs, "structure"),
        "payload": payload,
    }
    values = reproduction_data(payload)
    return study_files(folder / PAGE, folder / DATA, values, "reproduction", shown, _typeset)


def reproduction_data(payload: Reproduction) -> dict[str, Any]:
    """Every pair and listing as plain values for JSON, with the digests of what they stand on."""
    return {
        "schema": SCHEMA,
        "algorithm_version": payload.algorithm_version,
        "reference_digest": payload.reference_digest,
        "families_digest": payload.families_digest,
        "structures": payload.structures,
        "verdicts": {verdict.value: count for verdict, count in payload.verdicts.items()},
        "verdict_meaning": {verdict.value: meaning for verdict, meaning in VERDICT_MEANING.items()},
        "pairs": [asdict(pair) | {"verdict": pair.verdict.value} for pair in payload.pairs],
        "listings": {
            section: [
                {
                    "key": listing.key,
                    "title": listing.title,
                    "note": listing.note,
                    "columns": [asdict(column) for column in listing.columns],
                    "rows": [list(row) for row in listing.rows],
                }
                for listing in shown
            ]
            for section, shown in payload.listings.items()
        },
    }


def shown_sections(payload: Reproduction) -> tuple[ShownSection, ...]:
    """The sections in the order of the page, with their figures drawn."""
    drawn = figures(payload)
    sections = []
    for count in payload.sections:
        sections.append(
            ShownSection(
                key=count.key,
                title=SECTIONS[count.key],
                lead=LEADS[count.key],
                counts=tuple(count.counts.get(verdict, 0) for verdict in VERDICT_MEANING),
                total=count.total,
                pairs=_pair_rows(payload.of(count.key)),
                folded=count.key in FOLDED_SECTIONS,
                images=tuple(drawn.get(count.key, ())),
                listings=tuple(_listing(one) for one in payload.listings.get(count.key, ())),
            )
        )
    return tuple(sections)


def _tally(pairs: Iterable[Pair], basis: str) -> Mapping[str, int]:
    """How many pairs of one basis agree (equal or rounding, then also close), of those that test anything."""
    ours = [
        pair
        for pair in pairs
        if pair.basis == basis and pair.verdict not in (Verdict.NO_TEST, Verdict.NOT_COMPUTED)
    ]
    exact = sum(pair.verdict in (Verdict.EQUAL, Verdict.ROUNDING) for pair in ours)
    close = sum(pair.verdict is Verdict.CLOSE for pair in ours)
    return {"all": len(ours), "exact": exact, "close": close, "differs": len(ours) - exact - close}


def _pair_rows(pairs: Iterable[Pair]) -> tuple[PairRow, ...]:
    together: dict[str, list[Pair]] = {}
    for pair in pairs:
        together.setdefault(pair.key, []).append(pair)
    rows = []
    for group in together.values():
        for place, pair in enumerate(group):
            rows.append(
                PairRow(
                    span=len(group) if place == 0 else 0,
                    what=pair.what,
                    role=pair.role,
                    printed=_value(pair.printed, pair.decimals, pair.unit),
                    basis=BASIS[pair.basis],
                    origin=pair.origin,
                    computed=_value(pair.computed, _finer(pair.decimals), pair.unit),
                    difference=_difference(pair),
                    verdict=pair.verdict,
                    why=pair.why,
                )
            )
    return tuple(rows)


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
    text = _signed(pair.difference, _finer(pair.decimals) or 0)
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


def _listing(listing: Listing) -> ShownListing:
    rows = tuple(
        ListRow(tuple(_cell(cell, column) for cell, column in zip(row, listing.columns, strict=True)))
        for row in listing.rows
    )
    return ShownListing(
        listing.key, listing.title, listing.note, listing.columns, rows, len(rows) > OPEN_ROWS
    )


def _cell(cell: Cell, column: ListColumn) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str) or column.digits is None:
        return str(cell)
    return f"{cell:.{column.digits}f}"
