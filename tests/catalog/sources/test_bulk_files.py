"""Files of rows: what goes in comes out, and what is wrong with a row is a row."""

import bz2
import errno
import gzip
import json
import pickle
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ase import Atoms
from ase.db import connect
from pymatgen.core import Lattice, Structure
from pymatgen.entries.computed_entries import ComputedStructureEntry

from catalog.errors import DuplicateIdError, MissingValueError, ParseError
from catalog.readers.reading import read
from catalog.sources import Chemistry, RawEntry, SourceError, open_source
from catalog.sources.bulk import alexandria
from catalog.sources.bulk.lemat import LematSource
from catalog.sources.bulk.unpacked import Unpacked
from catalog.sources.registry import SOURCES
from tests.catalog.listed import listed

CUPRATES = Chemistry(frozenset({"Cu"}), frozenset({"O"}))
Write = Callable[[Path, dict[str, Structure]], str]


def crystals() -> dict[str, Structure]:
    cuprate = Structure(
        Lattice.tetragonal(3.86, 3.20),
        ["Ca", "Cu", "O", "O"],
        [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 1 / 3, 0.1]],
    )
    salt = Structure(Lattice.cubic(4.12), ["Cs", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    metal = Structure(Lattice.cubic(2.5), ["Cu"], [[0, 0, 0]])
    return {"b-1": cuprate, "a-2": salt, "c-3": metal}


def lemat_rows(structures: dict[str, Structure]) -> list[dict]:
    return [
        {
            "immutable_id": id_,
            "elements": sorted(e.symbol for e in structure.composition.elements),
            "chemical_formula_reduced": structure.composition.reduced_formula,
            "lattice_vectors": structure.lattice.matrix.tolist(),
            "species_at_sites": [site.specie.symbol for site in structure],
            "cartesian_site_positions": structure.cart_coords.tolist(),
            "functional": "pbe",
            "last_modified": f"2026-0{number}-01T00:00:00",
            "dimension_types": [1, 1, 1],
        }
        for number, (id_, structure) in enumerate(structures.items(), start=1)
    ]


def write_lemat(path: Path, structures: dict[str, Structure], **options) -> str:
    file = path / "t.parquet"
    pq.write_table(pa.Table.from_pylist(lemat_rows(structures)), file, **options)
    return f"parquet:{file}"


def summary(id_: str, structure: Structure, number: int) -> dict:
    return {
        "material_id": id_,
        "formula_pretty": structure.composition.reduced_formula,
        "elements": sorted(e.symbol for e in structure.composition.elements),
        "structure": structure.as_dict(),
        "energy_above_hull": 0.1 * number,
        "theoretical": True,
        "ordering": "AFM",
        "database_IDs": {"icsd": ["icsd-7"]},
        "last_updated": {"$date": f"2026-0{number}-01T00:00:00"},
        "deprecated": False,
        "builder_meta": {"license": "BY-NC", "database_version": "2026.10.01"},
    }


def write_jsonl(path: Path, structures: dict[str, Structure]) -> str:
    rows = [summary(id_, s, number) for number, (id_, s) in enumerate(structures.items(), start=1)]
    file = path / "t.jsonl"
    file.write_text("\n\n".join(json.dumps(row) for row in rows) + "\n", "utf-8")
    return f"jsonl:{file}"


def write_jsonl_gz(path: Path, structures: dict[str, Structure]) -> str:
    plain = Path(write_jsonl(path, structures).partition(":")[2])
    (path / "t.jsonl.gz").write_bytes(gzip.compress(plain.read_bytes()))
    return f"jsonl:{path / 't.jsonl.gz'}"


def alexandria_entries(structures: dict[str, Structure]) -> list[dict]:
    entries = []
    for number, (id_, structure) in enumerate(structures.items(), start=1):
        data = {"mat_id": id_, "e_above_hull": 0.1 * number, "last_updated": f"2026-0{number}-01"}
        entry = ComputedStructureEntry(structure, -1.5, data=data).as_dict()
        entry["composition"] = {**entry["composition"], "Xe": None}
        entries.append(json.loads(json.dumps(entry)))
    return entries


def write_alexandria(path: Path, structures: dict[str, Structure]) -> str:
    file = path / "t.json.bz2"
    file.write_bytes(bz2.compress(json.dumps({"entries": alexandria_entries(structures)}).encode()))
    return f"alexandria:{file}"


def write_ase(path: Path, structures: dict[str, Structure]) -> str:
    with connect(str(path / "t.db")) as database:
        for structure in structures.values():
            atoms = Atoms(
                [site.specie.symbol for site in structure],
                positions=structure.cart_coords,
                cell=structure.lattice.matrix,
                pbc=True,
            )
            database.write(atoms, ehull=0.02, xc="PBE")
    return f"ase:{path / 't.db'}"


WRITERS = {
    "lemat": write_lemat, "jsonl": write_jsonl, "jsonl.gz": write_jsonl_gz,
    "alexandria": write_alexandria, "ase": write_ase,
}  # fmt: skip


@pytest.mark.parametrize("kind", WRITERS)
def test_what_goes_in_comes_out(kind: str, tmp_path: Path) -> None:
    spec = WRITERS[kind](tmp_path, crystals())
    source = open_source(spec)
    raws = list(source.raw_entries())
    ids = ["1", "2", "3"] if kind == "ase" else list(crystals())
    assert [raw.id for raw in raws] == ids
    assert [raw.source for raw in raws] == [spec] * 3
    for raw, expected in zip(raws, crystals().values(), strict=True):
        assert pickle.loads(pickle.dumps(raw)) == raw
        (entry,) = read(raw, lambda elements: True)
        structure = entry.structure
        assert structure is not None and entry.formula == expected.composition.reduced_formula
        assert [site.specie.symbol for site in structure] == [site.specie.symbol for site in expected]
        assert np.array_equal(structure.lattice.matrix, expected.lattice.matrix)
        np.testing.assert_allclose(structure.frac_coords, expected.frac_coords, atol=1e-14)
    assert list(source.raw_entries()) == raws
    assert dict(listed(source)) == {raw.id: raw.provenance.last_updated for raw in raws}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_structure_outside_of_the_chemistry_is_left_behind_and_its_entry_kept(kind, tmp_path: Path) -> None:
    spec = WRITERS[kind](tmp_path, crystals())
    raws = list(open_source(spec, CUPRATES).raw_entries())
    assert [bool(raw.payload) for raw in raws] == [True, False, False]
    entries = [read(raw, CUPRATES.holds)[0] for raw in raws]
    assert [entry.formula for entry in entries] == ["CaCuO2", "CsCl", "Cu"]
    assert [entry.elements for entry in entries] == [("Ca", "Cu", "O"), ("Cl", "Cs"), ("Cu",)]
    assert [entry.structure is None for entry in entries] == [False, True, True]


@pytest.mark.parametrize("kind", WRITERS)
def test_entries_come_by_id(kind: str, tmp_path: Path) -> None:
    source = open_source(WRITERS[kind](tmp_path, crystals()))
    whole = {raw.id: raw for raw in source.raw_entries()}
    wanted = list(whole)[1:]
    assert list(source.raw_entries(wanted)) == [whole[id_] for id_ in wanted]
    assert list(source.raw_entries([])) == []
    with pytest.raises(SourceError, match=r"1 of 2 entries asked for are not there \('none'\)"):
        list(source.raw_entries([wanted[0], "none"]))


@pytest.mark.parametrize("kind", WRITERS)
def test_the_version_is_that_of_the_bytes(kind: str, tmp_path: Path) -> None:
    source = open_source(WRITERS[kind](tmp_path, crystals()))
    before = source.version()
    assert before == source.version() and str(before).startswith("sha256:")
    (tmp_path / "ase").mkdir()
    other = WRITERS[kind](tmp_path / "ase", {"z-1": crystals()["a-2"]}).partition(":")[2]
    Path(other).rename(source.name.partition(":")[2])
    assert source.version() != before
    assert source.description()["spec"] == source.name


@pytest.mark.parametrize("kind", WRITERS)
def test_a_missing_file_is_named(kind: str, tmp_path: Path) -> None:
    form = WRITERS[kind](tmp_path, crystals()).partition(":")[0]
    with pytest.raises(SourceError, match=r"there is no file '.*nowhere'"):
        open_source(f"{form}:{tmp_path / 'nowhere'}")


def test_what_the_files_know_is_kept(tmp_path: Path) -> None:
    known = [raw.provenance for raw in open_source(write_jsonl(tmp_path, crystals())).raw_entries()]
    assert known[1].e_above_hull_ev == pytest.approx(0.2) and known[1].theoretical is True
    assert known[1].licence == "CC BY-NC 4.0" and known[1].database_ids == "icsd-7"
    assert known[1].magnetic_ordering == "AFM" and known[1].database_version == "2026.10.01"
    known = [raw.provenance for raw in open_source(write_lemat(tmp_path, crystals())).raw_entries()]
    assert known[0].functional == "pbe" and known[0].last_updated == "2026-01-01T00:00:00"
    known = [raw.provenance for raw in open_source(write_alexandria(tmp_path, crystals())).raw_entries()]
    assert known[2].e_above_hull_ev == pytest.approx(0.3)
    known = [raw.provenance for raw in open_source(write_ase(tmp_path, crystals())).raw_entries()]
    assert known[0].e_above_hull_ev == 0.02 and known[0].functional == "PBE"
    assert datetime.fromisoformat(str(known[0].last_updated)).year >= 2024


def errors_of(raws: list[RawEntry]) -> list[type | None]:
    return [type(raw.payload) if raw.kind == "error" else None for raw in raws]


def test_bad_rows_of_a_lemat_file_are_rows(tmp_path: Path) -> None:
    rows = lemat_rows(crystals())
    bad = [
        rows[0],
        rows[0],
        {**rows[0], "immutable_id": None},
        {**rows[0], "immutable_id": "x", "lattice_vectors": None},
        {**rows[0], "immutable_id": "b-1#2"},
    ]
    pq.write_table(pa.Table.from_pylist(bad), tmp_path / "t.parquet")
    source = open_source(f"parquet:{tmp_path / 't.parquet'}", CUPRATES)
    raws = list(source.raw_entries())
    assert [raw.id for raw in raws] == ["b-1", "b-1#3", "(row 3)", "x", "b-1#2"]
    assert errors_of(raws) == [None, DuplicateIdError, MissingValueError, None, None]
    with pytest.raises(Exception, match="cell vectors None"):
        read(raws[3], CUPRATES.holds)
    assert [id_ for id_, _ in listed(source)] == [raw.id for raw in raws]
    assert source.expected_count() == 5


def test_bad_lines_of_a_jsonl_file_are_rows(tmp_path: Path) -> None:
    good = summary("mp-1", crystals()["b-1"], 1)
    lines = [
        json.dumps(good),
        '{"material_id": "mp-2"',
        "[1, 2]",
        json.dumps({**good, "material_id": None}),
        json.dumps({**good, "material_id": "mp-3", "structure": None}),
        json.dumps({**good, "material_id": "mp-4", "builder_meta": "text"}),
        json.dumps(good),
        json.dumps({**good, "material_id": "mp-aaaaaaft"}),
    ]
    (tmp_path / "t.jsonl").write_text("\n".join(lines), "utf-8")
    raws = list(open_source(f"jsonl:{tmp_path / 't.jsonl'}").raw_entries())
    assert [raw.id for raw in raws] == [
        "mp-1", "(row 2)", "(row 3)", "(row 4)", "mp-3", "mp-4", "mp-1#2", "mp-149",
    ]  # fmt: skip
    assert errors_of(raws) == [
        None, ParseError, ParseError, MissingValueError,
        MissingValueError, ParseError, DuplicateIdError, None,
    ]  # fmt: skip


def test_bad_entries_of_a_dump_are_rows(tmp_path: Path) -> None:
    good = alexandria_entries(crystals())[0]
    entries = [
        good,
        7,
        {**good, "data": {"mat_id": "x"}, "structure": None},
        {**good, "data": {"mat_id": "y"}, "composition": {"Cu": "many"}},
        good,
        {**good, "data": None, "entry_id": "named"},
    ]
    (tmp_path / "t.json").write_text(json.dumps({"entries": entries}), "utf-8")
    raws = list(open_source(f"alexandria:{tmp_path / 't.json'}").raw_entries())
    assert [raw.id for raw in raws] == ["b-1", "(row 2)", "x", "y", "b-1#2", "named"]
    assert errors_of(raws) == [None, MissingValueError, MissingValueError, ParseError, DuplicateIdError, None]


def test_a_dump_is_unpacked_once_for_each_state_of_it(tmp_path: Path, monkeypatch) -> None:
    """Its index and its entries come of one pass; what is kept of it is no other than what it holds."""
    opened: list[Path] = []

    class Counted(Unpacked):
        def __init__(self, path: Path) -> None:
            opened.append(path)
            super().__init__(path)

    monkeypatch.setattr(alexandria, "Unpacked", Counted)
    outside = Chemistry(frozenset({"Fe"}), frozenset({"As"}))
    for chemistry in (None, outside):
        spec = write_alexandria(tmp_path, crystals())
        fresh = list(open_source(spec, chemistry).raw_entries())
        source = open_source(spec, chemistry)
        opened.clear()
        ids = [id_ for batch in source.index() for id_ in batch["id"].to_pylist()]
        assert list(source.raw_entries()) == fresh
        assert [raw.id for raw in source.raw_entries(ids[:1])] == ids[:1]
        assert len(opened) == 1
    write_alexandria(tmp_path, dict(list(crystals().items())[:1]))
    source.version()
    assert len(list(source.raw_entries())) == 1
    assert len(opened) == 2


def test_a_folder_of_dumps_is_one_source_and_an_entry_without_a_date_changes_with_its_file(tmp_path) -> None:
    entries = [
        {**entry, "data": {"mat_id": str(n)}} for n, entry in enumerate(alexandria_entries(crystals()))
    ]
    (tmp_path / "b.json.bz2").write_bytes(bz2.compress(json.dumps({"entries": entries[:2]}).encode()))
    (tmp_path / "a.json").write_text(json.dumps({"entries": [entries[2], entries[0]]}))
    for other in (".hidden.json", "README"):
        (tmp_path / other).write_text("no dump")
    spec = f"alexandria:{tmp_path}"
    source = open_source(spec)
    before, version = dict(listed(source)), source.version()
    assert list(before) == [raw.id for raw in source.raw_entries()] == ["2", "0", "0#2", "1"]
    (tmp_path / "b.json.bz2").write_bytes(bz2.compress(json.dumps({"entries": entries[:1]}).encode()))
    assert version != source.version() == open_source(spec).version()
    after = dict(listed(source))
    assert {id_: stamp == before[id_] for id_, stamp in after.items()} == {"2": True, "0": True, "0#2": False}
    (tmp_path / "b.json.bz2").write_bytes(b"")
    with pytest.raises(SourceError, match=r"stopped after row 0 of b\.json\.bz2 .* damaged, fetch it again"):
        list(open_source(spec).index())


def test_a_dump_whose_columns_find_no_room_is_one_sentence(tmp_path: Path, monkeypatch) -> None:
    def mkstemp(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(alexandria.tempfile, "mkstemp", mkstemp)
    with pytest.raises(
        SourceError, match=r"cannot be kept in .* \(No space left on device\); make room there"
    ):
        list(open_source(write_alexandria(tmp_path, crystals())).index())


def test_molecules_of_an_ase_database_are_told_and_placeholders_left_out(tmp_path: Path) -> None:
    with connect(str(tmp_path / "t.db")) as database:
        database.write(
            Atoms("CuO", positions=[[0, 0, 0], [2, 0, 0]], cell=[4, 4, 9], pbc=[True, False, False])
        )
        database.write(Atoms("CuX", positions=[[0, 0, 0], [2, 0, 0]], cell=[4, 4, 9], pbc=True))
    raws = list(open_source(f"ase:{tmp_path / 't.db'}").raw_entries())
    (entry,) = read(raws[1], lambda elements: True)
    assert entry.elements == ("Cu",) and "X, which is no chemical element" in str(entry.provenance.note)
    with pytest.raises(Exception, match="periodic in 1 direction"):
        read(raws[0], lambda elements: True)


@pytest.mark.parametrize("kind", ["jsonl.gz", "alexandria", "lemat"])
def test_a_file_that_breaks_off_is_an_error_and_no_shorter_list(kind: str, tmp_path: Path) -> None:
    many = {f"m-{number}": crystals()["b-1"] for number in range(600)}
    spec = WRITERS[kind](tmp_path, many)
    file = Path(spec.partition(":")[2])
    data = file.read_bytes()
    file.write_bytes(data[:4] + b"\xff" * 400 + data[404:] if kind == "lemat" else data[: len(data) // 2])
    with pytest.raises(SourceError, match="damaged, fetch it again"):
        list(open_source(spec).raw_entries())


def test_what_is_no_dump_or_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"other": []}', "utf-8")
    with pytest.raises(SourceError, match="the file holds no entries"):
        list(open_source(f"alexandria:{tmp_path / 't.json'}").raw_entries())
    (tmp_path / "t.db").write_text("not SQL", "utf-8")
    with pytest.raises(SourceError, match="is no SQLite file"):
        open_source(f"ase:{tmp_path / 't.db'}")
    (tmp_path / "t.db").write_bytes(b"SQLite format 3\x00" + b"\xff" * 500)
    with pytest.raises(SourceError, match="damaged, fetch it again"):
        list(open_source(f"ase:{tmp_path / 't.db'}").raw_entries())


def test_a_missing_column_of_a_lemat_file_is_named(tmp_path: Path) -> None:
    rows = [{"immutable_id": "a", "lattice_vectors": [[1.0]]}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    with pytest.raises(SourceError, match="column species_at_sites and cartesian_site_positions missing"):
        open_source(f"parquet:{tmp_path / 't.parquet'}")


def test_wide_columns_are_read_only_where_a_row_is_worth_it(tmp_path: Path, monkeypatch) -> None:
    structures = {f"s-{number}": crystals()["a-2"] for number in range(30)}
    structures["s-25"] = crystals()["b-1"]
    spec = write_lemat(tmp_path, structures, row_group_size=10)
    groups: list[list[int]] = []
    real = pq.ParquetFile.iter_batches

    def iter_batches(self, *args, row_groups=None, columns=None, **more):
        if columns and "lattice_vectors" in columns:
            groups.append(row_groups)
        return real(self, *args, row_groups=row_groups, columns=columns, **more)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", iter_batches)
    raws = list(open_source(spec, CUPRATES).raw_entries())
    assert groups == [[2]]
    assert [raw.id for raw in raws if raw.payload] == ["s-25"] and len(raws) == 30
    assert isinstance(open_source(spec), LematSource)


def test_rows_asked_for_are_those_of_the_whole_file(tmp_path: Path) -> None:
    """Whatever the ids: rows that are left out count for the numbers and names of those that are not."""
    [plain] = lemat_rows({"plain": crystals()["a-2"]})
    ids = ["a", None, "b", "a", "(row 6)", None, "a#2", "c", "", "b", "(row 2)", "d"]
    rows = [plain | {"immutable_id": id_, "last_modified": str(n)} for n, id_ in enumerate(ids)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet", row_group_size=5)
    source = open_source(f"parquet:{tmp_path / 't.parquet'}")
    every = list(source.raw_entries())
    names = [raw.id for raw in every]
    assert len(set(names)) == len(ids) and [name for name, _ in listed(source)] == names
    assert {"a", "b", "a#2", "a#3", "b#2", "(row 6)", "(row 6)#2", "(row 2)", "(row 2)#2"} < set(names)
    for start in range(len(names)):
        some = names[start::3]
        expected = [(raw.id, str(raw.payload)) for raw in every if raw.id in some]
        assert [(raw.id, str(raw.payload)) for raw in source.raw_entries(some)] == expected


def test_numbers_serve_as_ids(tmp_path: Path) -> None:
    [plain] = lemat_rows({"plain": crystals()["a-2"]})
    for ids in ([3, 1, 3], [2.0, 0.5]):
        pq.write_table(
            pa.Table.from_pylist([plain | {"immutable_id": id_} for id_ in ids]), tmp_path / "t.parquet"
        )
        source = open_source(f"parquet:{tmp_path / 't.parquet'}")
        names = [name for name, _ in listed(source)]
        assert len(set(names)) == len(ids)
        assert [raw.id for raw in source.raw_entries()] == names
        assert [raw.id for raw in source.raw_entries(names[1:])] == names[1:]


def test_timestamps_serve_as_dates(tmp_path: Path) -> None:
    rows = lemat_rows(crystals())
    for row in rows:
        row["last_modified"] = datetime(2026, 1, 2, 3, 4, 5)
        del row["elements"]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    raws = list(open_source(f"parquet:{tmp_path / 't.parquet'}", CUPRATES).raw_entries())
    assert raws[0].provenance.last_updated == "2026-01-02T03:04:05"
    assert [bool(raw.payload) for raw in raws] == [True, False, False]


def test_every_listed_source_can_be_opened_or_says_what_it_lacks(monkeypatch) -> None:
    monkeypatch.delenv("MP_API_KEY", raising=False)
    for kind in SOURCES:
        assert kind.meaning.endswith(".") and kind.place_in(kind.example) is not None
        if kind.form.startswith(("reference", "optimade", "design")):
            open_source(kind.example)
        else:
            with pytest.raises(SourceError, match="there is no"):
                open_source(kind.example)
