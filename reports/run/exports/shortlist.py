"""The shortlist as files: CSV, a workbook with units and notes, the CIFs, and the schema of the columns."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pymatgen.core import Element

from polywell.columns import Column, in_order, with_upper_ends
from polywell.data.hazards import hazards
from polywell.records import ENTRY_COLUMNS, PHASE_COLUMNS, Candidate, Entry, EntryKey
from reports.dossier.cif import cif_text
from reports.html.cells import clipped, finite
from reports.html.names import safe_name
from reports.html.writing import File, csv_bytes, page_bytes
from reports.run.exports.workbook import MAX_CELL, Cell, plain_text, workbook
from reports.run.manifest import order_of
from reports.run.schema import schema_text
from reports.run.table import of_candidate

CSV, XLSX, CIFS, SCHEMA = "shortlist.csv", "shortlist.xlsx", "cifs.zip", "catalog.schema.json"

_HAZARDS = replace(
    Column("", "Hazards", "Severe remarks of the table of hazards on its elements."),
    name="hazards",
    type="string",
)
_CIF = replace(
    Column("", "CIF", f"Name of its file in {CIFS}; empty without a structure."), name="cif", type="string"
)
_DAY_ONE = (1980, 1, 1, 0, 0, 0)

Read = Callable[[Candidate], Any]


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

    @property
    def in_words(self) -> str:
        """What it asks for; empty where it leaves everything in."""
        said = (
            f"family {self.family}" if self.family is not None else "",
            f"at most {self.max_hull_ev:g} eV/atom above the hull" if self.max_hull_ev is not None else "",
            f"without {', '.join(sorted(self.exclude_elements))}" if self.exclude_elements else "",
            f"the first {self.top}" if self.top is not None else "",
        )
        return "; ".join(filter(None, said))


@dataclass(frozen=True)
class Shortlist:
    """The files of one export, how many candidates they hold, and how many of these have a CIF."""

    files: tuple[File, ...]
    candidates: int
    cifs: int


def chosen(ranked: Sequence[Candidate], wanted: Filter) -> list[Candidate]:
    """The candidates that pass a filter, in ranked order.

    Raises:
        FilterError: an element or family that does not exist, or a number out of range.
    """
    for symbol in sorted(wanted.exclude_elements):
        if not Element.is_valid_symbol(symbol):
            raise FilterError(f"{symbol!r} is no element; write symbols, for example Hg,Tl,As")
    families = {str(one.screening.family) for one in ranked}
    if wanted.family is not None and ranked and wanted.family not in families:
        raise FilterError(
            f"no candidate of family {wanted.family!r}; this run has {', '.join(sorted(families))}"
        )
    if wanted.top is not None and wanted.top < 0:
        raise FilterError(f"top is {wanted.top}; expected a number of candidates, 0 or more")
    passing = [one for one in ranked if _passes(one, wanted)]
    return passing if wanted.top is None else passing[: wanted.top]


def _passes(one: Candidate, wanted: Filter) -> bool:
    if wanted.family is not None and one.screening.family != wanted.family:
        return False
    if wanted.exclude_elements.intersection(one.screening.elements):
        return False
    hull = finite(one.screening.provenance.e_above_hull_ev)
    return wanted.max_hull_ev is None or (hull is not None and hull <= wanted.max_hull_ev)


def shortlist(
    folder: Path,
    candidates: Sequence[Candidate],
    structures: Mapping[EntryKey, Entry],
    manifest: Mapping[str, Any],
    wanted: Filter | None = None,
) -> Shortlist:
    """Give shortlist.csv, shortlist.xlsx, cifs.zip and catalog.schema.json.

    Args:
        folder: where to.
        candidates: as `chosen` gives them.
        structures: their entries, by source and id; those without a structure get no CIF.
        manifest: the run's manifest, for the sheet of notes.
        wanted: the filter that was used, for the sheet of notes.
    """
    found = (structures.get(one.screening.key) for one in candidates)
    with_cif = {entry.key: entry for entry in found if entry is not None and entry.structure is not None}
    read = columns_of_shortlist(with_cif)
    columns = list(read)
    cells = [[_cell(of(one), column) for column, of in read.items()] for one in candidates]
    book = workbook(
        columns, cells, _notes(manifest, wanted or Filter(), len(cells)), manifest.get("finished")
    )
    files = (
        (folder / CSV, csv_bytes([column.name for column in columns], cells)),
        (folder / XLSX, book),
        (folder / CIFS, _archive(with_cif.values())),
        (folder / SCHEMA, page_bytes(schema_text())),
    )
    return Shortlist(files, len(cells), len(with_cif))


def columns_of_shortlist(with_cif: Collection[EntryKey]) -> dict[Column, Read]:
    """The columns of the shortlist and what reads them: those of the page, whole ranges, and two of its own.

    The formula that people read stands before the reduced one.

    Args:
        with_cif: source and id of the candidates that have a CIF.
    """
    on_page = [*in_order((*ENTRY_COLUMNS, *PHASE_COLUMNS), "listed"), *in_order(ENTRY_COLUMNS, "detail")]
    names = [column.name for column in on_page]
    on_page.insert(names.index("formula"), on_page.pop(names.index("formula_written")))
    return {column: of_candidate(column) for column in with_upper_ends(on_page, ENTRY_COLUMNS)} | {
        _HAZARDS: _severe,
        _CIF: lambda one: (
            _cif_name(one.screening.source, one.screening.id) if one.screening.key in with_cif else ""
        ),
    }


def _severe(one: Candidate) -> str:
    severe = [hazard for hazard in hazards(one.screening.elements) if hazard.remark.level == "severe"]
    return "; ".join(f"{hazard.remark.kind}: {', '.join(hazard.elements)}" for hazard in severe)


def _cif_name(source: str, id: str) -> str:
    return f"{safe_name(source, id)}.cif"


def _cell(value: Any, column: Column) -> Cell:
    if column.type in ("float64", "int32"):
        number = finite(value)
        return None if number is None else int(number) if column.type == "int32" else number
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "-".join(map(str, value)) if isinstance(value, tuple) else value
    return plain_text(clipped(text, MAX_CELL))


def _notes(manifest: Mapping[str, Any], wanted: Filter, count: int) -> list[tuple[str, str]]:
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
        ("Order", f"By {order_of(manifest).words}, highest first."),
        (
            "Before making one",
            "The hazards name what a table knows of the elements; look everything up yourself.",
        ),
        ("Sources", ", ".join(manifest.get("sources") or [str(manifest.get("source", ""))])),
        ("Run", f"{manifest.get('started', '')} to {manifest.get('finished', '')}"),
        (
            "Program",
            f"polywell {manifest.get('code_version', '')}, algorithm {manifest.get('algorithm_version', '')}",
        ),
        ("λ table", str(manifest.get("families_digest", ""))),
        ("Candidates in this file", str(count)),
        ("Chosen by", wanted.in_words or "all candidates of the run"),
    ]


def _archive(entries: Iterable[Entry]) -> bytes:
    """The CIFs, with equal bytes for equal structures."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in sorted(entries, key=lambda entry: (entry.id, entry.source)):
            item = zipfile.ZipInfo(_cif_name(entry.source, entry.id), _DAY_ONE)
            item.compress_type = zipfile.ZIP_DEFLATED
            item.external_attr = 0o644 << 16
            archive.writestr(item, cif_text(entry))
    return out.getvalue()
