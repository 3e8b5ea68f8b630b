"""What the command line prints: tables and lines in which nothing from outside can act on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter, methodcaller
from typing import TYPE_CHECKING, Any, Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from catalog.runs.record import ROLLED_BACK
from flows.progress import harmless
from reports.studies.tables import Column, Row, listing_of, number, text

if TYPE_CHECKING:
    from catalog.runs.diff import Change, Difference

WIDE = 160
"""Columns of text where there is no terminal to ask, so that a piped table is not folded."""

LONGEST = 800
"""Characters of a cell of a table: a message and the remarks of a reader."""


def tolerant_streams() -> None:
    """Lets stdout and stderr escape what their encoding cannot hold, in place of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def print_table(rows: Iterable[Row], *columns: Column[Row]) -> None:
    """Prints a table on stdout.

    Args:
        rows: what stands in a line each.
        columns: heading of each column, and what takes its cell out of a row; None is shown as an empty cell.
            A column without any content is left out.
    """
    listing = listing_of("", "", rows, *columns)
    cells = [[harmless(cell, LONGEST) for cell in row] for row in listing.written("")]
    filled = [place for place in range(len(columns)) if any(row[place] for row in cells)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place in filled:
        column = listing.columns[place]
        is_number = column.digits is not None
        justify: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(Text(column.label), justify=justify, no_wrap=is_number, overflow="fold")
    for row in cells:
        table.add_row(*(Text(row[place]) for place in filled))
    console = Console()
    if not console.file.isatty():
        console = Console(width=WIDE)
    console.print(table)


def plain(value: float | None) -> str:
    """A number with the digits that it was given with; empty where there is none."""
    return "" if value is None else str(value)


def print_ranking(rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints the top of the ranking: published and calibrated T_c in K, ξ of the ceiling in Å.

    The source stands beside the id where the rows come from several.
    """
    several = len({row["source"] for row in rows}) > 1
    print_table(
        rows,
        (number("#", digits=0), itemgetter("rank")),
        (number("new", digits=0), methodcaller("get", "rank_new")),
        *([(text("source"), lambda row: short_source(row["source"]))] if several else []),
        (text("id"), itemgetter("id")),
        (text("formula"), lambda row: row.get("formula_written") or row["formula"]),
        (text("family"), itemgetter("family")),
        (number("gain\n(K)", digits=1), methodcaller("get", "gain_k")),
        (number("ceiling\n(K)", digits=1), itemgetter("tc_ceiling_k")),
        (number("range\n(K)"), lambda row: _range(row["tc_ceiling_low_k"], row["tc_ceiling_high_k"])),
        (number("expected\n(K)", digits=1), itemgetter("tc_expected_k")),
        (number("80 %\n(K)"), lambda row: _range(row["tc_low_k"], row["tc_high_k"])),
        (number("best\n(K)", digits=1), itemgetter("tc_best_k")),
        (number("80 %\n(K)"), lambda row: _range(row["tc_best_low_k"], row["tc_best_high_k"])),
        (number("ξ\n(Å)", digits=3), itemgetter("xi_ceiling_ang")),
        (number("corrected\n(Å)", digits=3), itemgetter("xi_corrected_ang")),
        (number("measured\n(K)", digits=1), itemgetter("tc_measured_k")),
        (text("extrapolated"), itemgetter("extrapolation")),
        (text("suspect"), itemgetter("geometry_suspect")),
    )


def short_source(name: str) -> str:
    """The name of a source without the folders before its file."""
    return name.rsplit("/", 1)[-1] or name


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.0f}-{high:.0f}"


def print_changes(found: Difference) -> None:
    """Prints the candidates that are new, changed or withdrawn, a line each."""
    every = (*found.new, *found.changed, *found.withdrawn)
    several = len({change.source for change in every}) > 1
    kinds = (("new", found.new), ("changed", found.changed), ("withdrawn", found.withdrawn))
    if every:
        print_table(
            [(kind, change) for kind, changes in kinds for change in changes],
            (text(""), itemgetter(0)),
            (text("id"), lambda row: f"{short_source(row[1].source)}/{row[1].id}" if several else row[1].id),
            (text("formula"), lambda row: row[1].formula),
            (number("ceiling\n(K)", digits=1), lambda row: row[1].tc_ceiling_k),
            (text("why"), lambda row: row[1].why),
            (text("what moved"), lambda row: _movements(row[1])),
        )


def _movements(change: Change) -> str:
    return "; ".join(f"{column} {_short(old)} -> {_short(new)}" for column, old, new in change.moved)


def _short(value: object) -> str:
    return "none" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def print_runs(records: Sequence[Mapping[str, Any]], kept: Collection[str], latest: str | None) -> None:
    """Prints the records of runs, a line each.

    Args:
        records: as `catalog.runs.record.run_records` gives them.
        kept: names of the runs whose published files are on disk.
        latest: the one of them that is in force.
    """

    def in_catalog(record: Mapping[str, Any]) -> str | None:
        if record.get("outcome") == ROLLED_BACK:
            return f"to {record.get('published')}"
        # Older programs named the published files apart from the record of their run.
        name = record.get("published" if record.get("outcome") == "published" else "run")
        return "latest" if name == latest else "kept" if name in kept else None

    def changes(record: Mapping[str, Any]) -> Mapping[str, Any]:
        return record.get("changes") or {}

    if records:
        print_table(
            records,
            *((text(fact), methodcaller("get", fact)) for fact in ("run", "source", "finished", "outcome")),
            (number("entries", digits=0), methodcaller("get", "entries")),
            (number("new", digits=0), lambda record: changes(record).get("new")),
            (number("changed", digits=0), lambda record: changes(record).get("changed")),
            (number("withdrawn", digits=0), lambda record: changes(record).get("withdrawn")),
            (text("catalog"), in_catalog),
        )


def print_cages(answers: Sequence[Mapping[str, Any]]) -> None:
    """Prints what `flows.cli.cages` says: a line a cage, or one that says why there is none, and the note."""
    rows: list[dict[str, Any]] = []
    for answer in answers:
        first = {"path": answer["path"], "formula": answer["formula_written"] or answer["formula"]}
        first["family"] = answer["family"] or answer["outcome"]
        note = answer["note"]
        for phase in answer["phases"]:
            remark = "; ".join(filter(None, (answer["message"], note)))
            rows.append({**first, **phase, "apexes": "-".join(phase["apexes"]), "remark": remark})
            first, note = {}, None
        if not answer["phases"]:
            why = f"{answer['reason']}: {answer['message']}"
            rows.append({**first, "remark": "; ".join(filter(None, (why, note)))})
    texts = ("path", "formula", "family", "phase", "cage", "metal", "apexes")
    print_table(
        rows,
        *((text(name), methodcaller("get", name)) for name in texts),
        (number("faces", digits=0), methodcaller("get", "faces")),
        (number("count", digits=0), methodcaller("get", "count")),
        (number("ξ (Å)", digits=3), methodcaller("get", "xi_ang")),
        (number("offset (Å)", digits=3), methodcaller("get", "lateral_offset_ang")),
        (number("T_c (K)", digits=1), methodcaller("get", "tc_k")),
        (text("remark"), itemgetter("remark")),
    )
