"""What was relaxed with a potential, as a page and tables: what speaks against it comes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from polywell.relaxing.anchors import Missed
from polywell.relaxing.rows import FAILED, LOST, RelaxedRow
from reports.html.cells import MAX_NAME, clipped
from reports.html.names import RELAXED_DATA, RELAXED_PAGE
from reports.html.study import study_files
from reports.html.writing import File, records_csv
from reports.studies.tables import Column, listing_of, number, text

RELAXED_CSV, RELAXED_PARQUET = "relaxed.csv", "relaxed.parquet"
"""Every row, beside the page."""


def relaxed_files(
    folder: Path, potential: str, weights: str, rows: Sequence[RelaxedRow], far: Sequence[Missed]
) -> Iterator[File]:
    """Give the rows as CSV and JSON, and the page.

    Args:
        folder: where they go.
        potential: its name.
        weights: their licence and training, in words.
        rows: what was relaxed.
        far: how far the anchors are missed.
    """
    yield folder / RELAXED_CSV, records_csv(RelaxedRow, rows)
    table = listing_of("candidates", "Candidates", rows, *COLUMNS)
    yield from study_files(
        folder / RELAXED_PAGE,
        folder / RELAXED_DATA,
        {
            "potential": potential,
            "weights": weights,
            "rows": [asdict(row) for row in rows],
            "missed": [asdict(one) for one in far],
        },
        "relaxed",
        {
            "potential": potential,
            "weights": weights,
            "sentences": sentences(rows, far),
            "rows": list(zip(table.written(""), map(why, rows), strict=True)),
            "heads": [(column.label, column.digits is not None) for column in table.columns[2:]],
            "csv_name": RELAXED_CSV,
            "parquet_name": RELAXED_PARQUET,
        },
    )


def sentences(rows: Sequence[RelaxedRow], far: Sequence[Missed]) -> list[str]:
    """What came out, in words, what speaks against it first."""
    counts = Counter(row.outcome for row in rows)
    said = []
    if counts[LOST] or counts[FAILED]:
        said.append(
            f"Of {len(rows)} candidates {counts[LOST]} lost their cages when they were relaxed and "
            f"{counts[FAILED]} could not be relaxed; each says why."
        )
    unknown = sum(row.above_hull_ev is None for row in rows)
    if unknown:
        said.append(f"The energy over competing phases is not known of {unknown} of {len(rows)} candidates.")
    for one in far:
        after = (
            "too few compounds for a correction"
            if one.corrected_ang is None
            else f"{one.corrected_ang:.3f} Å after correction by the others"
        )
        if one.corrected_ang is not None and one.corrected_ang >= one.plain_ang:
            after += ", which does not help"
        said.append(
            f"{one.cage} ({one.family}): ξ of {one.cages} measured cages of {one.compounds} compounds is "
            f"missed by {one.plain_ang:.3f} Å in the median, {after} (measured over relaxed {one.ratio:.3f})."
        )
    if not far:
        said.append(
            "No measured structure was relaxed: nothing is corrected, and how far off ξ is, is not known."
        )
    return said


def why(row: RelaxedRow) -> str:
    """What is to be said beside the numbers of a row."""
    said = [row.why, row.changed, row.correction_note]
    said.append(row.hull_note + (f": {row.into}" if row.into else ""))
    return "; ".join(one for one in said if one)


def in_words(row: RelaxedRow) -> str:
    """One row as a sentence of a dossier."""
    if row.xi_relaxed_ang is None:
        return f"Relaxed with {row.potential}: {row.outcome} ({row.why})."
    parts = [f"Relaxed with {row.potential}: ξ {row.xi_relaxed_ang:.3f} Å"]
    if row.xi_start_ang is not None:
        parts[0] += f" instead of {row.xi_start_ang:.3f} Å"
    if row.xi_corrected_ang is not None:
        parts.append(
            f"{row.xi_corrected_ang:.3f} Å by {row.anchors} measured compounds, so T_c {_interval(row)} K"
        )
    else:
        parts.append(row.correction_note)
    if row.edge_ang is not None:
        parts.append(f"the edge of its squares {row.edge_ang:.3f} Å")
    if row.moved_ang is not None:
        parts.append(f"no atom moved more than {row.moved_ang:.2f} Å within the cell")
    if row.above_hull_ev is None:
        parts.append(f"energy over competing phases {row.hull_note}")
    else:
        side = "above" if row.above_hull_ev >= 0 else "below"
        parts.append(
            f"{abs(1000 * row.above_hull_ev):.0f} meV/atom {side} the hull of {row.into} ({row.hull_note})"
        )
    if row.changed:
        parts.append(f"with {row.changed}")
    return "; ".join(parts) + "."


def _interval(row: RelaxedRow) -> str:
    if row.tc_corrected_k is None or row.tc_corrected_low_k is None or row.tc_corrected_high_k is None:
        return ""
    return f"{row.tc_corrected_k:.0f} ({row.tc_corrected_low_k:.0f} to {row.tc_corrected_high_k:.0f})"


def _above_hull(row: RelaxedRow) -> str:
    if row.above_hull_ev is None:
        return "not known"
    return f"{1000 * row.above_hull_ev:+.0f}".replace("-", "−")


COLUMNS: tuple[Column[RelaxedRow], ...] = (
    (text("compound"), lambda row: clipped(row.formula, MAX_NAME)),
    (text("id"), lambda row: clipped(row.id, MAX_NAME)),
    (text("outcome"), lambda row: row.outcome),
    (number("ξ before (Å)", digits=3), lambda row: row.xi_start_ang),
    (number("ξ relaxed (Å)", digits=3), lambda row: row.xi_relaxed_ang),
    (number("ξ corrected (Å)", digits=3), lambda row: row.xi_corrected_ang),
    (number("T_c before (K)", digits=0), lambda row: row.tc_start_k),
    (number("T_c corrected (K)"), _interval),
    (number("moved (Å)"), lambda row: row.moved_ang),
    (number("above hull (meV/atom)"), _above_hull),
)
"""What the page and a terminal show of each candidate."""
