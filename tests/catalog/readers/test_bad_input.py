"""Each bad entry ends as exactly one recorded failure, of the right type, within the limits."""

import bz2
import gzip
import json
import lzma
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pymatgen.core import Structure
from pymatgen.io.cif import CifWriter

from catalog.readers.limits import LIMITS
from catalog.readers.reading import read_parts
from catalog.sources.base import Failure
from catalog.store.structures import part_to_row, structures_schema
from polywell.records import Entry

HEAD = """data_x
_chemical_formula_sum 'Cu1 O1'
_cell_length_a 4
_cell_length_b 4
_cell_length_c 5
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
"""
ATOMS = """loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Cu1 0 0 0 1
O1 0.5 0.5 0.5 1
"""


def operations(count: int) -> str:
    return "loop_\n_symmetry_equiv_pos_as_xyz\n" + "'x, y, z'\n" * count


def cell(**values: str) -> str:
    text = HEAD
    for name, value in values.items():
        kind = "length" if name in "abc" else "angle"
        text = "\n".join(
            f"_cell_{kind}_{name} {value}" if line.startswith(f"_cell_{kind}_{name} ") else line
            for line in text.splitlines()
        )
    return text + "\n" + ATOMS


BAD_CIFS = {
    "empty": ("", "EmptyFileError"),
    "white space": (" \r\n\t\n", "EmptyFileError"),
    "prose": ("Dear all, please find attached the structure.", "NotAStructureError"),
    "web page": ("<html><body>404 Not Found</body></html>", "NotAStructureError"),
    "no atoms": (HEAD, "NoStructureError"),
    "atoms without rows": (HEAD + ATOMS[: ATOMS.index("Cu1")], "NoStructureError"),
    "NaN cell": (cell(a="nan"), "BadCellError"),
    "infinite cell": (cell(a="inf"), "BadCellError"),
    "zero cell": (cell(c="0"), "BadCellError"),
    "zero cell with uncertainty": (cell(c="0.0(3)"), "BadCellError"),
    "negative cell": (cell(c="-5"), "BadCellError"),
    "unknown cell": (cell(c="?"), "BadCellError"),
    "giant cell": (cell(c="1e30"), "BadCellError"),
    "angle of 180": (cell(gamma="180"), "BadCellError"),
    "angle of 0": (cell(gamma="0"), "BadCellError"),
    "angles without volume": (cell(alpha="30", beta="30", gamma="90"), "BadCellError"),
    "flat cell": (cell(gamma="0.5"), "BadCellError"),
    "thin cell": (cell(c="0.02"), "BadCellError"),
    "NaN coordinate": (HEAD + ATOMS.replace("0.5 0.5 0.5", "nan 0.5 0.5"), "ParseError"),
    "unknown coordinate": (HEAD + ATOMS.replace("0.5 0.5 0.5", "? 0.5 0.5"), "ParseError"),
    "infinite occupancy": (HEAD + ATOMS.replace("0.5 1", "0.5 inf"), "ParseError"),
    "occupancy of 1.5": (HEAD + ATOMS.replace("0.5 1", "0.5 1.5"), "ParseError"),
    "no element": (HEAD.replace("Cu1 O1", "?") + ATOMS.replace("O1", "Qq1"), "UnknownElementError"),
    "declared element without a site": (HEAD.replace("Cu1 O1", "Ba1 Cu1 O1") + ATOMS, "MissingAtomsError"),
    "missing oxygen": (HEAD + ATOMS[: ATOMS.index("O1 0.5")], "MissingAtomsError"),
    "half of the oxygen": (HEAD.replace("O1", "O2") + ATOMS, "MissingAtomsError"),
    "row cut in the middle": (HEAD + ATOMS[:-6], "ParseError"),
    "billion atoms": (HEAD + operations(300_000) + ATOMS + "O2 0.1 0.2 0.3 1\n" * 3_000, "TooManySitesError"),
    "operations in one line": (
        HEAD + "loop_\n_symmetry_equiv_pos_as_xyz\n" + "x,y,z " * 3_000 + "\n" + ATOMS,
        "TooManySitesError",
    ),
    "many atoms and operations": (
        HEAD + operations(200) + ATOMS + "O2 0.1 0.2 0.3 1\n" * 3_000,
        "TooManySitesError",
    ),
    "too many atoms": (HEAD + ATOMS + "O2 0.1 0.2 0.3 1\n" * 30_000, "TooManySitesError"),
    "too long": ("data_x\n" + "#" * 17_000_000, "TooLargeError"),
}


