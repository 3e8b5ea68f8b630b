"""Rows of the predictions table and of the published files: one for every screened entry."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

import pyarrow as pa

from catalog.schema import Row, entry_schema, row_hash, storable
from polywell.columns import ENTRY_COLUMNS, PHASE_COLUMNS, VERTEX_COLUMNS
from polywell.records import Outcome, Phase, Provenance, Reason, ScreenRecord, Vertex

_PROVENANCE = frozenset(field.name for field in fields(Provenance))
_ENTRY_NAMES = tuple(column.name for column in ENTRY_COLUMNS)
_NEEDED = frozenset(field.name for field in fields(ScreenRecord) if field.default is MISSING)
_PHASE_NAMES = tuple(column.name for column in PHASE_COLUMNS)
_VERTEX_NAMES = tuple(column.name for column in VERTEX_COLUMNS)


def predictions_schema() -> pa.Schema:
    """Schema of the predictions: every column of `polywell.columns`, unit and label in the metadata."""
    return entry_schema()


NOT_RESULTS = frozenset(
    "rank rank_calibrated rank_in_compound algorithm_version families_digest calibration_digest "
    "first_seen last_changed "
    "database_version last_updated input_hash row_hash".split()
)
"""Columns that may differ while what is said of an entry stays the same."""


def table_schema() -> pa.Schema:
    """Schema of the table: the predictions and their bookkeeping.

    `input_hash` is the `row_hash` of the structures row that was screened, `row_hash` that of the results.
    """
    return (
        entry_schema().append(pa.field("input_hash", pa.string())).append(pa.field("row_hash", pa.string()))
    )


def results_hash(row: Row) -> str:
    """Digest of what is said of an entry, without ranks, versions and dates."""
    return row_hash({name: value for name, value in row.items() if name not in NOT_RESULTS})


def record_to_row(record: ScreenRecord) -> Row:
    """The row of a record: plain numbers, texts, lists and dicts, in the order of the registry."""
    row: Row = {}
    for name in _ENTRY_NAMES:
        if name == "phases":
            row[name] = [_phase_to_row(phase) for phase in record.phases]
        else:
            row[name] = _plain(getattr(record.provenance if name in _PROVENANCE else record, name))
    return row


def row_to_record(row: Row) -> ScreenRecord:
    """The record of a row; the inverse of `record_to_row`. Columns of other names are not looked at.

    Raises:
        KeyError: a column is missing that cannot be empty.
        ValueError: an outcome or reason that this program does not know, or a row that contradicts itself.
    """
    values = {
        name: _frozen(row[name] if name in _NEEDED else row.get(name))
        for name in _ENTRY_NAMES
        if name not in _PROVENANCE and name != "phases"
    }
    values["outcome"] = Outcome(values["outcome"])
    values["reason"] = None if values["reason"] is None else Reason(values["reason"])
    phases = tuple(_row_to_phase(phase) for phase in row["phases"])
    return ScreenRecord(
        **values, phases=phases, provenance=Provenance(**{name: row.get(name) for name in _PROVENANCE})
    )


OUTLINE = (
    "source id formula elements outcome algorithm_version families_digest tc_ceiling_k tc_low_k compound"
).split()
"""Columns that a ranking looks at."""

_SOME_CAGE: Row = {name: () for name in _PHASE_NAMES} | {"phase": "", "cage": "", "vertices": ()}


def row_to_outline(row: Row) -> ScreenRecord:
    """The record of a candidate's row with the columns `OUTLINE`: one empty phase stands for its cages.

    Raises:
        KeyError: a column is missing.
        ValueError: the row is no candidate.
    """
    return row_to_record({**row, "reason": None, "phases": [_SOME_CAGE]})


def _phase_to_row(phase: Phase) -> Row:
    row: Row = {name: _plain(getattr(phase, name)) for name in _PHASE_NAMES if name != "vertices"}
    vertices = [{name: _plain(getattr(vertex, name)) for name in _VERTEX_NAMES} for vertex in phase.vertices]
    return {name: vertices if name == "vertices" else row[name] for name in _PHASE_NAMES}


def _row_to_phase(row: Row) -> Phase:
    values = {name: _frozen(row.get(name)) for name in _PHASE_NAMES if name != "vertices"}
    vertices = tuple(
        Vertex(**{name: _frozen(vertex[name]) for name in _VERTEX_NAMES}) for vertex in row["vertices"]
    )
    return Phase(**values, vertices=vertices)


def _plain(value: Any) -> Any:
    """Tuples as lists, enumerations as their text, numpy numbers as Python's."""
    if isinstance(value, str):
        return storable(str(value))
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
