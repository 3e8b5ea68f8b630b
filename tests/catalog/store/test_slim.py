import pyarrow as pa

from catalog.store.schema import conformed
from catalog.store.slim import slim, sorted_rows

SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("id", pa.string()),
        ("reason", pa.string()),
        ("value", pa.float64()),
        ("nested", pa.list_(pa.struct([("x", pa.float64())]))),
        ("never", pa.list_(pa.float64())),
    ]
)


def batch(*rows: tuple) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA
    )


def test_slim_rows_in_order_are_the_rows() -> None:
    batches = [
        batch(("s", "d", "far", None, [], None), ("s", "b", "near", None, None, None)),
        batch(("s", "c", None, 2.0, [{"x": 1.0}], None)),
        batch(("s", "a", "far", 0.5, [], None)),
        batch(("r", "e", "far", 0.5, [], None)),
    ]
    expected = sorted(
        (row for part in batches for row in part.to_pylist()), key=lambda row: (row["source"], row["id"])
    )
    given = [few for part in batches for few in slim(part)]
    assert given[0].column("value").nbytes == 0  # nothing but nulls
    table = sorted_rows(given, SCHEMA)
    assert not given and table["never"].nbytes == 0
    assert table["reason"].type == pa.dictionary(pa.int32(), pa.string())
    whole = pa.Table.from_batches([conformed(part, SCHEMA) for part in table.to_batches()], SCHEMA)
    assert whole.to_pylist() == expected


def test_what_few_rows_say_takes_little_room() -> None:
    rows = [("s", f"{n:04}", None, None if n % 100 else float(n), [], None) for n in range(1000)]
    given = [few for start in (0, 500) for few in slim(batch(*rows[start : start + 500]))]
    assert [part.num_rows for part in given] == [495, 5, 495, 5]
    table = sorted_rows(given, SCHEMA)
    assert table["value"].nbytes < 5 * table.num_rows  # a place of four bytes and its mark, not eight
    whole = pa.Table.from_batches([conformed(part, SCHEMA) for part in table.to_batches()], SCHEMA)
    assert whole.to_pylist() == batch(*rows).to_pylist()


def test_no_rows_are_a_table_without_rows() -> None:
    for batches in ([], slim(batch()), [*slim(batch()), *slim(batch().slice(0, 0))]):
        table = sorted_rows(batches, SCHEMA)
        assert table.num_rows == 0 and table.schema.names == SCHEMA.names
