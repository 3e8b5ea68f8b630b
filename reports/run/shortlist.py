"""The shortlist as files: CSV, a workbook with units and notes, the CIFs, and the schema of the columns."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pymatgen.core import Element

from polywell.columns import Column
from polywell.data.hazards import hazards
from polywell.records import ENTRY_COLUMNS, PHASE_COLUMNS, VERTEX_COLUMNS
from reports.dossier.cif import cif_text, has_structure
from reports.html.names import safe_name
from reports.html.writing import File, page_bytes
from reports.run.payload import order_of
from reports.run.table import Row, ceiling_phase, clipped, finite, known_as

CSV, XLSX, CIFS, SCHEMA = "shortlist.csv", "shortlist.xlsx", "cifs.zip", "catalog.schema.json"

MAX_CELL = 2000
"""Characters of one cell; a workbook holds 32,767."""

COLUMNS = (
    "rank id formula family metal tc_expected_k tc_low_k tc_high_k superconducting_probability support_word "
    "known hazards tc_ceiling_k tc_ceiling_low_k tc_ceiling_high_k tc_outer_k xi_ceiling_ang "
    "xi_corrected_ang tc_corrected_k apexes geometry_suspect extrapolation theoretical e_above_hull_ev "
    "pressure_gpa compound rank_in_compound database_ids licence citation source cif"
).split()
"""Columns of the shortlist, those of the registry and four of its own: apexes, known, hazards and cif."""

_WORDS = {
    "apexes": Column("", "Apexes", "Elements at the apexes of the cage of the ceiling."),
    "known": Column("", "Known", "Measured T_c of this compound, where it is known."),
    "hazards": Column("", "Hazards", "Severe remarks of the table of hazards on its elements."),
    "cif": Column("", "CIF", f"Name of its file in {CIFS}; empty without a structure."),
}
OWN = {name: replace(column, name=name, type="string") for name, column in _WORDS.items()}
_ENTRY = {column.name: column for column in ENTRY_COLUMNS}
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_DAY_ONE = (1980, 1, 1, 0, 0, 0)


class FilterError(ValueError):
    """A filter that names nothing that exists."""


@dataclass(frozen=True)
class Filter:
    """Which candidates make the shortlist; None and an empty set leave everything in.

    `max_hull_ev` is in eV per atom. A candidate without a hull distance does not pass it.
    """

    family: str | None = None
    max_hull_ev: float | None = None
    exclude_elements: frozenset[str] = frozenset()
    top: int | None = None


@dataclass(frozen=True)
class Shortlist:
    """The files of one export, how many candidates they hold, and how many of these have a CIF."""

    files: tuple[File, ...]
    candidates: int
    cifs: int


def chosen(ranked: Sequence[Row], wanted: Filter) -> list[Row]:
    """The candidates that pass a filter, in ranked order.

    Raises:
        FilterError: an element or family that does not exist, or a number out of range.
    """
    for symbol in sorted(wanted.exclude_elements):
        if not Element.is_valid_symbol(symbol):
            raise FilterError(f"{symbol!r} is no element; write symbols, for example Hg,Tl,As")
    families = {str(row["family"]) for row in ranked}
    if wanted.family is not None and ranked and wanted.family not in families:
        raise FilterError(
            f"no candidate of family {wanted.family!r}; this run has {', '.join(sorted(families))}"
        )
    if wanted.top is not None and wanted.top < 0:
        raise FilterError(f"top is {wanted.top}; expected a number of candidates, 0 or more")
    rows = [row for row in ranked if _passes(row, wanted)]
    return rows if wanted.top is None else rows[: wanted.top]


def _passes(row: Row, wanted: Filter) -> bool:
    if wanted.family is not None and row["family"] != wanted.family:
        return False
    if wanted.exclude_elements & set(row["elements"] or ()):
        return False
    hull = finite(row["e_above_hull_ev"])
    return wanted.max_hull_ev is None or (hull is not None and hull <= wanted.max_hull_ev)


def shortlist(
    folder: Path,
    rows: Sequence[Row],
    structures: Mapping[str, Row],
    manifest: Mapping[str, Any],
    wanted: Filter | None = None,
) -> Shortlist:
    """Give shortlist.csv, shortlist.xlsx, cifs.zip and catalog.schema.json.

    Args:
        folder: where to.
        rows: the candidates, as `chosen` gives them.
        structures: rows of the structures table by id.
        manifest: the run's manifest, for the sheet of notes.
        wanted: the filter that was used, for the sheet of notes.
    """
    with_cif = {
        str(row["id"]): structure
        for row in rows
        if has_structure(structure := structures.get(str(row["id"]))) and structure is not None
    }
    columns = _columns()
    cells = [[_cell(row, column, with_cif) for column in columns] for row in rows]
    notes = _notes(manifest, wanted or Filter(), len(rows))
    files = (
        (folder / CSV, page_bytes(csv_text(columns, cells), errors="backslashreplace")),
        (folder / XLSX, _workbook(columns, cells, notes, manifest.get("finished"))),
        (folder / CIFS, _archive(with_cif)),
        (folder / SCHEMA, page_bytes(schema_text())),
    )
    return Shortlist(files, len(rows), len(with_cif))


def _columns() -> list[Column]:
    return [OWN.get(name) or _ENTRY[name] for name in COLUMNS if name in OWN or name in _ENTRY]


def _cell(row: Row, column: Column, with_cif: Collection[str]) -> str | float | int | None:
    if column.name == "apexes":
        return "-".join(ceiling_phase(row).get("apexes") or ())
    if column.name == "known":
        return known_as(row)
    if column.name == "hazards":
        severe = [one for one in hazards(row["elements"] or ()) if one.remark.level == "severe"]
        return "; ".join(f"{one.remark.kind}: {', '.join(one.elements)}" for one in severe)
    if column.name == "cif":
        return f"{safe_name(str(row['source']), str(row['id']))}.cif" if str(row["id"]) in with_cif else ""
    value = row.get(column.name)
    if column.type in ("float64", "int32"):
        number = finite(value)
        return None if number is None else int(number) if column.type == "int32" else number
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain_text(clipped(value, MAX_CELL))


def plain_text(text: str) -> str:
    """The text without control characters: what CSV and XML can hold on one line."""
    return "".join(c if c.isprintable() else " " if c.isspace() else f"\\u{ord(c):04x}" for c in text)


def unarmed(text: str) -> str:
    """The text so that no spreadsheet runs it: a leading =, +, -, @ gets an apostrophe."""
    return f"'{text}" if text.lstrip(" '\"").startswith(_RISKY) or text.startswith(_RISKY) else text


def csv_text(columns: Sequence[Column], cells: Sequence[Sequence[Any]]) -> str:
    """Rows as CSV (RFC 4180), names of the columns first; its mark tells spreadsheets that it is UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.name for column in columns])
    for row in cells:
        writer.writerow([unarmed(cell) if isinstance(cell, str) else cell for cell in row])
    return "\ufeff" + out.getvalue()


