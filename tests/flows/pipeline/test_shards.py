import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pymatgen.core import Structure
from pymatgen.entries.computed_entries import ComputedStructureEntry

from catalog.errors import BadCellError
from catalog.sources import Chemistry, RawEntry, open_source
from catalog.sources.base import ColumnSource
from catalog.store.predictions import results_hash, table_schema
from catalog.store.schema import Row
from catalog.store.structures import parts_of
from flows.pipeline.shards import RowsOf, column_batch, in_parts, read_batch, records_of, screen_batch
from polywell.data.elements import LIGANDS
from polywell.families import load_families
from polywell.records import Provenance
from tests.catalog.stored import record_to_row
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
    for row, record in zip(known, records_of(parts_of(rows), families), strict=True):
        said = record_to_row(record) | {
            "structure_digest": row["structure_digest"],
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


def read_both_ways(spec: str) -> tuple[ColumnSource, list[str], dict[str, Row]]:
    """A source, the ids of the entries that it gives as columns, and the rows of all, each read alone.

    Those of columns are the same.
    """
    families = load_families()
    source = open_source(spec, Chemistry(families.metals, LIGANDS))
    alone = read_batch([(one, "stamp") for one in source.raw_entries()], families, "reading")
    expected = {row["id"]: row for row in alone.to_pylist()}
    seen: list[str] = []
    assert isinstance(source, ColumnSource)
    index = pa.Table.from_batches(source.index())
    for batch in source.columns():
        assert index["id"].take(batch.column("place")).to_pylist() == batch.column("id").to_pylist()
        stamped = batch.append_column("stamp", pa.array(["stamp"] * batch.num_rows))
        for part in in_parts(stamped):
            together = column_batch(RowsOf(part), families, source.name, "reading").to_pylist()
            assert together == [expected[row["id"]] for row in together]
            seen += [row["id"] for row in together]
    assert len(seen) == len(set(seen))
    return source, seen, expected


def test_a_row_is_read_the_same_alone_and_in_columns(tmp_path: Path) -> None:
    """Plain rows many at a time, all others one by one; nobody can tell which."""
    structure = cacuo2()
    plain = {
        "elements": ["Ca", "Cu", "O"],
        "chemical_formula_reduced": "Ca1Cu1O2",
        "lattice_vectors": structure.lattice.matrix.tolist(),
        "species_at_sites": [site.specie.symbol for site in structure],
        "cartesian_site_positions": structure.cart_coords.tolist(),
        "dimension_types": [1, 1, 1],
        "functional": "pbe",
        "last_modified": "2026-11-01",
        "energy_above_hull": 0.01,
    }
    positions, names = plain["cartesian_site_positions"], plain["species_at_sites"]
    others = [
        {},
        {"elements": ["Mg", "O"], "chemical_formula_reduced": "Mg1O1"},
        {"elements": ["Cu", "D", "O"]},
        {"elements": ["Ca", "Cu", "H", "O"], "chemical_formula_reduced": "Ca1Cu1H1O2"},
        {"elements": ["Ca", "Cu", "O", "Y"], "chemical_formula_reduced": "Ca1Cu1O2Y1"},
        {"chemical_formula_reduced": "Ca1Cu1O3"},
        {"chemical_formula_reduced": None},
        {"dimension_types": [1, 1, 0]},
        {"dimension_types": None, "functional": None, "energy_above_hull": None},
        {"species_at_sites": ["X", *names[1:]]},
        {"species_at_sites": [None, *names[1:]]},
        {"species_at_sites": names[1:]},
        {"species_at_sites": []},
        {"cartesian_site_positions": [[None, 0.0, 0.0], *positions[1:]]},
        {"cartesian_site_positions": [positions[0][:2], *positions[1:]]},
        {"cartesian_site_positions": [[float("nan"), 0.0, 0.0], *positions[1:]]},
        {"cartesian_site_positions": positions[1:]},
        {"cartesian_site_positions": None},
        {"lattice_vectors": [[3.85, 0, 0], [0, 3.85, 0], [0, 0, 0.2]]},
        {"lattice_vectors": [[3.85, 0, 0], [0, 3.85, 0]]},
        {"lattice_vectors": [[3.85, 0, 0], [3.85, 0, 0], [0, 0, 3.18]]},
        {"lattice_vectors": [[3e4, 0, 0], [0, 3.85, 0], [0, 0, 3.18]]},
    ]
    file = tmp_path / "rows.parquet"
    rows = [{"immutable_id": f"row {n}"} | plain | other for n, other in enumerate(others)]
    pq.write_table(pa.Table.from_pylist(rows), file, row_group_size=7)
    source, seen, expected = read_both_ways(f"parquet:{file}")
    assert {"row 0", "row 1", "row 5", "row 8"} <= set(seen)
    held = {id_ for id_, row in expected.items() if row["lattice"] is not None}
    assert {"row 0", "row 5", "row 6", "row 8"} < held
    some = [row for batch in source.columns(["row 1", "row 8"]) for row in batch.column("id").to_pylist()]
    assert sorted(some) == ["row 1", "row 8"]


def test_an_entry_of_a_dump_is_read_the_same_alone_and_in_columns(tmp_path: Path) -> None:
    """What columns hold of an entry is all that a reader takes of it; all else is kept as it is."""
    plain = json.loads(json.dumps(ComputedStructureEntry(cacuo2(), -1.0).as_dict()))
    crystal, [first, *others] = plain["structure"], plain["structure"]["sites"]

    def on_first(**values: object) -> dict[str, object]:
        return {"structure": {**crystal, "sites": [first | values, *others]}}

    def in_cell(**values: object) -> dict[str, object]:
        return {"structure": {**crystal, "lattice": crystal["lattice"] | values}}

    given = {
        "plain": {},
        "outside": {"composition": {"Mg": 1.0, "O": 1.0}},
        "without structure, outside": {"composition": {"Mg": 1.0, "O": None}, "structure": None},
        "without structure": {"structure": None},
        "empty structure": {"structure": {}},
        "said otherwise": {"composition": {"Ca": 1.0, "Cu": 1.0, "O": 3.0}},
        "said more": {"composition": {"Ca": 1.0, "Cu": 1.0, "O": 2.0, "Y": 1.0}},
        "nothing said": {"composition": None},
        "nonsense said": {"composition": {"Cu": "many"}},
        "mixed": on_first(species=[{"element": "Ca", "occu": 0.5}, {"element": "Sr", "occu": 0.5}]),
        "partial": on_first(species=[{"element": "Ca", "occu": 0.5}]),
        "deuterium": on_first(species=[{"element": "D", "occu": 1}]),
        "no element": on_first(species=[{"element": "Xx", "occu": 1}]),
        "no position": on_first(abc=None),
        "two numbers": on_first(abc=[0.5, 0.5]),
        "number as text": on_first(abc=["0.5", 0.5, 0.5]),
        "far away": on_first(abc=[7.5, -3, 0.5]),
        "null": on_first(abc=[None, 0.5, 0.5]),
        "slab": in_cell(pbc=[True, True, False]),
        "chain": in_cell(pbc=[True, False, False]),
        "flat": in_cell(matrix=[[3.85, 0, 0], [0, 3.85, 0], [0, 0, 0.2]]),
        "no matrix": in_cell(matrix=None),
        "functional": {"parameters": {"functional": "PBE"}},
        "no id": {"data": {}},
    }
    entries = [
        plain | {"data": {"mat_id": name, "e_above_hull": 0.01}} | some for name, some in given.items()
    ]
    again = plain | {"data": {"mat_id": "plain too"}}
    (tmp_path / "dump.json").write_text(json.dumps({"entries": [*entries, again, again]}))
    source, seen, expected = read_both_ways(f"alexandria:{tmp_path / 'dump.json'}")
    assert {"plain", "outside", "without structure, outside", "said otherwise", "functional"} < set(seen)
    assert not {"mixed", "slab", "empty structure", f"(row {len(given)})", "plain too"} & set(seen)
    assert len(expected) == len(given) + 2
    rows = [row for batch in source.columns(["plain", "slab"]) for row in batch.column("id").to_pylist()]
    assert rows == ["plain"]
