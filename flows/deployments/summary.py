"""What Prefect shows of a finished run: the top of the ranking as a table, the counts as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from catalog.home import Home
from flows.pipeline.finished import Finished
from flows.progress import harmless
from polywell.columns import in_order, with_upper_ends
from polywell.proposal.nickelate_claim.verdict import Verdict
from polywell.records import ENTRY_COLUMNS
from reports.studies.nickelate_claim.words import finding, headline, sides

TOP = 20

_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>()#+-.!|~$&"})


def top_rows(finished: Finished) -> list[dict[str, Any]]:
    """The first rows of the ranking, by label and unit: the columns of its list where one has a value."""
    rows = finished.top(TOP)
    listed = with_upper_ends(in_order(ENTRY_COLUMNS, "listed"), ENTRY_COLUMNS)
    labels = {
        f"{column.label} ({column.unit})" if column.unit else column.label: column
        for column in listed
        if any(row[column.name] not in (None, "") for row in rows)
    }
    return [
        {label: _cell(row[column.name], column.places) for label, column in labels.items()} for row in rows
    ]


def counts_markdown(finished: Finished, pages_url: str | None) -> str:
    """Counts by outcome, reason and error of a run, and where its page lies."""
    counts = finished.counts
    lines = [f"# {_text(finished.source)}", "", f"{finished.headline.capitalize()}.", ""]
    lines += [f"Run {finished.run.name}: {counts.sentence}.", ""]
    sources = finished.run.sources
    if len(sources) > 1:
        of_each = ", ".join(f"{_text(name)} {one['candidates']}" for name, one in sorted(sources.items()))
        lines += [f"The list holds {finished.run.manifest['candidates']} candidates: {of_each}.", ""]
    for heading, by_name in (("rejected, by reason", counts.reasons), ("failed, by error", counts.failures)):
        if by_name:
            lines += [f"| {heading} | entries |", "| --- | ---: |"]
            lines += [f"| {_text(name)} | {count} |" for name, count in by_name.items()] + [""]
    lines += [page_words(finished.page, finished.home, pages_url), ""]
    return "\n".join(lines)


def address_of(page: Path, home: Home, pages_url: str | None) -> str | None:
    """Where a browser finds a page of a home; None where nobody serves it.

    The address of a file is none: a browser opens no file from a page of a server.
    """
    if pages_url is None:
        return None
    return f"{pages_url.rstrip('/')}/{quote(page.relative_to(home.reports).as_posix())}"


def page_words(page: Path, home: Home, pages_url: str | None) -> str:
    """The page as a link, or the path of its file where nobody serves it."""
    address = address_of(page, home, pages_url)
    if address is None:
        path = harmless(page.resolve(), 1000).replace("`", "'")
        return f"The page is the file `{path}` on the machine of the worker."
    return f"[The page]({address})"


def ceiling_markdown(verdict: Verdict, page: str) -> str:
    """The verdict on the nickelate ceiling, the points of both sides, and where the page lies."""
    lines = [f"# The claim is {_text(finding(verdict))}", "", _text(headline(verdict)), ""]
    for side, points in sides(verdict).items():
        lines += [f"## {_text(side.capitalize())}", ""]
        lines += [f"- {_text(point)}" for point in points] + [""]
    return "\n".join([*lines, page, ""])


def _cell(value: Any, places: int) -> Any:
    if isinstance(value, str):
        return _text(value)
    return round(value, places) if isinstance(value, float) else value


def _text(value: str) -> str:
    """Text from outside, which must not act as Markdown or HTML."""
    return harmless(value).translate(_MARKS)