def only(parts: list[Entry | Failure]) -> Entry | Failure:
    assert len(parts) == 1
    return parts[0]


@pytest.mark.parametrize("name", BAD_CIFS)
def test_a_bad_cif_is_one_failure_of_its_own_kind(name: str, raw_cif: Callable, needs: Callable) -> None:
    text, error_type = BAD_CIFS[name]
    failure = only(read_parts(raw_cif(text), needs))
    assert isinstance(failure, Failure)
    assert (failure.error_type, failure.stage, failure.id) == (error_type, "read", "x")
    assert failure.message.strip() and "\n" not in failure.message and len(failure.message) < 500
    row = part_to_row(failure)
    assert list(row) == structures_schema().names


def test_what_is_known_of_the_composition_stays_with_a_failure(raw_cif: Callable, needs: Callable) -> None:
    failure = only(read_parts(raw_cif(cell(a="nan")), needs))
    assert (failure.formula, failure.elements) == ("CuO", ("Cu", "O"))


def test_a_structure_cut_off_in_the_middle_fails(
    la2cuo4_cif: str, raw_cif: Callable, needs: Callable
) -> None:
    lines = la2cuo4_cif.rstrip().splitlines()
    first = next(index for index, line in enumerate(lines) if line.startswith("  "))
    for end in range(first, len(lines)):
        failure = only(read_parts(raw_cif("\n".join(lines[:end])), needs))
        assert isinstance(failure, Failure), f"{end} of {len(lines)} lines were taken for the whole"


def test_every_prefix_of_a_cif_is_one_entry_or_one_failure(
    symmetric_cif: str, raw_cif: Callable, needs: Callable
) -> None:
    for end in range(0, len(symmetric_cif), 7):
        only(read_parts(raw_cif(symmetric_cif[:end]), needs))


def test_byte_order_mark_line_ends_and_encodings_do_not_matter(
    symmetric_cif: str, tmp_path: Path, raw_path: Callable, needs: Callable
) -> None:
    plain = only(read_parts(raw_path(write(tmp_path, "plain.cif", symmetric_cif.encode())), needs))
    assert isinstance(plain, Entry) and plain.structure is not None and len(plain.structure) == 14
    foreign = symmetric_cif.replace("Longo", "Löngø")
    variants = {
        "bom.cif": b"\xef\xbb\xbf" + symmetric_cif.encode(),
        "crlf.cif": symmetric_cif.replace("\n", "\r\n").encode(),
        "cr.cif": symmetric_cif.replace("\n", "\r").encode(),
        "latin.cif": foreign.encode("latin-1"),
        "utf8.cif": foreign.encode(),
        "utf16.cif": symmetric_cif.encode("utf-16"),
        "packed.cif.gz": gzip.compress(symmetric_cif.encode()),
        "packed.cif.bz2": bz2.compress(symmetric_cif.encode()),
        "packed.CIF.XZ": lzma.compress(symmetric_cif.encode()),
        "without-suffix": symmetric_cif.encode(),
    }
    for name, data in variants.items():
        entry = only(read_parts(raw_path(write(tmp_path, name, data)), needs))
        assert isinstance(entry, Entry) and entry.structure == plain.structure, name


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