def _workbook(
    columns: Sequence[Column],
    cells: Sequence[Sequence[Any]],
    notes: Sequence[tuple[str, str]],
    finished: str | None,
) -> bytes:
    import xlsxwriter  # type: ignore[import-untyped]

    out = io.BytesIO()
    # Texts are written as texts: never a formula, never a link.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    # The time of the run, so that the same run gives the same file.
    made = {} if finished is None else {"created": datetime.fromisoformat(finished).replace(tzinfo=None)}
    book.set_properties({"title": "Shortlist of layered superconductor candidates", **made})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    quiet = book.add_format({"font_color": "#5A646E"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    formats = {1: book.add_format({"num_format": "0.0"}), 3: book.add_format({"num_format": "0.000"})}
    sheet = book.add_worksheet("Shortlist")
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.label, bold)
        sheet.write_string(1, place, column.unit, quiet)
        sheet.set_column(place, place, 26 if column.name in ("id", "formula", "citation", "known") else 13)
    for line, row in enumerate(cells, start=2):
        for place, (column, value) in enumerate(zip(columns, row, strict=True)):
            if isinstance(value, str):
                if value:
                    sheet.write_string(line, place, value)
            elif value is not None:
                digits = 1 if column.unit == "K" else 3
                sheet.write_number(line, place, value, None if column.type == "int32" else formats[digits])
    sheet.freeze_panes(2, 3)
    if cells:
        sheet.autofilter(1, 0, len(cells) + 1, len(columns) - 1)
    remarks = book.add_worksheet("Notes")
    remarks.set_column(0, 0, 28)
    remarks.set_column(1, 1, 100)
    lines = [*notes, ("", ""), ("Column", "Meaning")]
    lines += [
        (
            f"{column.label} ({column.unit})" if column.unit else column.label,
            f"{column.name}: {column.meaning}",
        )
        for column in columns
    ]
    for line, (name, text) in enumerate(lines):
        remarks.write_string(line, 0, name, bold)
        remarks.write_string(line, 1, plain_text(clipped(text, MAX_CELL)), wrap)
    book.close()
    return out.getvalue()


def _notes(manifest: Mapping[str, Any], wanted: Filter, count: int) -> list[tuple[str, str]]:
    chosen_by = [
        f"family {wanted.family}" if wanted.family is not None else "",
        f"at most {wanted.max_hull_ev:g} eV/atom above the hull" if wanted.max_hull_ev is not None else "",
        f"without {', '.join(sorted(wanted.exclude_elements))}" if wanted.exclude_elements else "",
        f"the first {wanted.top}" if wanted.top is not None else "",
    ]
    return [
        (
            "What this is",
            "Candidates for layered superconductors, by a published relation that is contested.",
        ),
        (
            "Ceiling",
            "T_c = λ/ξ² of the smallest cage: how high T_c could go if it holds, not a forecast.",
        ),
        (
            "Expected T_c",
            "What measured compounds suggest, should it superconduct; its ends hold the middle 80 %.",
        ),
        ("Order", f"By {order_of(manifest)}, highest first."),
        (
            "Before making one",
            "The hazards name what a table knows of the elements; look everything up yourself.",
        ),
        ("Source", str(manifest.get("source", ""))),
        ("Run", f"{manifest.get('started', '')} to {manifest.get('finished', '')}"),
        (
            "Program",
            f"polywell {manifest.get('code_version', '')}, algorithm {manifest.get('algorithm_version', '')}",
        ),
        ("λ table", str(manifest.get("families_digest", ""))),
        ("Candidates in this file", str(count)),
        ("Chosen by", "; ".join(part for part in chosen_by if part) or "all candidates of the run"),
    ]


def _archive(structures: Mapping[str, Row]) -> bytes:
    """The CIFs, with equal bytes for equal structures."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for id, row in sorted(structures.items()):
            entry = zipfile.ZipInfo(f"{safe_name(str(row['source']), id)}.cif", _DAY_ONE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, cif_text(row))
    return out.getvalue()


_JSON_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": ["string", "null"]},
    "float64": {"type": ["number", "null"]},
    "int32": {"type": ["integer", "null"]},
    "bool": {"type": ["boolean", "null"]},
}


def schema_text() -> str:
    """The columns of the published files as a JSON Schema of one row, with unit and meaning of each."""
    nested = {"list<phase>": PHASE_COLUMNS, "list<vertex>": VERTEX_COLUMNS}

    def described(columns: Sequence[Column]) -> dict[str, Any]:
        fields = {}
        for column in columns:
            field: dict[str, Any]
            if column.type in nested:
                field = {"type": ["array", "null"], "items": described(nested[column.type])}
            elif column.type.startswith("list<"):
                inner = column.type.removeprefix("list<").removesuffix(">")
                field = {"type": ["array", "null"], "items": _JSON_TYPES[inner]}
            else:
                field = dict(_JSON_TYPES[column.type])
            field |= {"title": column.label, "description": column.meaning}
            if column.unit:
                field["unit"] = column.unit
            fields[column.name] = field
        return {"type": "object", "properties": fields}

    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One row of ranked.parquet, rejected.parquet or failed.parquet",
        **described(ENTRY_COLUMNS),
    }
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"
