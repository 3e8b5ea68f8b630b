"""Values of odd types: each becomes a value of its column, or a row that fails, and no run ends of it."""

import json
import math
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from catalog.readers.reading import read_parts
from catalog.sources import RawEntry, open_source
from catalog.sources.optimade import source as optimade
from catalog.sources.optimade.providers import FIELDS
from catalog.sources.rows import row_or_error
from catalog.sources.values import LONGEST, flag, number, symbols, text
from catalog.store.structures import PROVENANCE_FIELDS, failure_to_row, part_to_row, structures_schema
from polywell.records import Provenance

HUGE = 10**5000
JSON_VALUES = [
    None, True, False, 0, 7, -1.5, 1e300, math.inf, math.nan, 10**400, "", "text", "7", "nan", "\ud800",
    "x" * 5000,
    [], [None], ["Cu", 7], [["Cu"]], {}, {"a": 1}, {"$date": [1]}, {"$date": {"a": 1}},
]  # fmt: skip
ODD = [
    *JSON_VALUES, HUGE, b"", b"\xff", bytearray(b"a"), date(2026, 1, 2), datetime(1, 1, 1), Decimal("0.25"),
    Decimal("nan"), Decimal("sNaN"), 1j, np.float32(0.5), np.int64(3), np.bool_(True), np.str_("Cu"),
    np.array([1.0]), object(), print, {1}, ("Cu",), range(3),
]  # fmt: skip


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (text, 7, "7"), (text, b"caf\xc3\xa9\xff", "café\\xff"), (text, "x" * 5000, "x" * LONGEST),
        (text, date(2026, 1, 2), "2026-01-02"), (text, True, None), (text, ["Cu"], None),
        (text, Decimal("0.25"), "0.25"), (text, np.int64(3), "3"), (text, np.str_("Cu"), "Cu"),
        (number, "0.02", 0.02), (number, Decimal("0.25"), 0.25), (number, b"1", 1.0),
        (number, np.float32(0.5), 0.5),
        (number, "none", None), (number, True, None), (number, math.nan, None),
        (number, "inf", None), (number, [1.0], None), (number, 1j, None), (number, Decimal("sNaN"), None),
        (flag, np.bool_(True), True), (flag, 1, None), (flag, "true", None),
        (symbols, ["Cu", "O"], ("Cu", "O")), (symbols, ("Cu", 7), None), (symbols, "Cu", None),
        (symbols, 7, None),
        (symbols, ["Cu", "Qq"], None), (symbols, ["D"], ("D",)), (symbols, ["Cu"] * 2000, None),
        (symbols, [], ()),
    ],
)  # fmt: skip
def test_a_value_becomes_one_of_its_column(
    read: Callable[[object], object], value: object, expected: object
) -> None:
    found = read(value)
    assert found == expected and type(found) is type(expected)


def test_an_integer_of_thousands_of_digits_is_no_value() -> None:
    assert text(HUGE) is None and number(HUGE) is None


def row_count(raws: Iterable[RawEntry]) -> int:
    """Number of rows of a table that the raw entries give, read or as failures of their worker."""
    raws = list(raws)
    rows = [part_to_row(part) for raw in raws for part in read_parts(raw, lambda elements: True)]
    rows += [failure_to_row(raw, "WorkerDied", "ended", "read") for raw in raws]
    return int(pa.RecordBatch.from_pylist(rows, schema=structures_schema()).num_rows)


def test_whatever_a_raw_entry_is_made_of_gives_a_row() -> None:
    raws = [RawEntry("x", value, "error", "", value, elements=value) for value in ODD]
    raws += [
        RawEntry("x", "1", "error", "", None, Provenance(**{name: value}))
        for name in PROVENANCE_FIELDS
        for value in ODD
    ]
    assert row_count(raws) == 2 * len(raws)


SUMMARY = {
    "material_id": "mp-1", "formula_pretty": "CuO", "elements": ["Cu",
    "O"], "structure": {}, "last_updated": "2026",
    "energy_above_hull": 0.1, "theoretical": True, "database_IDs": {}, "ordering": "NM", "deprecated": False,
    "deprecation_reasons": [], "builder_meta": {}, "run_type": "PBE",
}  # fmt: skip
ENTRY = {
    "entry_id": "a", "composition": {"Cu": 1.0}, "structure": {}, "parameters": {}, "data": {}, "mat_id": "a",
    "e_above_hull": 0.1, "last_updated": "2026", "functional": "PBE",
}  # fmt: skip
ATTRIBUTES = [
    "chemical_formula_reduced", "elements", "last_modified", "lattice_vectors", "species_at_sites", "species",
    "cartesian_site_positions", "fractional_site_positions", "dimension_types", "nperiodic_dimensions",
    "assemblies",
    "structure_features", "site_coordinate_span", "space_group_symmetry_operations_xyz",
    *(field.path[0] for field in FIELDS),
]  # fmt: skip


def test_odd_values_in_documents_are_rows(tmp_path: Path) -> None:
    documents = [{**SUMMARY, name: value} for name in SUMMARY for value in JSON_VALUES]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, documents)), "utf-8")
    source = open_source(f"jsonl:{tmp_path / 't.jsonl'}")
    raws = list(source.raw_entries())
    assert row_count(raws) == 2 * len(documents) == 2 * sum(batch.num_rows for batch in source.index())


def test_odd_values_in_a_dump_are_rows(tmp_path: Path) -> None:
    inside = ("mat_id", "e_above_hull", "last_updated", "functional")
    entries = [
        {**ENTRY, "data": {name: value}} if name in inside else {**ENTRY, name: value}
        for name in ENTRY
        for value in JSON_VALUES
        if not (isinstance(value, float) and not math.isfinite(value)) and value != 10**400
    ]
    (tmp_path / "t.json").write_text(json.dumps({"entries": entries}), "utf-8")
    source = open_source(f"alexandria:{tmp_path / 't.json'}")
    assert row_count(source.raw_entries()) == 2 * len(entries) == 2 * sum(b.num_rows for b in source.index())


def test_odd_values_of_a_service_are_rows() -> None:
    whole = {
        "lattice_vectors": [[4, 0, 0], [0, 4, 0], [0, 0, 4]],
        "species_at_sites": ["Cu"],
        "cartesian_site_positions": [[0, 0, 0]],
    }
    items = [
        {"id": "x", "attributes": {**whole, name: value}} for name in ATTRIBUTES for value in JSON_VALUES
    ]
    items += [{"id": value, "attributes": value} for value in JSON_VALUES] + [{"id": 7}, {}]
    rows = [row_or_error(partial(optimade._row, item, Provenance()), None) for item in items]
    raws = [
        RawEntry("x", row.id or "", "error", row.error or "", row.formula, row.provenance, row.elements)
        if row.error is not None or row.payload is None
        else RawEntry("x", row.id or "", "optimade", row.payload, row.formula, row.provenance, row.elements)
        for row in rows
    ]
    assert row_count(raws) == 2 * len(items)
