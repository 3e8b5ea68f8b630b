from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from catalog.store.delta.lake import apply, scan
from catalog.store.predictions import (
    candidates_of,
    records_of,
    rejected_rows,
    results_hash,
    table_schema,
    with_records,
)
from catalog.store.schema import SCHEMA_VERSION, VERSION_KEY, arrow_type, entry_schema, without_words
from polywell.records import (
    ENTRY_COLUMNS,
    PHASE_COLUMNS,
    SCREENING_COLUMNS,
    VERTEX_COLUMNS,
    Candidate,
    Estimate,
    Place,
    Screening,
    Sighting,
)
from tests.catalog.stored import record_to_row


def test_the_schema_is_what_the_fields_say() -> None:
    schema = entry_schema()
    assert schema.names == [column.name for column in ENTRY_COLUMNS]
    for column in ENTRY_COLUMNS:
        metadata = schema.field(column.name).metadata
        assert metadata[b"unit"].decode() == column.unit
        assert metadata[b"label"].decode() == column.label
    phase = schema.field("phases").type.value_type
    assert [field.name for field in phase] == [column.name for column in PHASE_COLUMNS]
    vertex = phase.field("vertices").type.value_type
    assert [field.name for field in vertex] == [column.name for column in VERTEX_COLUMNS]


def test_the_table_holds_what_is_known_of_an_entry_by_itself() -> None:
    names = table_schema().names
    assert names == [*(column.name for column in SCREENING_COLUMNS), "input_hash", "row_hash"]
    assert not {"rank", "tc_expected_k"} & set(names)


def test_an_undocumented_type_is_refused() -> None:
    assert arrow_type("list<int32>") == pa.list_(pa.int32())
    for name in ("float16", "list<list<float64>>", "list<", "dict"):
        with pytest.raises(ValueError, match=name):
            arrow_type(name)


def test_records_come_back_from_the_table(
    candidate: Callable, rejected: Callable, failed: Callable, tmp_path: Path
) -> None:
    records: list[Screening] = [candidate("a"), candidate("ü/<b>"), rejected(), failed()]
    source = records[0].source
    rows = [record_to_row(record) | {"row_hash": "h", "input_hash": "i"} for record in records]
    batch = pa.RecordBatch.from_pylist(rows, schema=table_schema())
    apply(tmp_path / "predictions", [batch], pa.array([], pa.string()), source)
    stored = pa.Table.from_batches(scan(tmp_path / "predictions", source))
    assert records_of(Screening, stored) == records


def test_candidates_come_back_from_a_published_table(candidate: Callable) -> None:
    one = Candidate(
        candidate("a"),
        Estimate(compound="La2CuO4", tc_low_k=3.5, nearest_known=("x", "y"), nearest_tc_k=(1.0, 2.0)),
        Place(rank=1, rank_published=2, rank_in_compound=1, known="La2CuO4", passed_over="known"),
        Sighting(structure_digest="d", first_seen="2026-01-01"),
    )
    other = Candidate(candidate("b", phases=one.screening.phases[:1]), Estimate(), Place(2, 1, 2))
    rows = [record_to_row(each.screening) | record_to_row(each.sighting) for each in (one, other)]
    table = pa.Table.from_pylist(rows, schema=entry_schema())
    table = with_records(table, [one.estimate, other.estimate])
    table = with_records(table, [one.place, other.place])
    assert candidates_of(table) == [one, other]
    assert candidates_of(table.slice(1)) == [other]  # lists that do not begin at their first item
    assert candidates_of(table.slice(0, 0)) == []


def test_an_empty_column_does_not_count_in_the_digest_of_results(candidate: Callable) -> None:
    row = record_to_row(candidate())
    bare = {name: value for name, value in row.items() if value is not None}
    assert results_hash(row) == results_hash(bare)
    assert results_hash(row) != results_hash(row | {"tc_ceiling_k": 38.7})
    assert results_hash(row) == results_hash(row | {"algorithm_version": 7, "last_updated": "2026-01-01"})


def test_rejected_rows_are_those_of_their_records(rejected: Callable) -> None:
    records = [rejected("r1"), replace(rejected("r2"), message="another")]
    made = [record_to_row(record) for record in records]
    rows = [row | {"input_hash": "i", "row_hash": results_hash(row)} for row in made]
    whole = pa.RecordBatch.from_pylist(rows, schema=table_schema())
    differ = ("id", "message", "input_hash", "source", "formula", "elements", "reason")
    same = {"outcome": "rejected", "algorithm_version": 1, "families_digest": "d"}
    assert rejected_rows({name: whole.column(name) for name in differ}, same).to_pylist() == [
        {**row, "structure_digest": None, "first_seen": None, "last_changed": None} for row in rows
    ]


def test_a_table_of_an_older_program_loses_the_columns_that_are_no_more(
    candidate: Callable, tmp_path: Path
) -> None:
    """Until algorithm 2 the table held the columns of estimates and ranks too, all of them empty."""
    path = tmp_path / "predictions"
    older = table_schema().append(pa.field("tc_expected_k", pa.float64()))
    others = [candidate("a", source="other"), candidate("c", source="another")]
    rows = [record_to_row(record) | {"row_hash": "h", "input_hash": "i"} for record in others]
    schema = without_words(older)
    DeltaTable.create(
        path,
        schema,
        partition_by=["source"],
        configuration={VERSION_KEY: str(SCHEMA_VERSION)},
        raise_if_key_not_exists=False,
    )
    write_deltalake(path, pa.Table.from_pylist(rows, schema=schema), mode="append")
    new = record_to_row(candidate("b")) | {"row_hash": "h", "input_hash": "i"}
    batch = pa.RecordBatch.from_pylist([new], schema=table_schema())
    apply(path, [batch], pa.array([], pa.string()), new["source"])
    for source, id_ in (("other", "a"), (new["source"], "b"), ("another", "c")):
        stored = pa.Table.from_batches(scan(path, source))
        assert stored["id"].to_pylist() == [id_]
    assert "tc_expected_k" not in [field.name for field in DeltaTable(path).schema().fields]
