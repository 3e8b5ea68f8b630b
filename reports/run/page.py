"""The pages of a run: `index.html`, self-contained and offline, and `columns.html` beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from polywell.known import RULE
from polywell.records import (
    ENTRY_COLUMNS,
    PHASE_COLUMNS,
    VERTEX_COLUMNS,
    Candidate,
    Entry,
    EntryKey,
    Screening,
)
from reports.dossier.dossier import Context, dossier
from reports.dossier.next_to_try import NextLines
from reports.dossier.page import dossiers_files, given_dossiers
from reports.html.inline import inline_json, inline_script, packed, script_source
from reports.html.library import PLOTLY, library, library_source
from reports.html.words import words
from reports.html.writing import File, environment, json_text, page_bytes, read_text
from reports.mail.page import MAIL, mail_file
from reports.run.evaluation import COPY, copied_evaluation
from reports.run.exports.shortlist import Filter, shortlist
from reports.run.payload import SLACK, RunPayload, run_payload
from reports.run.picture import picture
from reports.run.table import Table

DATA = "run.json"
TABLES = ("ranked_table", "rejected_table", "failed_table", "finding", "since")
MAILED = 10
"""Candidates that the page to mail holds."""

CHOSEN_TO_MAIL = "what to try first, then the first of the list, one a compound"

SHORTLIST = "shortlist"
"""Folder of the files below that of the page."""

SCRIPTS = (
    "templates/search.js",
    "templates/bars.js",
    "templates/table.js",
    "templates/filters.js",
    "templates/taking.js",
    "templates/view.js",
    "templates/details.js",
    "templates/chart.js",
    "templates/page.js",
)


def run_files(
    folder: Path,
    ranked: Sequence[Candidate],
    rejected: Sequence[Screening],
    failed: Sequence[Screening],
    manifest: Mapping[str, Any],
    measured: Sequence[Screening],
    structures: Mapping[EntryKey, Entry] | None = None,
    dossiers: int = 0,
    evaluation: Path | None = None,
    next_before: Mapping[str, NextLines] = MappingProxyType({}),
) -> Iterator[File]:
    """Give the pages of one run and its picture.

    These are `index.html`, its numbers as `run.json`, `columns.html`, the picture `tc_against_xi.png`, below
    `dossiers` a page and a JSON file for each of the first candidates, and below `shortlist` the same
    candidates as files.

    Args:
        folder: where the files go.
        ranked: the candidates in ranked order.
        rejected: rejected entries; the page lists the first `MAX_LISTED`, others need not be given.
        failed: failed entries, the same.
        manifest: the run's manifest.
        measured: the reference library's candidates, with their measured T_c.
        structures: entries of candidates with their structures, by source and id.
        dossiers: how many of the first candidates get a dossier.
        evaluation: folder of what `polywell validate` wrote; its page is copied beside that of the run.
        next_before: what earlier dossiers said to try next, by the sha256 of the CIF that they gave.

    Raises:
        ValueError: manifest and records, or a candidate and its structure, do not belong together.
    """
    chosen = given_dossiers(ranked, dossiers)
    with_dossier, structures = [one.screening.key for one in chosen], structures or {}
    found = copy = None
    if evaluation is not None:
        found, copy = copied_evaluation(evaluation, str(manifest.get("calibration_digest")))
    payload = run_payload(ranked, rejected, failed, manifest, measured, with_dossier, found)
    if evaluation is not None:
        yield folder / COPY, copy
    context = Context.of(ranked, manifest, measured, with_dossier, next_before=next_before)
    made = {one.screening.key: dossier(one, structures.get(one.screening.key), context) for one in chosen}
    yield from dossiers_files(folder, made.values())
    yield from _shortlist_files(folder / SHORTLIST, ranked[:dossiers], structures, manifest)
    if chosen:
        mailed = [(one, made[one.screening.key]) for one in _to_mail(chosen)]
        yield mail_file(folder / SHORTLIST, mailed, manifest, CHOSEN_TO_MAIL)
    yield folder / "columns.html", page_bytes(columns_page())
    yield folder / "tc_against_xi.png", picture(payload)
    yield folder / DATA, page_bytes(json_text(_numbers(payload)))
    yield folder / "index.html", page_bytes(run_page(payload))


def _to_mail(chosen: Sequence[Candidate]) -> list[Candidate]:
    """What is to be tried first, then the first of the list, one a compound; in the order of the list."""
    first = [one for one in chosen if one.place.try_first is not None]
    others = [one for one in chosen if one.place.try_first is None and one.place.rank_in_compound == 1]
    return sorted([*first, *others][:MAILED], key=lambda one: one.place.rank)


def _shortlist_files(
    folder: Path,
    candidates: Sequence[Candidate],
    structures: Mapping[EntryKey, Entry],
    manifest: Mapping[str, Any],
) -> Iterator[File]:
    """Give the candidates with a dossier as files to load elsewhere; none of them, and older files go."""
    if candidates:
        wanted = Filter(top=len(candidates))
        yield from shortlist(folder, candidates, structures, manifest, wanted).files
    else:
        for old in folder.glob("*"):
            yield old, None


def run_page(payload: RunPayload) -> str:
    """The text of `index.html`."""
    page = environment().get_template("run.html.j2")
    own = "\n".join(read_text(name) for name in SCRIPTS)
    return page.render(
        run=payload,
        slack=SLACK,
        rule=RULE,
        shortlist=SHORTLIST,
        words=words(),
        mail=MAIL,
        data_name=DATA,
        style=Markup(read_text("templates/style.css") + read_text("templates/run.css")),
        plotly=Markup(library(*PLOTLY)),
        script=inline_script(own),
        script_sources=Markup(f"{library_source(*PLOTLY)} {script_source(own)}"),
        data=inline_json(
            {
                "ranked": _packed(payload.ranked_table),
                "rejected": _packed(payload.rejected_table),
                "failed": _packed(payload.failed_table),
                "chart": payload.chart,
                "since": payload.since,
                "names": payload.finding.names,
                "elements": payload.finding.symbols,
                "reasons": {
                    "rejected": {one.reason: one.count for one in payload.reasons},
                    "failed": {one.error_type: one.count for one in payload.failures},
                },
            }
        ),
    )


def _packed(table: Table) -> dict[str, Any]:
    return vars(table) | packed(table.rows)


def _numbers(payload: RunPayload) -> dict[str, Any]:
    """The payload without its tables and points, which are rows of the catalog's own files."""
    fields = {name: value for name, value in vars(payload).items() if name not in TABLES}
    chart = {"families": payload.chart.families, "distribution": payload.chart.distribution}
    return fields | {"chart": chart}


def columns_page() -> str:
    """The text of `columns.html`: every column of the catalog with its type, unit and meaning."""
    return (
        environment()
        .get_template("columns.html.j2")
        .render(
            style=Markup(read_text("templates/style.css")),
            groups=(
                ("Entry", "One row of ranked, rejected and failed.parquet.", ENTRY_COLUMNS),
                ("Phase", "One element of the column phases: a distinct cage of the entry.", PHASE_COLUMNS),
                ("Vertex", "One element of a phase's column vertices: a corner of the cage.", VERTEX_COLUMNS),
            ),
        )
    )
