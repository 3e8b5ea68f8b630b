import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from catalog.readers.reading import read_parts
from catalog.sources.base import Failure, RawEntry
from catalog.store import structures
from catalog.store.delta.lake import apply
from catalog.store.schema import row_hash, row_hashes
from catalog.store.structures import (
    entry_to_row,
    failure_to_row,
    part_to_row,
    row_to_entry,
    row_to_part,
    row_to_provenance,
    structures_schema,
)
from polywell.records import Entry, Provenance
from tests.catalog.stored import stored_rows

number = st.floats(-1e3, 1e3, allow_nan=False)
share = st.floats(0.01, 0.5)


def entry_of(structure: Structure | None, **provenance: object) -> Entry:
    return Entry("files:/x y", "a/b.cif", "CuO", ("Cu", "O"), structure, Provenance(**provenance))  # type: ignore[arg-type]


def assert_identical(left: Structure, right: Structure) -> None:
    assert left.lattice.matrix.tobytes() == right.lattice.matrix.tobytes()
    assert np.asarray(left.frac_coords).tobytes() == np.asarray(right.frac_coords).tobytes()
    for one, other in zip(left, right, strict=True):
        assert {str(k): v for k, v in one.species.items()} == {str(k): v for k, v in other.species.items()}


@given(
    st.lists(
        st.tuples(number, number, number, st.sampled_from(["Cu", "O", "mixed"]), share),
        min_size=1,
        max_size=8,
    ),
    st.lists(st.floats(0.1, 50), min_size=9, max_size=9),
)
def test_a_structure_goes_through_a_row_unchanged(sites: list[tuple], vectors: list[float]) -> None:
    matrix = np.array(vectors).reshape(3, 3) + 60 * np.eye(3)
    species = [{"Cu": s[4], "Zn": s[4] / 3} if s[3] == "mixed" else s[3] for s in sites]
    structure = Structure(Lattice(matrix), species, [s[:3] for s in sites])
    back = row_to_entry(entry_to_row(entry_of(structure))).with_structure().structure
    assert back is not None
    assert_identical(structure, back)


