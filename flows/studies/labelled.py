"""Structures with a measured T_c from a table of the user's: `csv:FILE`, or `3dsc:DIR` as published."""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from catalog.errors import SourceError
from catalog.sources.base import Failure, RawEntry
from catalog.sources.files import shown
from polywell.records import Provenance

FORMS = ("csv:FILE", "3dsc:DIR")
COLUMNS = {"csv": ("path", "tc"), "3dsc": ("cif", "tc")}
"""Columns of a path and of a T_c in K, by layout."""

NAME_3DSC = "3DSC_MP.csv"
FOLDERS_3DSC = ("", "data/final/MP", "superconductors_3D/data/final/MP")
"""Where the table lies below the folder that the user names: its own, the package's, or the repository's."""

HIGHEST_TC_K = 500.0
"""K; a larger T_c is a slip of units or of columns."""


@dataclass(frozen=True)
class Labelled:
    """The rows of such a table: structures to read, and rows whose T_c or path says nothing.

    A T_c of 0 or without a number is kept as 0: the row did not superconduct.
    """

    name: str
    sha256: str
    entries: tuple[RawEntry, ...]
    unusable: tuple[Failure, ...]


def labelled_entries(spec: str) -> Labelled:
    """The rows that a spec names, in their order; the structures are not read yet.

    Args:
        spec: `csv:FILE`, a table with the columns path (relative to the file) and tc; or `3dsc:DIR`, the
            folder of 3DSC_MP.csv with the columns cif (relative to a folder above the table) and tc. Lines
            that begin with # are comments.

    Raises:
        SourceError: an unknown spec, no such file, no text, a missing column, or no rows.
    """
    kind, _, place = spec.partition(":")
    if kind not in COLUMNS or not place:
        raise SourceError(f"{spec!r} names no data to evaluate against; expected one of {', '.join(FORMS)}")
    path = Path(place).expanduser()
    table = _table_of_3dsc(path, spec) if kind == "3dsc" else path
    content = _bytes(table, spec)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{spec!r}: {table.name} is not text in UTF-8 (byte {error.start}); save it as a CSV in UTF-8"
        ) from error
    entries: list[RawEntry] = []
    unusable: list[Failure] = []
    used: set[str] = set()
    for line, named, tc in _rows(text, COLUMNS[kind], spec):
        id_ = shown(named) or f"line {line}"
        if id_ in used:
            id_ = f"{id_} (line {line})"
        used.add(id_)
        try:
            provenance = Provenance(tc_measured_k=_tc_k(tc))
            if not named:
                raise ValueError("the row names no structure; give the path of a file")
        except ValueError as error:
            unusable.append(Failure(spec, id_, "", (), Provenance(), "UnusableRow", f"line {line}: {error}"))
        else:
            found = _structure_file(table, named, kind)
            entries.append(RawEntry(spec, id_, "path", str(found), provenance=provenance))
    if not entries and not unusable:
        raise SourceError(f"{spec!r}: {table.name} holds a heading and no rows; add a row for each structure")
    return Labelled(spec, hashlib.sha256(content).hexdigest(), tuple(entries), tuple(unusable))


def _table_of_3dsc(folder: Path, spec: str) -> Path:
    """The table itself, or the one in the places where a release has it."""
    if folder.is_file():
        return folder
    if not folder.is_dir():
        raise SourceError(f"{spec!r}: there is no folder {str(folder)!r}; give the folder of {NAME_3DSC}")
    places = (folder / below / NAME_3DSC for below in FOLDERS_3DSC)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise SourceError(
            f"{spec!r}: there is no {NAME_3DSC} in {str(folder)!r} nor in its folder {FOLDERS_3DSC[1]}; "
            "give the folder that holds it"
        )
    return found


def _bytes(table: Path, spec: str) -> bytes:
    if not table.exists():
        raise SourceError(f"{spec!r}: there is no file {str(table)!r}; give an existing CSV")
    try:
        return table.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{spec!r}: {str(table)!r} cannot be read ({error.strerror or error}); give a CSV that can"
        ) from error


def _rows(text: str, columns: tuple[str, str], spec: str) -> Iterator[tuple[int, str, str]]:
    """Line, path and T_c of each row as texts; empty lines are none."""
    numbered = [
        (number, line)
        for number, line in enumerate(StringIO(text, newline=""), start=1)
        if not line.startswith("#")
    ]
    reader = csv.reader(line for _, line in numbered)
    places: tuple[int, int] | None = None
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if places is None:
                places = _places(cells, columns, spec)
                continue
            line = numbered[reader.line_num - 1][0]
            path, tc = (cells[place].strip() if place < len(cells) else "" for place in places)
            yield line, path, tc
    except csv.Error as error:
        line = numbered[reader.line_num - 1][0]
        raise SourceError(f"{spec!r}: line {line} is no row of a CSV ({error}); mend the file") from error
    if places is None:
        raise SourceError(f"{spec!r}: the table is empty; expected a heading with {' and '.join(columns)}")


def _places(heading: list[str], columns: tuple[str, str], spec: str) -> tuple[int, int]:
    names = [name.strip().lower() for name in heading]
    missing = [name for name in columns if name not in names]
    if missing:
        met = ", ".join(name for name in names[:12]) + (" ..." if len(names) > 12 else "")
        raise SourceError(
            f"{spec!r}: no column {' and '.join(missing)} among {met}; expected {' and '.join(columns)} "
            "in the first line"
        )
    return names.index(columns[0]), names.index(columns[1])


def _tc_k(text: str) -> float:
    """T_c in K; 0 where the table leaves it empty.

    Raises:
        ValueError: no number, or none that a T_c can be.
    """
    if not text or text.lower() == "nan":
        return 0.0
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"tc is {text!r}; expected a number in K, or nothing") from None
    if not math.isfinite(value) or not 0 <= value <= HIGHEST_TC_K:
        raise ValueError(f"tc is {text!r}; expected 0 to {HIGHEST_TC_K:g} K")
    return value


def _structure_file(table: Path, named: str, kind: str) -> Path:
    """The file that a row names; where there is none, where it was expected.

    Paths of 3DSC begin at the folder of the package, three above the table; a copy of the table and of the
    folder cifs alone is enough.
    """
    home = Path(table).resolve().parent
    expected = home / named
    if kind == "csv":
        return expected
    places = [expected, *(above / named for above in home.parents[:3]), home / "cifs" / Path(named).name]
    return next((place for place in places if place.is_file()), expected)
