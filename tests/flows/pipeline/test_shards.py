import pyarrow as pa
from pymatgen.core import Structure

from catalog.errors import BadCellError
from catalog.sources import RawEntry
from catalog.store.predictions import record_to_row, results_hash, table_schema
from catalog.store.structures import structure_digest
from flows.pipeline.shards import RowsOf, read_batch, records_of, screen_batch
from polywell.families import load_families
from polywell.records import Provenance
from tests.flows.crystals import cacuo2


def raw(number: int, structure: Structure | None, elements: tuple[str, ...], **known: object) -> RawEntry:
    payload = {} if structure is None else structure.as_dict()
    return RawEntry(
        "s",
        f'"{number}" é\\',
        "pymatgen",
        payload,
        None,
        Provenance(**known),
        elements,  # type: ignore[arg-type]
    )


def test_rows_that_the_composition_decides_are_what_the_screen_says_of_each() -> None:
    """They are made column by column, from the pattern of one of them: no column may keep its value."""
    families = load_families()
    raws = [
        raw(0, None, ("Mg", "O"), note='a "note" with \u2028 and é', e_above_hull_ev=0.1, theoretical=True),
        raw(1, cacuo2(), ("Ca", "Cu", "O"), last_updated="2026-11-01"),
        raw(2, None, ("Cu", "Zr"), pressure_gpa=1e-9, deprecated=False, last_updated="2026-11-02"),
        RawEntry("s", "broken", "error", BadCellError("no cell"), "CuO"),
        raw(4, None, ("Mg", "O"), e_above_hull_ev=-0.0, licence="CC-BY-4.0"),
        raw(5, None, ("Cu", "O")),
        raw(6, None, ("Si",)),
    ]
    rows = read_batch([(one, "stamp") for one in raws], families, "reading")
    known = rows.to_pylist()
    expected = []
    for row, record in zip(known, records_of(known, families), strict=True):
        said = record_to_row(record) | {
            "structure_digest": structure_digest(row),
            "input_hash": row["row_hash"],
        }
        expected.append(said | {"row_hash": results_hash(said)})
    whole = screen_batch(RowsOf(rows), families)
    assert whole.equals(pa.RecordBatch.from_pylist(expected, schema=table_schema()))
    assert [row["outcome"] for row in expected] == [
        "rejected", "candidate", "rejected", "failed", "rejected", "failed", "rejected"
    ]  # fmt: skip
    one_by_one = [screen_batch([row], families).to_pylist()[0] for row in RowsOf(rows)]
    assert one_by_one == whole.to_pylist()
