"""Parquet of any type and of any claim: values, rows that fail, or one sentence."""

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.readers.reading import read_parts
from catalog.sources import Chemistry, SourceError, open_source
from catalog.sources.bulk import columns as module
from catalog.sources.bulk.columns import Columns, texts, values
from catalog.store.structures import part_to_row, structures_schema
from tests.catalog.listed import listed

CUPRATES = Chemistry(frozenset({"Cu"}), frozenset({"O"}))
ROWS = 3
PLAIN: dict[str, pa.Array] = {
    "immutable_id": pa.array(["a", "b", "c"]),
    "chemical_formula_reduced": pa.array(["CuO"] * ROWS),
    "elements": pa.array([["Cu", "O"]] * ROWS),
    "last_modified": pa.array(["2026-01-01"] * ROWS),
    "functional": pa.array(["pbe"] * ROWS),
    "energy_above_hull": pa.array([0.1] * ROWS),
    "dimension_types": pa.array([[1, 1, 1]] * ROWS),
    "lattice_vectors": pa.array([[[4.0, 0, 0], [0, 4.0, 0], [0, 0, 4.0]]] * ROWS),
    "species_at_sites": pa.array([["Cu", "O"]] * ROWS),
    "cartesian_site_positions": pa.array([[[0.0, 0, 0], [2.0, 0, 0]]] * ROWS),
}
BROKEN = pa.StringArray.from_buffers(
    3, pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0"), pa.py_buffer(b"a\xffc")
)
LATE = pa.array([2**62, None, 0], pa.int64())
KINDS: dict[str, pa.Array] = {
    "null": pa.nulls(3),
    "bool": pa.array([True, False, None]),
    "int8": pa.array([1, 2, 3], pa.int8()),
    "uint64": pa.array([2**64 - 1, 0, None], pa.uint64()),
    "float": pa.array([0.5, math.nan, math.inf]),
    "half": pa.array([0.5, 1, None], pa.float16()),
    "decimal": pa.array([Decimal("0.25"), Decimal("1"), None]),
    "decimal256": pa.array([Decimal("0.25")] * 3, pa.decimal256(60, 30)),
    "text": pa.array(["0.02", "", None]),
    "large_string": pa.array(["Cu", "O", "x" * 5000], pa.large_string()),
    "string_view": pa.array(["Cu", "O", None], pa.string_view()),
    "broken text": BROKEN,
    "dictionary": pa.array(["Cu", None, "Cu"]).dictionary_encode(),
    "dictionary of numbers": pa.array([7, 7, 8]).dictionary_encode(),
    "binary": pa.array([b"Cu", b"\xff\x00", None]),
    "large_binary": pa.array([b"Cu", b"", b"O"], pa.large_binary()),
    "fixed binary": pa.array([b"ab", b"cd", None], pa.binary(2)),
    "date32": pa.array([date(2026, 1, 2), None, date.max]),
    "late date": pa.array([2**31 - 1, -(2**31), 0], pa.int32()).cast(pa.date32()),
    "time": pa.array([1, 2, None], pa.time64("us")),
    "duration": pa.array([timedelta(1), None, timedelta(2)]),
    "timestamp": pa.array([datetime(2026, 1, 2), None, datetime(1, 1, 1)]),
    "nanoseconds": pa.array([1, 2, None], pa.timestamp("ns")),
    "zone": pa.array([1, 2, None], pa.timestamp("us", "Europe/Berlin")),
    "late timestamp": LATE.cast(pa.timestamp("ms")),
    "late seconds": pa.array([2**40, -(2**40), 0]).cast(pa.timestamp("s")),
    "list of texts": pa.array([["Cu", "O"], [], None]),
    "list of large texts": pa.array([["Cu"], ["O"], None], pa.list_(pa.large_string())),
    "large list": pa.array([["Cu", "O"], None, []], pa.large_list(pa.string())),
    "list of numbers": pa.array([[1], [2], None]),
    "list of bytes": pa.array([[b"Cu"], [b"\xff"], None]),
    "list of nulls": pa.array([[None], [], None]),
    "list of late dates": pa.array([[2**62], [], None], pa.list_(pa.int64())).cast(
        pa.list_(pa.timestamp("ms"))
    ),
    "deep list": pa.array([[[[1.0]]], [], None]),
    "fixed list": pa.array([[1.0, 2.0, 3.0]] * 3, pa.list_(pa.float64(), 3)),
    "fixed lists": pa.array([[[4.0, 0, 0]] * 3] * 3, pa.list_(pa.list_(pa.float64(), 3), 3)),
    "long list": pa.array([[1.0] * 30_000, [1.0], None]),
    "struct": pa.array([{"Cu": 1}, None, {"Cu": 2}]),
    "list of structs": pa.array([[{"Cu": 1}], [], None]),
    "map": pa.array([[("Cu", 1)], None, []], pa.map_(pa.string(), pa.int64())),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_of_any_type_gives_rows_or_one_sentence(kind: str, tmp_path: Path) -> None:
    names = list(PLAIN)
    for odd in (names[:1], names[1:7], names[7:]):
        file = tmp_path / f"{odd[0]}.parquet"
        pq.write_table(pa.table({**PLAIN, **dict.fromkeys(odd, KINDS[kind])}), file)
        try:
            source = open_source(f"parquet:{file}", CUPRATES)
        except SourceError as error:
            assert odd == ["immutable_id"] and "expected texts or numbers" in str(error)
            assert pa.types.is_nested(KINDS[kind].type)
            continue
        raws = list(source.raw_entries())
        parts = [part for raw in raws for part in read_parts(raw, CUPRATES.holds)]
        assert len(pa.RecordBatch.from_pylist(list(map(part_to_row, parts)), structures_schema())) == ROWS
        assert [id_ for id_, _ in listed(source)] == [raw.id for raw in raws]
        assert [str(raw) for raw in source.raw_entries([raws[1].id])] == [str(raws[1])]


def test_values_of_odd_columns() -> None:
    assert texts(KINDS["binary"]).to_pylist() == ["Cu", "\\xff\x00", None]
    assert texts(KINDS["broken text"]).to_pylist() == ["a", "\\xff", "c"]
    assert texts(KINDS["dictionary"]).to_pylist() == ["Cu", None, "Cu"]
    assert texts(KINDS["large_string"]).to_pylist() == ["Cu", "O", "x" * 1000]
    assert texts(KINDS["map"]).null_count == 3
    assert values(KINDS["late timestamp"])[1:] == [None, datetime(1970, 1, 1)]
    assert values(KINDS["broken text"]) == ["a", b"\xff", "c"]
    assert values(KINDS["long list"]) == [None, [1.0], None]
    assert values(KINDS["list of texts"]) == [["Cu", "O"], [], None]


def swells(**changes: pa.Array) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        count = len(next(iter(changes.values())))
        plain = {
            name: pa.chunked_array([column.take(pa.array([0] * count))]) for name, column in PLAIN.items()
        }
        pq.write_table(pa.table({**plain, **changes}), file, compression="zstd", row_group_size=10**9)

    return write


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (swells(functional=pa.array(["x"] * 50_000)), r"claims 50000 rows in \d+ bytes"),
        (swells(functional=pa.array(["x" * 200_000])), r"claims \d+ bytes of functional in \d+"),
        (swells(species_at_sites=pa.array([["x"] * 60_000])), r"claims 60000 values of species_at_sites"),
        (
            swells(functional=pa.array([b"x" * 2000], pa.binary(2000))),
            r"claims fixed_size_binary\[2000\] in",
        ),
    ],
)
def test_what_no_file_can_hold_is_one_sentence(write, words: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "FREE_BYTES", 100_000)
    monkeypatch.setattr(module, "MOST_ROWS_PER_BYTE", 1)
    write(tmp_path / "t.parquet")
    with pytest.raises(SourceError, match=words):
        open_source(f"parquet:{tmp_path / 't.parquet'}")


def test_a_long_text_of_a_dictionary_is_not_copied_for_every_row(tmp_path: Path) -> None:
    count, long = 2000, pa.array(["x" * 100_000])
    swells(
        immutable_id=pa.array(map(str, range(count))),
        functional=pa.DictionaryArray.from_arrays(pa.array([0] * count), long),
    )(tmp_path / "t.parquet")
    raws = list(open_source(f"parquet:{tmp_path / 't.parquet'}").raw_entries())
    assert len(raws) == count and {len(str(raw.provenance.functional)) for raw in raws} == {1000}
    reading = Columns(tmp_path / "t.parquet", "x", ["functional"])
    assert sum(batch.nbytes for batch in reading.batches(["functional"], count)) < 1_000_000
