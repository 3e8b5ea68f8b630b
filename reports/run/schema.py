"""The columns of the published files as a JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from polywell.columns import Column
from polywell.records import ENTRY_COLUMNS, PHASE_COLUMNS, VERTEX_COLUMNS

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
