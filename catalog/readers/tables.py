"""Tables as text, separated by commas, tabs or semicolons, one column of which holds structures."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from catalog.errors import MissingValueError, ParseError, TooManyStructuresError
from catalog.readers.cif.blocks import one_line
from catalog.readers.documents import ID_KEYS, id_from, is_cif, structures_of_text
from catalog.readers.filetext import as_text
from catalog.readers.layouts import Found
from catalog.readers.limits import ReadingLimits

_NAMES = (".csv", ".tsv", ".tab")
_SEPARATORS = ",\t;|"
_HEADINGS = ("cif", "structure", "atoms")
"""Usual headings of a column of structures, the most usual first."""
_HEADING = re.compile(rb"[,;|\t]\W*(?:cif|structure|atoms)\W*$|\b(?:cif|structure|atoms)\W*[,;|\t]", re.I)
_STRUCTURES = (b"_cell_length_a", b"lattice")
_TRIED = 20
"""Rows in which a column of structures is sought."""


def is_table(name: str, data: bytes) -> bool:
    """Whether a file is such a table, by its name, or by its first line and what stands below."""
    first = data[:10_000].lstrip(b"\xef\xbb\xbf").split(b"\n", 1)[0].rstrip(b"\r")
    return name.lower().endswith(_NAMES) or (
        _HEADING.search(first) is not None
        and not first.startswith((b"#", b"data_"))
        and any(word in data for word in _STRUCTURES)
    )


def read_table(data: bytes, limits: ReadingLimits) -> list[Found]:
    """The structures of a table, one a row, in its order; a row without one is an error of its own.

    A structure is the text of a CIF, or JSON with a structure of any known layout. The id is that of a
    column of ids, else the first column where it tells all rows apart.

    Raises:
        ParseError: no rows, or no column holds structures.
        TooManyStructuresError: more rows than the limit.
    """
    header, *rows = ([_broken_into_lines(cell) for cell in row] for row in cells_of(data, limits))
    if len(rows) > limits.structures:
        raise TooManyStructuresError(
            f"{len(rows)} rows in one table, the limit is {limits.structures}; write it as JSON lines or "
            "Parquet and screen it as jsonl:FILE or parquet:FILE"
        )
    column = _column_of_structures(header, rows, limits)
    if column is None:
        names = ", ".join(repr(name[:30]) for name in header[:8])
        raise ParseError(
            f"the table has {len(rows)} rows and the columns {names}{' ...' if len(header) > 8 else ''}, but "
            "no cell with a structure; expected a column with the text of a CIF, or a structure as JSON"
        )
    ids = _ids(header, rows, column)
    return [
        found
        for number, (id_, row) in enumerate(zip(ids, rows, strict=True), start=1)
        for found in _in_row(row, column, id_, f"row {number}, column {header[column][:30]!r}", limits)
    ]


def cells_of(data: bytes, limits: ReadingLimits) -> list[list[str]]:
    """The rows of a table of text, the headings first; empty lines are passed over.

    Raises:
        ParseError: this is no table, or an empty one.
    """
    text = as_text(data)
    before = csv.field_size_limit(limits.text_bytes)  # a cell may be as long as a file
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=_separator(text)) if row]
    except (csv.Error, ValueError, StopIteration) as error:
        raise ParseError(f"this is no table: {one_line(error)}") from error
    finally:
        csv.field_size_limit(before)
    if not rows:
        raise ParseError("this is no table: it has no line; expected headings and rows")
    return rows


def _broken_into_lines(cell: str) -> str:
    r"""The cell with line feeds where they were written as \n."""
    return cell if "\n" in cell or not is_cif(cell) else cell.replace("\\r", "").replace("\\n", "\n")


def _in_row(
    row: Sequence[str], column: int, id_: str | None, place: str, limits: ReadingLimits
) -> Iterator[Found]:
    cell = row[column] if column < len(row) else ""
    found = structures_of_text(cell, id_, limits)
    if found:
        yield from found
    elif not cell.strip():
        yield Found("error", MissingValueError(f"{place}: there is no structure"), id_)
    elif cell.lstrip().startswith(("{", "[")):
        yield Found("error", ParseError(f"{place}: nothing looks like a structure"), id_)
    else:
        yield Found("cif", cell, id_)


def _separator(text: str) -> str:
    """The separator is the one that parts the first line most often."""
    first = text.lstrip("\n").split("\n", 1)[0]
    widths = {mark: len(next(csv.reader([first], delimiter=mark))) for mark in _SEPARATORS}
    return max(_SEPARATORS, key=widths.__getitem__)


def _column_of_structures(
    header: Sequence[str], rows: Sequence[Sequence[str]], limits: ReadingLimits
) -> int | None:
    """The column by its heading where its cells are structures, else the first of such cells."""

    def holds(column: int) -> bool:
        cells = [row[column] for row in rows if column < len(row) and row[column].strip()][:_TRIED]
        return any(is_cif(cell) or structures_of_text(cell, None, limits) for cell in cells)

    named = [name.strip().lower() for name in header]
    usual = [named.index(name) for name in _HEADINGS if name in named]
    return next((column for column in dict.fromkeys([*usual, *range(len(header))]) if holds(column)), None)


def _ids(header: Sequence[str], rows: Sequence[Sequence[str]], column: int) -> list[str | None]:
    named = [name.strip().lower() for name in header]
    known = [named.index(key) for key in ID_KEYS if key in named]
    known += [place for place, name in enumerate(named) if re.search(r"(?:^|[_ -])id$", name)]
    for place in dict.fromkeys([*known, 0]):
        cells = [row[place] if place < len(row) else "" for row in rows]
        if place != column and (place in known or len(set(cells)) == len(cells)):
            return [id_from(cell) for cell in cells]
    return [None] * len(rows)
