"""Summary documents of the Materials Project, as its service and its bulk files give them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from catalog.sources.licences import MATERIALS_PROJECT
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
    elements = document.get("elements")
    return tuple(str(symbol) for symbol in elements) if isinstance(elements, list) else None


def date_of(document: Mapping[str, Any]) -> str | None:
    """When the document was last changed, as ISO 8601."""
    value = document.get("last_updated")
    if isinstance(value, Mapping):
        value = value.get("$date")
    return None if value is None else str(value)


def provenance_of(document: Mapping[str, Any], database_version: str | None) -> Provenance:
    """What the document says beyond its structure."""
    builder = document.get("builder_meta") or {}
    label = builder.get("license")
    deprecated = document.get("deprecated")
    reasons = document.get("deprecation_reasons")
    note = "deprecated: " + ", ".join(map(str, reasons)) if deprecated and reasons else None
    return Provenance(
        theoretical=_flag(document.get("theoretical")),
        e_above_hull_ev=_number(document.get("energy_above_hull")),
        licence=None if label is None else MATERIALS_PROJECT.get(str(label), str(label)),
        note=note,
        database_version=database_version or _text(builder.get("database_version")),
        last_updated=date_of(document),
        functional=next((_text(document[name]) for name in _RUN_TYPES if document.get(name)), None),
        magnetic_ordering=_text(document.get("ordering")),
        database_ids=_ids_elsewhere(document.get("database_IDs")),
        deprecated=_flag(deprecated),
    )


def _ids_elsewhere(ids: object) -> str | None:
    if not isinstance(ids, Mapping):
        return None
    names = sorted({str(id_) for several in ids.values() for id_ in several or ()})
    return ", ".join(names) or None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)