def test_a_structure_goes_through_the_table_unchanged(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    coordinates = [*rng.random((5, 3)), [1 / 3, -0.0, math.nextafter(1, 2)], [5e-324, 0.1 + 0.2, 1e-17]]
    species = ["Cu", {"La": 0.925, "Sr": 0.075}, {"O": 1 / 3}, "O", "La", "Cu", {"O": 0.5, "F": 0.1 + 0.2}]
    structure = Structure(Lattice(rng.random((3, 3)) + 4 * np.eye(3)), species, coordinates)
    entry = entry_of(structure, pressure_gpa=0.1 + 0.2, theoretical=False, note="ü <b>\n")
    row = entry_to_row(entry)
    batch = pa.RecordBatch.from_pylist([row], schema=structures_schema())
    apply(tmp_path / "structures", [batch], pa.array([], pa.string()), entry.source)
    (stored,) = stored_rows(tmp_path / "structures", entry.source)
    assert stored == row and list(stored) == structures_schema().names
    back = row_to_entry(stored).with_structure()
    assert back.structure is not None
    assert_identical(structure, back.structure)
    assert (back.source, back.id, back.formula, back.elements, back.provenance) == (
        entry.source,
        entry.id,
        entry.formula,
        entry.elements,
        entry.provenance,
    )


def test_only_elements_are_stored(la2cuo4: Structure) -> None:
    charged = la2cuo4.copy()
    charged.add_oxidation_state_by_element({"La": 3, "Cu": 2, "O": -2})
    charged.add_site_property("magmom", [1.0] * len(charged))
    assert entry_to_row(entry_of(charged)) == entry_to_row(entry_of(la2cuo4))
    mixed = Structure(Lattice.cubic(4), [{"Fe2+": 0.25, "Fe3+": 0.5}, "D"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    row = entry_to_row(entry_of(mixed))
    assert (row["species"], row["occupancies"]) == ([["Fe"], ["H"]], [[0.75], [1.0]])


def test_an_entry_without_structure_comes_back(needs: Callable) -> None:
    entry = entry_of(None)
    assert row_to_entry(entry_to_row(entry)) == entry


def test_a_failure_comes_back_and_is_no_entry(raw_cif: Callable, needs: Callable) -> None:
    (failure,) = read_parts(raw_cif("", "\udce9<i>"), needs)
    row = part_to_row(failure)
    assert row["id"] == "\\udce9<i>"
    assert isinstance(failure, Failure)
    assert row_to_part(row).error_type == "EmptyFileError"
    with pytest.raises(ValueError, match="row_to_part"):
        row_to_entry(row)


def test_the_death_of_a_worker_is_a_row() -> None:
    raw = RawEntry("s", "x", "path", "/x", "CuO", Provenance(doping="0.15"))
    row = failure_to_row(raw, "WorkerDied", "killed by signal 9", "read")
    assert (row["id"], row["formula"], row["stage"], row["error_type"]) == ("x", "CuO", "read", "WorkerDied")
    assert row_to_provenance(row) == raw.provenance


def test_the_hash_of_a_row_changes_with_anything_in_it(la2cuo4: Structure) -> None:
    row = entry_to_row(entry_of(la2cuo4))
    assert row["row_hash"] == entry_to_row(entry_of(la2cuo4))["row_hash"]
    moved = la2cuo4.copy()
    moved.translate_sites([0], [1e-15, 0, 0], to_unit_cell=False)
    others = [entry_to_row(entry_of(moved)), entry_to_row(entry_of(la2cuo4, note="n"))]
    assert len({other["row_hash"] for other in [row, *others]}) == 3
    assert row["structure_digest"] == others[1]["structure_digest"] != others[0]["structure_digest"]


@given(st.lists(st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.floats(-1e-3, 1e-3))))
def test_numbers_of_a_digest_are_spelled_as_the_standard_library_does(numbers: list[float]) -> None:
    plain = [1e-05, -1.25e-05, 1e-09, 1e-10, 10.00005, 1e16, *numbers]
    found = structures._spelled([np.array(plain), np.empty(0), np.array(plain[::-1])])
    expected = [json.dumps(some, separators=(",", ":")) for some in (plain, [], plain[::-1])]
    assert [f"[{some.decode()}]" for some in found] == expected


@given(st.integers(1, 5), st.booleans())
def test_a_structure_has_one_digest_in_columns_and_in_rows(count: int, is_mixed: bool) -> None:
    sites = [{"Cu": 0.5, "Ni": 0.5} if is_mixed and n == 1 else {"O": 1.0} for n in range(count)]
    places = np.random.default_rng(count).random((count, 3)) * 1e-4
    row = entry_to_row(entry_of(Structure(Lattice.cubic(4.0), sites, places)))
    kept = pa.RecordBatch.from_pylist([row, row], schema=structures_schema())
    found = structures._structure_digests({name: kept.column(name) for name in structures.ARRAYS})
    assert list(found) == [row["structure_digest"]] * 2


def test_digests_of_columns_are_those_of_their_rows() -> None:
    columns = {
        "text": pa.array(['a "note" with \u2028', "plain", "", None]),
        "plain": pa.array(["a", "b", None, ""]),
        "texts": pa.array([["Cu", "O"], [], None, ["é"]], pa.list_(pa.string())),
        "number": pa.array([0.1, -0.0, None, 1e-7]),
        "flag": pa.array([True, False, None, None]),
        "row_hash": pa.array(["left", "out", "of", "it"]),
    }
    rows = pa.table(columns).to_pylist()
    assert row_hashes(columns).to_pylist() == [row_hash(row) for row in rows]
    same = {"same": pa.scalar('a "word"'), "none": pa.scalar("")}
    assert row_hashes(columns | same).to_pylist() == [row_hash(row | {"same": 'a "word"'}) for row in rows]
    assert row_hash(rows[2]) == row_hash({}), "an empty column does not count"
