"""Rows of the predictions table and of the published files: one for every screened entry."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from hashlib import sha256
from itertools import islice, repeat
from json.encoder import encode_basestring_ascii
from typing import Any

import pyarrow as pa

from catalog.store.schema import Row, entry_schema, row_hash, storable
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
    "rank rank_published rank_calibrated rank_in_compound algorithm_version families_digest "
    "calibration_digest first_seen last_changed "
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


def rows_like(pattern: Row, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """Rows of the table that equal a pattern but for some columns, each with its `results_hash`.

    No dict is made for a row, which is what most of the time goes into where nine rows in ten are alike.

    Args:
        pattern: a row of `record_to_row`.
        columns: the columns that take the place of the pattern's, `input_hash` among them.
    """
    count = len(columns["input_hash"])
    texts: list[Iterable[str]] = []
    for place, name in enumerate(sorted(pattern.keys() - NOT_RESULTS)):
        key = f"{',' if place else '{'}{json.dumps(name)}:"
        if name in columns and columns[name].null_count < count:
            texts.append([key + _json_of(value) for value in columns[name].to_pylist()])
        else:
            texts.append(repeat(key + _json_of(None if name in columns else pattern[name]), count))
    hashes = [sha256("".join(parts).encode("ascii") + b"}").hexdigest() for parts in zip(*texts, strict=True)]
    given = {**columns, "row_hash": pa.array(hashes, pa.string())}
    schema = table_schema()
    arrays = [
        given[field.name].cast(field.type)
        if field.name in given
        else pa.array([pattern[field.name]] * count, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _json_of(value: Any) -> str:
    """A value as it stands in the canonical JSON of `catalog.store.schema.row_hash`."""
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


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
    "source id formula elements outcome algorithm_version families_digest family metal tc_ceiling_k "
    "tc_outer_k xi_ceiling_ang majority_formula volume_per_ion_ang3 spacer net_disorder "
    "apex_radius_inner_ang apex_radius_outer_ang pressure_gpa functional magnetic_ordering e_above_hull_ev"
).split()
"""Columns that correction, estimate and ranking look at, beside the phases."""

FOUND_TOGETHER = (
    "compound rank rank_published rank_calibrated rank_in_compound "
    "xi_corrected_ang xi_correction_ratio xi_correction_spread xi_correction_compounds xi_correction_note "
    "tc_corrected_k tc_corrected_low_k tc_corrected_high_k geometry_suspect geometry_from "
    "xi_compound_ang xi_compound_low_ang xi_compound_high_ang "
    "tc_expected_k tc_low_k tc_high_k superconducting_probability support support_word "
    "nearest_known nearest_similarity nearest_tc_k nearest_residual_k calibration_digest"
).split()
"""Columns that are found from all candidates of a source together; null in the table of predictions."""

_OUTLINED_PHASE = tuple(name for name in _PHASE_NAMES if name != "vertices")
_OUTLINED_PROVENANCE = tuple(name for name in OUTLINE if name in _PROVENANCE)


def outlined_candidates(table: pa.Table) -> list[ScreenRecord]:
    """The records of candidates with the columns `OUTLINE` and their phases, these without vertices.

    Column by column, which is several times faster than row by row.

    Raises:
        KeyError: a column is missing.
        ValueError: a row is no candidate.
    """
    made: list[ScreenRecord] = []
    own = [name for name in OUTLINE if name not in _PROVENANCE]
    for batch in table.select([*OUTLINE, "phases"]).to_batches():
        lists = batch.column("phases")
        flat = lists.flatten()
        columns = [_column(flat.field(name)) for name in _OUTLINED_PHASE]
        phases = iter(
            [
                Phase(**dict(zip(_OUTLINED_PHASE, values, strict=True)), vertices=())
                for values in zip(*columns, strict=True)
            ]
        )
        known = zip(*(_column(batch.column(name)) for name in _OUTLINED_PROVENANCE), strict=True)
        said = zip(*(_column(batch.column(name)) for name in own), strict=True)
        for count, values, facts in zip(lists.value_lengths().to_pylist(), said, known, strict=True):
            fields = dict(zip(own, values, strict=True))
            fields["outcome"] = Outcome(fields["outcome"])
            provenance = Provenance(**dict(zip(_OUTLINED_PROVENANCE, facts, strict=True)))
            made.append(
                ScreenRecord(**fields, phases=tuple(islice(phases, count or 0)), provenance=provenance)
            )
    return made


def _column(values: pa.Array) -> list[Any]:
    listed: list[Any] = values.to_pylist()
    return [_frozen(value) for value in listed] if pa.types.is_list(values.type) else listed


def with_fields(table: pa.Table, records: Sequence[ScreenRecord], names: Iterable[str]) -> pa.Table:
    """The table with the columns `names` as the records say, one for each row."""
    for name in names:
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        values = pa.array([getattr(record, name) for record in records], field.type)
        table = table.set_column(place, field, values)
    return table


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
