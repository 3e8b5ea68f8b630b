"""Files are data, never code: nothing that stands in one is imported, evaluated or unpickled."""

import gzip
import json
import os
import pickle
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.constraints import FixAtoms
from ase.db import connect
from ase.io import ulm, write
from ase.io.formats import ioformats

import polywell
from catalog.errors import NotAStructureError, ParseError, ReadError
from catalog.readers import structures_in
from catalog.readers.reading import read_parts
from catalog.readers.structure_files import ASE
from catalog.sources.base import RawEntry
from catalog.sources.registry import open_source
from polywell.records import Entry

ROOT = Path(__file__).parents[3]
MARKER = "planted_by_a_document"
CALL = {"@module": MARKER, "@class": "Marker", "@version": "1", "value": 1}
LATTICE = [[3.8556, 0, 0], [0, 3.8556, 0], [0, 0, 3.1805]]
ATOMS = [("Ca", 0.5, 0.5, 0.5), ("Cu", 0.0, 0.0, 0.0), ("O", 0.5, 0.0, 0.0), ("O", 0.0, 0.5, 0.0)]
STRUCTURE: dict[str, Any] = {
    **CALL,
    "@module": "pymatgen.core.structure",
    "@class": "Structure",
    "lattice": {**CALL, "matrix": LATTICE},
    "properties": {"deep": [CALL]},
    "sites": [
        {
            "species": [{"element": el, "occu": 1, "properties": CALL}],
            "abc": abc,
            "properties": {
                "magmom": CALL,
                "callable": {"@module": MARKER, "@callable": "run", "@bound": None},
            },
        }
        for el, *abc in ATOMS
    ],
}
PAGE = {
    **CALL,
    "data": [
        {
            "id": "x/1",
            "extra": CALL,
            "attributes": {
                **CALL,
                "lattice_vectors": LATTICE,
                "cartesian_site_positions": [[3.8556 * x, 3.8556 * y, 3.1805 * z] for _, x, y, z in ATOMS],
                "species_at_sites": [el for el, *_ in ATOMS],
            },
        }
    ],
}


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module on the path that leaves a file behind as soon as it is imported."""
    folder = tmp_path / "modules"
    folder.mkdir()
    trace = tmp_path / "imported"
    (folder / f"{MARKER}.py").write_text(
        f"open({str(trace)!r}, 'w').close()\n"
        "class Marker:\n    @classmethod\n    def from_dict(cls, d): return cls()\n"
        "def run(*args): pass\n"
    )
    monkeypatch.syspath_prepend(folder)
    yield tmp_path
    assert MARKER not in sys.modules and not trace.exists()


@pytest.mark.parametrize("form", ["{}", '{{"data": [{}]}}', '[{{"x": {}}}]'])
@pytest.mark.parametrize("name", ["x.json", "x.json.gz", "x.mson", "x.yaml", "x.yml", "x", "x.json.xz.json"])
def test_a_document_imports_nothing(planted: Path, name: str, form: str) -> None:
    data = form.format(json.dumps(STRUCTURE)).encode()
    (planted / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    found = polywell.analyze(planted / name)
    assert found.formula == "CaCuO2" and [cage.xi_ang for cage in found.cages] == pytest.approx([3.1805])


def test_a_page_imports_nothing(planted: Path) -> None:
    (planted / "x.json").write_text(json.dumps(PAGE))
    assert [entry.id for entry in structures_in(planted / "x.json")] == ["x.json#x/1"]
    attributes: Any = PAGE["data"]
    raw = RawEntry("optimade:x", "x/1", "optimade", attributes[0]["attributes"])
    assert isinstance(read_parts(raw, lambda elements: True)[0], Entry)


@pytest.mark.parametrize("document", [CALL, [CALL], {"structure": CALL}, {"entries": [CALL, {"x": CALL}]}])
def test_a_document_that_only_calls_is_no_structure(planted: Path, document: object) -> None:
    for name in ("x.json", "x.mson", "x.yaml"):
        (planted / name).write_text(json.dumps(document))
        with pytest.raises(ParseError, match="nothing that looks like a structure"):
            structures_in(planted / name)


def test_tags_of_yaml_import_nothing(planted: Path) -> None:
    (planted / "x.yaml").write_text(f"structure: !!python/object:{MARKER}.Marker {{}}\n")
    with pytest.raises(ParseError, match="no valid YAML"):
        structures_in(planted / "x.yaml")


@pytest.mark.parametrize("kind", ["jsonl", "alexandria"])
def test_rows_of_files_import_nothing(planted: Path, kind: str) -> None:
    entry = {**CALL, "material_id": "mp-1", "structure": STRUCTURE, "builder_meta": {"x": CALL}}
    dump = {"entries": [{**CALL, "entry_id": "a", "structure": STRUCTURE, "data": {"x": CALL}}]}
    (planted / "t").write_text(json.dumps(entry if kind == "jsonl" else dump) + "\n")
    [raw] = open_source(f"{kind}:{planted / 't'}").raw_entries()
    [part] = read_parts(raw, lambda elements: True)
    assert isinstance(part, Entry) and part.formula == "CaCuO2"


def test_rows_of_parquet_import_nothing(planted: Path) -> None:
    places = [[3.8556 * x, 3.8556 * y, 3.1805 * z] for _, x, y, z in ATOMS]
    row = {
        "immutable_id": "a", "lattice_vectors": LATTICE, "species_at_sites": [el for el, *_ in ATOMS],
        "cartesian_site_positions": places, "functional": json.dumps(CALL),
    }  # fmt: skip
    called = {"pandas": json.dumps({"index_columns": [CALL]}), "huggingface": json.dumps(CALL)}
    table = pa.Table.from_pylist([row]).replace_schema_metadata(called)
    cif = pa.table({"material_id": ["a"], "cif": [json.dumps(STRUCTURE)]}).replace_schema_metadata(called)
    for number, written in enumerate((table, cif)):
        pq.write_table(written, planted / f"{number}.parquet")
        [raw] = open_source(f"parquet:{planted / f'{number}.parquet'}").raw_entries()
        [part] = read_parts(raw, lambda elements: True)
        assert isinstance(part, Entry) == (number == 0)


def test_a_database_of_ase_imports_and_makes_nothing(planted: Path) -> None:
    file = planted / "t.db"
    symbols, scaled = [el for el, *_ in ATOMS], [abc for _, *abc in ATOMS]
    with connect(str(file)) as database:
        database.write(Atoms(symbols, scaled_positions=scaled, cell=LATTICE, pbc=True), ehull=0.02)
    payload = json.dumps({"ehull": 0.02, "x": {"__ase_objtype__": MARKER, **CALL}})
    with sqlite3.connect(file) as connection:
        connection.execute(
            "UPDATE systems SET key_value_pairs = ?, data = ?, calculator = ?, calculator_parameters = ?, "
            "constraints = ?",
            (payload, pickle.dumps(CALL), MARKER, payload, json.dumps([{"name": MARKER, "kwargs": CALL}])),
        )
        connection.execute(
            "INSERT INTO information VALUES ('external_table_name', 'systems; DROP TABLE systems; --')"
        )
    connection.close()
    before = file.read_bytes()
    [raw] = open_source(f"ase:{file}").raw_entries()
    assert raw.provenance.e_above_hull_ev == 0.02
    [part] = read_parts(raw, lambda elements: True)
    assert isinstance(part, Entry) and part.formula == "CaCuO2"
    assert [entry.formula for entry in structures_in(file)] == ["CaCuO2"]
    assert file.read_bytes() == before


def test_odd_rows_of_a_database_of_ase_are_rows(planted: Path) -> None:
    file = planted / "t.db"
    symbols, scaled = [el for el, *_ in ATOMS], [abc for _, *abc in ATOMS]
    with connect(str(file)) as database:
        for _ in range(6):
            database.write(Atoms(symbols, scaled_positions=scaled, cell=LATTICE, pbc=True))
    with sqlite3.connect(file) as connection:
        for number, change in enumerate(
            ["cell = x'00'", "numbers = 'text'", f"numbers = x'{'ff' * 16}'", "key_value_pairs = '{'",
             "mtime = 1e300"], start=1,
        ):  # fmt: skip
            connection.execute(f"UPDATE systems SET {change} WHERE id = {number}")
    connection.close()
    source = open_source(f"ase:{file}")
    kinds = [type(raw.payload).__name__ for raw in source.raw_entries()]
    assert kinds == ["ParseError"] * 4 + ["dict"] * 2
    assert source.expected_count() == 6 and sum(batch.num_rows for batch in source.index()) == 6
    parts = read_parts(RawEntry("files:t", "t.db", "path", str(file)), lambda elements: True)
    assert [isinstance(part, Entry) for part in parts] == [False, False, False, True, True, True]


PICKLED = pickle.dumps(print)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.py", b"raise SystemExit\n"),
        ("x.pickle", PICKLED),
        ("x.pkl.gz", gzip.compress(PICKLED, mtime=0)),
        ("x.traj", PICKLED),
        ("x.gpw", b"- of UlmGPAW" + b"\0" * 40),
        ("x.bundle", b"text\n"),
        ("x.nc", b"CDF\x01" + b"\0" * 40),
        ("x.postgresql", b"text\n"),
        ("postgresql:__localhost_x", b"text\n"),
        ("mysql:__localhost_x", b"text\n"),
        ("x.aselmdb", b"text\n"),
        ("x.html", b"<html></html>\n"),
        ("geometry.in", b"lattice_vector 4 0 0\nsymmetry_n_params 1 1 0\nsymmetry_params a\natom 0 0 0 Cu\n"),
    ],
)
def test_what_would_run_code_or_ask_a_server_is_refused(planted: Path, name: str, data: bytes) -> None:
    (planted / name).write_bytes(data)
    with pytest.raises(ReadError) as caught:
        structures_in(planted / name)
    assert isinstance(caught.value, NotAStructureError)


def test_a_trajectory_is_read_by_its_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    symbols, scaled = [el for el, *_ in ATOMS], [abc for _, *abc in ATOMS]
    frames = [Atoms(symbols, scaled_positions=scaled, cell=LATTICE, pbc=True) for _ in range(2)]
    frames[0].set_constraint(FixAtoms([0]))
    frames[1].calc = SinglePointCalculator(frames[1], energy=1.0)
    write(tmp_path / "x.traj", frames)
    for name in ("ase.constraints.dict2constraint", "ase.io.trajectory.read_atoms"):
        monkeypatch.setattr(name, None)
    assert [entry.formula for entry in structures_in(tmp_path / "x.traj")] == ["CaCuO2"] * 2
    with ulm.open(tmp_path / "x.traj", "w", tag="Another") as other:
        other.write(numbers=[1])
    with pytest.raises(NotAStructureError, match="'Another'"):
        structures_in(tmp_path / "x.traj")


def test_a_geometry_of_fhi_aims_without_formulas_is_read(tmp_path: Path) -> None:
    lines = [f"lattice_vector {' '.join(map(str, vector))}" for vector in LATTICE]
    lines += [f"atom_frac {x} {y} {z} {el}" for el, x, y, z in ATOMS]
    (tmp_path / "geometry.in").write_text("\n".join(lines) + "\n")
    assert [entry.formula for entry in structures_in(tmp_path / "geometry.in")] == ["CaCuO2"]


def test_a_cell_of_castep_starts_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace, program = tmp_path / "started", tmp_path / "castep"
    program.write_text(f"#!/bin/sh\ntouch {trace}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    vectors = "\n".join(" ".join(map(str, vector)) for vector in LATTICE)
    rows = "\n".join(f"{el} {x} {y} {z}" for el, x, y, z in ATOMS)
    (tmp_path / "x.cell").write_text(
        f"%BLOCK LATTICE_CART\n{vectors}\n%ENDBLOCK LATTICE_CART\n"
        f"%BLOCK POSITIONS_FRAC\n{rows}\n%ENDBLOCK POSITIONS_FRAC\n"
    )
    [entry] = structures_in(tmp_path / "x.cell")
    assert entry.formula == "CaCuO2" and not entry.provenance.note and not trace.exists()


def test_the_list_names_formats_of_ase_and_none_that_makes_objects() -> None:
    assert set(ioformats) >= ASE
    assert ASE.isdisjoint(
        {"json", "db", "postgresql", "mysql", "bundletrajectory", "py", "cjson", "nomad-json", "gpw",
         "netcdftrajectory", "abinit-gsr", "octopus-in", "onetep-in", "onetep-out", "xtd"}
    )  # fmt: skip


FORBIDDEN = re.compile(
    r"MontyDecoder|\bloadfn\b|\bpickle\b|\bdill\b|\bmarshal\b|\bshelve\b|\byaml\.(?:unsafe_|full_)?load|"
    r"(?<![.\w])(?:eval|exec|__import__)\(|\bnp\.load\(|\bjoblib\.load|\bStructure\.from_dict\("
)


def test_no_module_calls_a_decoder_that_follows_names() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    names: list[str] = listed.stdout.split() or [str(file.relative_to(ROOT)) for file in ROOT.rglob("*.py")]
    rooms = [name for name in names if name.split("/")[0] in {"polywell", "catalog", "flows", "reports"}]
    assert len(rooms) > 100
    found = [
        f"{name}:{number}: {line.strip()}"
        for name in rooms
        for number, line in enumerate((ROOT / name).read_text("utf-8").splitlines(), start=1)
        if FORBIDDEN.search(line)
    ]
    assert found == []