BAD_FILES = {
    "empty.cif": (b"", "EmptyFileError"),
    "empty.vasp": (b"", "EmptyFileError"),
    "zero.cif": (b"data_x\n\0\0\0", "NotAStructureError"),
    "noise.cif": (bytes(range(256)) * 40, "NotAStructureError"),
    "noise.vasp": (bytes(range(256)) * 40, "ParseError"),
    "noise": (bytes(range(256)) * 40, "NotAStructureError"),
    "notes.txt": (b"remember the milk\n", "NotAStructureError"),
    "broken.cif.gz": (gzip.compress(b"data_x\n" * 9999)[:-20], "ParseError"),
    "nothing.cif.gz": (b"", "EmptyFileError"),
    "not.cif.gz": (b"data_x", "ParseError"),
    "not.cif.xz": (b"data_x", "ParseError"),
    "not.cif.bz2": (b"data_x", "ParseError"),
    "broken.json": (b'{"lattice": ', "ParseError"),
    "deep.json": (b"[" * 100_000, "ParseError"),
    "other.json": (b'{"a": 1}', "ParseError"),
    "number.json": (b"17", "ParseError"),
    "lattice.json": (b'{"lattice": {"matrix": 3}, "sites": [1]}', "ParseError"),
    "POSCAR": (b"title\n1.0\n4 0 0\n0 4 0\n", "ParseError"),
    "POSCAR_count": (b"t\n1.0\n4 0 0\n0 4 0\n0 0 4\nCu\n1000000000\nDirect\n0 0 0\n", "TooManySitesError"),
    "POSCAR_count_5": (b"t\n1.0\n4 0 0\n0 4 0\n0 0 4\n7 999999999999999999999999999\n", "TooManySitesError"),
    "POSCAR_names": (b"t\n1.0\n4 0 0\n0 4 0\n0 0 4\n1 1\nDirect\n0 0 0\n.5 .5 .5\n", "ParseError"),
    "POSCAR_nan": (b"t\n1.0\nnan 0 0\n0 4 0\n0 0 4\nCu\n1\nDirect\n0 0 0\n", "BadCellError"),
    "POSCAR_flat": (b"t\n1.0\n4 0 0\n4 0 0\n0 0 4\nCu\n1\nDirect\n0 0 0\n", "BadCellError"),
    "POSCAR_zero": (b"t\n1.0\n0 0 0\n0 0 0\n0 0 0\nCu\n1\nDirect\n0 0 0\n", "BadCellError"),
    "water.xyz": (b"3\nwater\nO 0 0 0\nH 0 0 1\nH 0 1 0\n", "NotPeriodicError"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_one_failure(name: str, tmp_path: Path, raw_path: Callable, needs: Callable) -> None:
    data, error_type = BAD_FILES[name]
    failure = only(read_parts(raw_path(write(tmp_path, name, data)), needs))
    assert isinstance(failure, Failure)
    assert failure.error_type == error_type, failure.message


def test_a_molecule_keeps_its_composition(tmp_path: Path, raw_path: Callable, needs: Callable) -> None:
    failure = only(read_parts(raw_path(write(tmp_path, "water.xyz", BAD_FILES["water.xyz"][0])), needs))
    assert (failure.formula, failure.elements) == ("H2O", ("H", "O"))


@pytest.mark.parametrize("name", ["huge.cif", "huge.xsf", "huge.json", "POSCAR", "huge.cif.gz"])
def test_a_file_of_100_mb_is_refused_unread(
    name: str, tmp_path: Path, raw_path: Callable, needs: Callable
) -> None:
    path = tmp_path / name
    if name.endswith(".gz"):
        with gzip.open(path, "wb", compresslevel=1) as stream:
            for _ in range(100):
                stream.write(b" " * 1_000_000)
    else:
        with path.open("wb") as stream:
            stream.truncate(100_000_000)
    failure = only(read_parts(raw_path(path), needs))
    assert failure.error_type == "TooLargeError"


def test_paths_that_are_no_readable_file(tmp_path: Path, raw_path: Callable, needs: Callable) -> None:
    (tmp_path / "folder.cif").mkdir()
    os.mkfifo(tmp_path / "pipe.cif")
    (tmp_path / "nowhere.cif").symlink_to(tmp_path / "gone")
    (tmp_path / "circle.cif").symlink_to(tmp_path / "circle.cif")
    for name in ("folder.cif", "pipe.cif", "nowhere.cif", "circle.cif", "vanished.cif"):
        failure = only(read_parts(raw_path(tmp_path / name), needs))
        assert failure.error_type == "FileAccessError", name


def test_names_that_readers_take_for_commands(
    la2cuo4: Structure, tmp_path: Path, raw_path: Callable, needs: Callable
) -> None:
    text = la2cuo4.to(fmt="poscar").encode()
    for name in ("POSCAR@1", "*.vasp", "a;rm -rf b.vasp", "<b onclick=x>POSCAR", "-i.vasp"):
        entry = only(read_parts(raw_path(write(tmp_path, name, text), name), needs))
        assert isinstance(entry, Entry) and entry.id == name
        assert entry.structure is not None and len(entry.structure) == 14


def test_ids_that_look_like_paths_or_markup_are_only_texts(
    la2cuo4_cif: str, raw_cif: Callable, needs: Callable
) -> None:
    for id_ in (
        "../../etc/passwd",
        "<img src=x onerror=alert(1)>",
        "a'b\"c; DROP TABLE",
        "\udce9",
        "\0",
        "x" * 10_000,
    ):
        entry = only(read_parts(raw_cif(la2cuo4_cif, id_), needs))
        assert isinstance(entry, Entry) and entry.id == id_
        part_to_row(entry)["id"].encode("utf-8")


def test_a_reader_that_takes_too_long_is_stopped(raw_cif: Callable, needs: Callable) -> None:
    rows = "".join(
        f"O{i} 0.{i:04d} 0.{(7 * i) % 9973:04d} 0.{(31 * i) % 9973:04d} 1\n" for i in range(1, 4000)
    )
    slow = (
        HEAD.replace("Cu1 O1", "?")
        + operations(4).replace("'x, y, z'\n", "'-x, y, z'\n'x, y, z'\n", 1)
        + ATOMS
        + rows
    )
    failure = only(read_parts(raw_cif(slow), needs, replace(LIMITS, wall_seconds=0.2)))
    assert failure.error_type == "TimeLimitError"


def test_ten_thousand_atoms_are_read(la2cuo4: Structure, raw_cif: Callable, needs: Callable) -> None:
    big = la2cuo4 * (9, 9, 9)
    entry = only(read_parts(raw_cif(str(CifWriter(big))), needs))
    assert isinstance(entry, Entry) and entry.structure is not None
    assert len(entry.structure) == 14 * 9**3 and entry.formula == "La2CuO4"


def test_a_second_structure_that_fails_does_not_hide_the_first(
    la2cuo4_cif: str, tmp_path: Path, raw_path: Callable, needs: Callable
) -> None:
    text = "data_global\n_journal_year 1973\n" + la2cuo4_cif + cell(a="nan") + la2cuo4_cif
    parts = read_parts(raw_path(write(tmp_path, "three.cif", text.encode()), "three.cif"), needs)
    assert [part.id for part in parts] == ["three.cif", "three.cif#2", "three.cif#3"]
    assert [isinstance(part, Failure) for part in parts] == [False, True, False]


def test_a_json_list_may_mix_good_and_bad(
    la2cuo4: Structure, tmp_path: Path, raw_path: Callable, needs: Callable
) -> None:
    good = la2cuo4.as_dict()
    bad = {**good, "lattice": {"matrix": [[0, 0, 0]] * 3}}
    parts = read_parts(raw_path(write(tmp_path, "list.json", json.dumps([good, bad]).encode()), "l"), needs)
    assert [type(part) for part in parts] == [Entry, Failure]
    assert [part.id for part in parts] == ["l", "l#2"]


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_failure_reads_the_same_in_every_run(
    name: str, tmp_path: Path, raw_path: Callable, needs: Callable
) -> None:
    path = write(tmp_path, name, BAD_FILES[name][0])
    first, second = (part_to_row(only(read_parts(raw_path(path), needs))) for _ in range(2))
    assert first == second
    assert str(tmp_path) not in str(first) and "polywell-" not in str(first)


FRAGMENTS = [
    "loop_\n",
    "'",
    ";",
    "\n;",
    "nan",
    "-",
    "?",
    "Cu",
    "Fe1 ",
    "data_x\n",
    "(",
    "'x,y,z'",
    "\0",
    "D",
    "9" * 40,
]


@pytest.mark.parametrize("seed", range(8))
def test_damaged_cifs_are_recorded_and_never_lose_a_net_metal(
    seed: int, symmetric_cif: str, la2cuo4_cif: str, raw_cif: Callable, needs: Callable
) -> None:
    chance = random.Random(seed)
    salt = la2cuo4_cif.replace("Cu", "Mg")
    for _ in range(60):
        text = chance.choice([symmetric_cif, la2cuo4_cif, salt])
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(text))
            cut = chance.choice([0, 1, 10, 100])
            text = text[:place] + chance.choice(["", *FRAGMENTS]) + text[place + cut :]
        parts = read_parts(raw_cif(text), needs)
        assert parts
        assert len({part.id for part in parts}) == len(parts)
        if any(isinstance(part, Entry) and part.structure is None for part in parts):
            for parsed in read_parts(raw_cif(text), lambda elements: True):
                assert isinstance(parsed, Failure) or not needs(parsed.elements), text
