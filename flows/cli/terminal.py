"""What the command line prints: tables and lines in which nothing from outside can act on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from catalog.runs.record import ROLLED_BACK
from flows.progress import harmless

if TYPE_CHECKING:
    from catalog.runs.diff import Difference

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


def print_table(columns: Sequence[tuple[str, bool]], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table on stdout.

    Args:
        columns: heading of each column, and whether it holds numbers.
        rows: cells; None is shown as an empty cell. A column without any content is left out.
    """
    cells = [["" if cell is None else harmless(cell, LONGEST) for cell in row] for row in rows]
    filled = [place for place in range(len(columns)) if any(row[place] for row in cells)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place in filled:
        heading, is_number = columns[place]
        justify: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(Text(heading), justify=justify, no_wrap=is_number, overflow="fold")
    for row in cells:
        table.add_row(*(Text(row[place]) for place in filled))
    console = Console()
    if not console.file.isatty():
        console = Console(width=WIDE)
    console.print(table)


def print_ranking(rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints the top of the ranking: published and calibrated T_c in K, ξ of the ceiling in Å.

    The source stands beside the id where the rows come from several.
    """
    several = len({row["source"] for row in rows}) > 1
    print_table(
        (
            ("#", True),
            ("new", True),
            *([("source", False)] if several else []),
            ("id", False),
            ("formula", False),
            ("family", False),
            ("gain\n(K)", True),
            ("ceiling\n(K)", True),
            ("range\n(K)", True),
            ("expected\n(K)", True),
            ("80 %\n(K)", True),
            ("best\n(K)", True),
            ("80 %\n(K)", True),
            ("ξ\n(Å)", True),
            ("corrected\n(Å)", True),
            ("measured\n(K)", True),
            ("extrapolated", False),
            ("suspect", False),
        ),
        (
            (
                row["rank"],
                row.get("rank_new"),
                *([short_source(row["source"])] if several else []),
                row["id"],
                row.get("formula_written") or row["formula"],
                row["family"],
                number(row.get("gain_k"), 1),
                number(row["tc_ceiling_k"], 1),
                _range(row["tc_ceiling_low_k"], row["tc_ceiling_high_k"]),
                number(row["tc_expected_k"], 1),
                _range(row["tc_low_k"], row["tc_high_k"]),
                number(row["tc_best_k"], 1),
                _range(row["tc_best_low_k"], row["tc_best_high_k"]),
                number(row["xi_ceiling_ang"], 3),
                number(row["xi_corrected_ang"], 3),
                number(row["tc_measured_k"], 1),
                row["extrapolation"],
                row["geometry_suspect"],
            )
            for row in rows
        ),
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
    rows = [
        (
            kind,
            f"{short_source(change.source)}/{change.id}" if several else change.id,
            change.formula,
            number(change.tc_ceiling_k, 1),
            change.why,
            "; ".join(f"{column} {_short(old)} -> {_short(new)}" for column, old, new in change.moved),
        )
        for kind, changes in (("new", found.new), ("changed", found.changed), ("withdrawn", found.withdrawn))
        for change in changes
    ]
    headings = ("", "id", "formula", "ceiling\n(K)", "why", "what moved")
    if rows:
        print_table([(heading, heading.startswith("ceiling")) for heading in headings], rows)


def print_runs(records: Sequence[Mapping[str, Any]], kept: Collection[str], latest: str | None) -> None:
    """Prints the records of runs, a line each.

    Args:
        records: as `catalog.runs.record.run_records` gives them.
        kept: names of the runs whose published files are on disk.
        latest: the one of them that is in force.
    """
    headings = ("run", "source", "finished", "outcome", "entries", "new", "changed", "withdrawn", "catalog")
    numbers = {"entries", "new", "changed", "withdrawn"}
    rows = []
    for record in records:
        # Older programs named the published files apart from the record of their run.
        is_published = record.get("outcome") == "published"
        name = record.get("published" if is_published else "run")
        changes = record.get("changes") or {}
        catalog = "latest" if name == latest else "kept" if name in kept else None
        if record.get("outcome") == ROLLED_BACK:
            catalog = f"to {record.get('published')}"
        counts = (changes.get(kind) for kind in ("new", "changed", "withdrawn"))
        facts = (record.get(fact) for fact in headings[:5])
        rows.append((*facts, *counts, catalog))
    if rows:
        print_table([(heading, heading in numbers) for heading in headings], rows)


def _short(value: object) -> str:
    return "none" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def number(value: float | None, digits: int) -> str:
    """A number with that many digits after the point; empty where there is none."""
    return "" if value is None else f"{value:.{digits}f}"


def print_cages(answers: Sequence[Mapping[str, Any]]) -> None:
    """Prints what `flows.cli.cages` says: a line a cage, or one that says why there is none, and the note."""
    rows: list[Sequence[object]] = []
    for answer in answers:
        formula = answer["formula_written"] or answer["formula"]
        first: Sequence[object] = (answer["path"], formula, answer["family"] or answer["outcome"])
        note = answer["note"]
        for phase in answer["phases"]:
            rows.append(
                (
                    *first,
                    phase["phase"],
                    phase["cage"],
                    phase["metal"],
                    "-".join(phase["apexes"]),
                    phase["faces"],
                    phase["count"],
                    number(phase["xi_ang"], 3),
                    number(phase["lateral_offset_ang"], 3),
                    number(phase["tc_k"], 1),
                    "; ".join(filter(None, (answer["message"], note))),
                )
            )
            first, note = ("", "", ""), None
        if not answer["phases"]:
            why = f"{answer['reason']}: {answer['message']}"
            rows.append((*first, *[None] * 9, "; ".join(filter(None, (why, note)))))
    print_table(
        (
            ("path", False),
            ("formula", False),
            ("family", False),
            ("phase", False),
            ("cage", False),
            ("metal", False),
            ("apexes", False),
            ("faces", True),
            ("count", True),
            ("ξ (Å)", True),
            ("offset (Å)", True),
            ("T_c (K)", True),
            ("remark", False),
        ),
        rows,
    )
