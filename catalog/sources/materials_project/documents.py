"""Summary documents of the Materials Project, as its service and its bulk files give them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from catalog.sources.licences import MATERIALS_PROJECT
from catalog.sources.rows import FileRow
from catalog.sources.values import first, flag, number, symbols, text
from polywell.records import Provenance

INDEX_FIELDS = ("material_id", "last_updated", "elements")
"""What is asked of every document to see whether it has changed."""

FIELDS = (
    *INDEX_FIELDS,
    "formula_pretty",
    "structure",
    "energy_above_hull",
    "theoretical",
    "database_IDs",
    "ordering",
    "deprecated",
    "deprecation_reasons",
    "builder_meta",
)
"""What is asked of every document that is screened."""

LOOKED_FOR = (
    "structure",
    "formula_pretty",
    "elements",
    "last_updated",
    "energy_above_hull",
    "theoretical",
    "ordering",
    "deprecated",
)
"""Fields that every document should have; the others of `FIELDS` are empty in most."""

_RUN_TYPES = ("run_type", "functional", "calc_type")
"""Where documents of some versions name the functional; summaries of 2026 do not."""


def plain_id(text: str) -> str:
    """An id as the user knows it (`mp-149`), also where the service gives the padded form (`mp-aaaaaaft`)."""
    from emmet.core.types.typing import format_identifier

    try:
        return str(format_identifier(text, legacy=True))
    except ValueError:
        return text


def id_of(document: Mapping[str, Any]) -> str | None:
    """The id of a document as the user knows it; None where it has none."""
    id_ = text(document.get("material_id"))
    return plain_id(id_) if id_ else None


def elements_of(document: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Elements that the document declares."""
    return symbols(document.get("elements"))


def date_of(document: Mapping[str, Any]) -> str | None:
    """When the document was last changed, as ISO 8601; in one form, in UTC, whoever gave the document."""
    value = document.get("last_updated")
    if isinstance(value, Mapping):
        value = value.get("$date")
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return text(value)
    if not isinstance(value, datetime):
        return text(value)
    moment = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat()


def provenance_of(document: Mapping[str, Any], database_version: str | None) -> Provenance:
    """What the document says beyond its structure."""
    builder = document.get("builder_meta") or {}
    label = text(builder.get("license"))
    deprecated = document.get("deprecated")
    reasons = document.get("deprecation_reasons")
    note = "deprecated: " + ", ".join(map(str, reasons)) if deprecated and reasons else None
    return Provenance(
        theoretical=flag(document.get("theoretical")),
        e_above_hull_ev=number(document.get("energy_above_hull")),
        licence=None if label is None else MATERIALS_PROJECT.get(label, label),
        note=note,
        database_version=database_version or text(builder.get("database_version")),
        last_updated=date_of(document),
        functional=first(document, _RUN_TYPES, text),
        magnetic_ordering=text(document.get("ordering")),
        database_ids=_ids_elsewhere(document.get("database_IDs")),
        deprecated=flag(deprecated),
    )


def row_of(document: Mapping[str, Any], version: str | None) -> FileRow:
    """The document as a row, with the version of the database where the document does not say it itself."""
    structure = document.get("structure")
    return FileRow(
        id=id_of(document),
        payload=structure if isinstance(structure, dict) else None,
        formula=document.get("formula_pretty"),
        elements=elements_of(document),
        provenance=provenance_of(document, version),
    )


def _ids_elsewhere(ids: object) -> str | None:
    if not isinstance(ids, Mapping):
        return None
    names = sorted({str(id_) for several in ids.values() for id_ in several or ()})
    return ", ".join(names) or None


class Lacking:
    """Counts the documents that are read, and the fields that are None or missing in them."""

    def __init__(self) -> None:
        """Begins with none."""
        self._documents, self._fields = 0, Counter[str]()

    def see(self, document: Mapping[str, Any]) -> None:
        """Counts a document."""
        self._documents += 1
        self._fields.update(name for name in LOOKED_FOR if document.get(name) is None)

    @property
    def sentence(self) -> str:
        """The fields with their numbers: `structure 2, ordering 40 of 1000 documents read`; empty if none."""
        found = [f"{name} {self._fields[name]}" for name in LOOKED_FOR if self._fields[name]]
        return f"{', '.join(found)} of {self._documents} documents read" if found else ""
