"""The shortlist as a workbook: one sheet of numbers with their units, one of notes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

from polywell.columns import Column
from reports.html.cells import clipped

Cell = str | float | int | None

MAX_CELL = 2000
"""Characters of one cell; a workbook holds 32,767."""

NARROW, WIDE = 13, 26
"""Characters that a column is wide, at least and at most."""


def plain_text(text: str) -> str:
    """The text without control characters: what CSV and XML can hold on one line."""
    return "".join(c if c.isprintable() else " " if c.isspace() else f"\\u{ord(c):04x}" for c in text)


def workbook(
    columns: Sequence[Column],
    cells: Sequence[Sequence[Cell]],
    notes: Sequence[tuple[str, str]],
    finished: str | None,
) -> bytes:
    """Set rows and notes as a workbook; what the columns mean follows the notes.

    Args:
        columns: of the first sheet.
        cells: one row for each candidate, in the order of the columns.
        notes: a heading and a text for each line of the second sheet.
        finished: when the run ended, as an ISO time; it is that of the file, so that equal runs give equal
            bytes.
    """
    import xlsxwriter  # type: ignore[import-untyped]

    out = io.BytesIO()
    # Texts are written as texts: never a formula, never a link.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    made = {} if finished is None else {"created": datetime.fromisoformat(finished).replace(tzinfo=None)}
    book.set_properties({"title": "Shortlist of layered superconductor candidates", **made})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    quiet = book.add_format({"font_color": "#5A646E"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    digits = sorted({column.places for column in columns if column.type == "float64"})
    formats = {places: book.add_format({"num_format": f"{0:.{places}f}"}) for places in digits}
    sheet = book.add_worksheet("Shortlist")
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.label, bold)
        sheet.write_string(1, place, column.unit, quiet)
        longest = max((len(cell) for row in cells if isinstance(cell := row[place], str)), default=0)
        sheet.set_column(place, place, min(WIDE, max(NARROW, longest)))
    for line, row in enumerate(cells, start=2):
        for place, (column, value) in enumerate(zip(columns, row, strict=True)):
            if isinstance(value, str):
                if value:
                    sheet.write_string(line, place, value)
            elif value is not None:
                sheet.write_number(line, place, value, formats.get(column.places))
    sheet.freeze_panes(2, 3)
    if cells:
        sheet.autofilter(1, 0, len(cells) + 1, len(columns) - 1)
    remarks = book.add_worksheet("Notes")
    remarks.set_column(0, 0, 28)
    remarks.set_column(1, 1, 100)
    lines = [*notes, ("", ""), ("Column", "Meaning")]
    for column in columns:
        label = f"{column.label} ({column.unit})" if column.unit else column.label
        lines.append((label, f"{column.name}: {column.meaning}"))
    for line, (name, text) in enumerate(lines):
        remarks.write_string(line, 0, name, bold)
        remarks.write_string(line, 1, plain_text(clipped(text, MAX_CELL)), wrap)
    book.close()
    return out.getvalue()
