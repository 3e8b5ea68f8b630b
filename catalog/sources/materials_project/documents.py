"""Summary documents of the Materials Project, as its service and its bulk files give them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from catalog.sources.licences import MATERIALS_PROJECT
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

_RUN_TYPES = ("run_type", "functional", "calc_type")
"""Where documents of some versions name the functional; summaries of 2026 do not."""


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


def _ids_elsewhere(ids: object) -> str | None:
    if not isinstance(ids, Mapping):
        return None
    names = sorted({str(id_) for several in ids.values() for id_ in several or ()})
    return ", ".join(names) or None
