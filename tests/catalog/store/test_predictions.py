from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from catalog.store.lake import merge, read_rows
from catalog.store.predictions import predictions_schema, record_to_row, row_to_record
from catalog.store.schema import arrow_type
from polywell.records import ENTRY_COLUMNS, PHASE_COLUMNS, VERTEX_COLUMNS, Screening


def test_the_schema_is_the_registry() -> None:
    schema = predictions_schema()
    assert schema.names == [column.name for column in ENTRY_COLUMNS]
    for column in ENTRY_COLUMNS:
        metadata = schema.field(column.name).metadata
        assert metadata[b"unit"].decode() == column.unit
        assert metadata[b"label"].decode() == column.label
    phase = schema.field("phases").type.value_type
    assert [field.name for field in phase] == [column.name for column in PHASE_COLUMNS]
    vertex = phase.field("vertices").type.value_type
    assert [field.name for field in vertex] == [column.name for column in VERTEX_COLUMNS]


def test_an_undocumented_type_is_refused() -> None:
    assert arrow_type("list<int32>") == pa.list_(pa.int32())
    for name in ("float16", "list<list<float64>>", "list<", "dict"):
        with pytest.raises(ValueError, match=name):
            arrow_type(name)


def test_records_come_back_from_their_rows(candidate: Callable, rejected: Callable, failed: Callable) -> None:
    for record in (candidate(), rejected(), failed()):
        row = record_to_row(record)
        assert list(row) == predictions_schema().names
        assert row_to_record(row) == record


def test_records_come_back_from_the_table(
    candidate: Callable, rejected: Callable, failed: Callable, tmp_path: Path
) -> None:
    records: list[Screening] = [candidate("a"), candidate("ü/<b>"), rejected(), failed()]
    source = records[0].source
    merge(tmp_path / "predictions", map(record_to_row, records), source)
    stored = {row["id"]: row_to_record(row) for row in read_rows(tmp_path / "predictions", source)}
    assert stored == {record.id: record for record in records}
