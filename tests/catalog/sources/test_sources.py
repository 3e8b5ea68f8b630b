import os
import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.errors import DuplicateIdError, MissingValueError
from catalog.sources import SourceError, open_source
from catalog.sources.base import RawEntry, UniqueIds


def ids(spec: str) -> list[str]:
    return [raw.id for raw in open_source(spec).raw_entries()]


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")


@pytest.mark.parametrize("spec", ["", "refrence", "files:", "parquet:", "cif:/x", "FILES:/x", "/x"])
def test_an_unknown_source_is_told_what_there_is(spec: str) -> None:
    with pytest.raises(SourceError, match="expected one of reference, files:DIR, parquet:FILE") as error:
        open_source(spec)
    assert repr(spec) in str(error.value)


def test_a_bare_path_is_told_how_it_is_written(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=f"; for this path write files:{tmp_path}$"):
        open_source(str(tmp_path))


@pytest.mark.parametrize("kind", ["files", "parquet"])
def test_a_missing_path_is_named(kind: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        open_source(f"{kind}:{tmp_path / 'nowhere'}")


def test_a_source_whose_path_is_no_text_is_refused(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    with pytest.raises(SourceError, match="no text in UTF-8; rename that folder"):
        open_source(f"files:{folder}")


def test_files_are_found_below_the_folder_in_the_order_of_their_ids(tmp_path: Path) -> None:
    for name in ("b.cif", "a/z.vasp", "a/deep/POSCAR", "a.cif", "B.cif.gz", "no suffix", "ü.cif"):
        touch(tmp_path / name)
    for name in (".DS_Store", ".git/config", "a/.hidden/x.cif"):
        touch(tmp_path / name)
    found = ids(f"files:{tmp_path}")
    assert found == sorted(["b.cif", "a/z.vasp", "a/deep/POSCAR", "a.cif", "B.cif.gz", "no suffix", "ü.cif"])
    assert found == ids(f"files:{tmp_path}")


def test_the_name_of_a_source_is_its_spec(tmp_path: Path) -> None:
    source = open_source(f"files:{tmp_path}")
    assert source.name == f"files:{tmp_path}"
    assert source.description()["spec"] == source.name
    assert list(source.raw_entries()) == []


def test_a_single_file_is_a_source_too(tmp_path: Path) -> None:
    touch(tmp_path / "one.cif")
    touch(tmp_path / "two.cif")
    (raw,) = open_source(f"files:{tmp_path / 'one.cif'}").raw_entries()
    assert (raw.id, raw.kind, raw.payload) == ("one.cif", "path", str(tmp_path / "one.cif"))


def test_links_are_followed_and_circles_survived(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    touch(inside / "real" / "x.cif")
    touch(outside / "far.cif")
    (outside / "back").symlink_to(inside)
    (inside / "a-link").symlink_to(inside / "real")
    (inside / "away").symlink_to(outside)
    (inside / "real" / "up").symlink_to(inside)
    (inside / "self").symlink_to("self")
    (inside / "nowhere.cif").symlink_to("gone.cif")
    (inside / "file-link.cif").symlink_to(inside / "real" / "x.cif")
    assert ids(f"files:{inside}") == ["away/far.cif", "file-link.cif", "nowhere.cif", "real/x.cif", "self"]


def test_pipes_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.cif")
    touch(tmp_path / "x.cif")
    assert ids(f"files:{tmp_path}") == ["x.cif"]


def test_names_outside_of_utf8_become_texts_that_a_table_can_hold(tmp_path: Path) -> None:
    with open(os.path.join(os.fsencode(tmp_path), b"caf\xe9.cif"), "w"):
        pass
    touch(tmp_path / "caf\\xe9.cif")
    (first, second) = open_source(f"files:{tmp_path}").raw_entries()
    assert {first.id, second.id} == {"caf\\xe9.cif", "caf\\xe9.cif#2"}
    assert pa.array([first.id, second.id]).to_pylist()
    assert all(os.path.exists(str(raw.payload)) for raw in (first, second))
    assert pickle.loads(pickle.dumps(first)) == first


def test_a_file_cannot_take_the_id_of_another_ones_second_structure(tmp_path: Path) -> None:
    for name in ("x.cif", "x.cif#2", "y#2"):
        touch(tmp_path / name)
    assert ids(f"files:{tmp_path}") == ["x.cif", "x.cif#2#1", "y#2"]


def test_a_folder_that_cannot_be_listed_is_an_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "closed" / "x.cif")
    touch(tmp_path / "open" / "y.cif")
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    raws = list(open_source(f"files:{tmp_path}").raw_entries())
    assert [(raw.id, raw.kind) for raw in raws] == [("open/y.cif", "path"), ("closed/", "error")]
    assert "Permission denied" in str(raws[1].payload)


def parquet(path: Path, **columns: list[object]) -> str:
    pq.write_table(pa.table(columns), path)
    return f"parquet:{path}"


def test_rows_of_a_parquet_file_come_in_its_order(tmp_path: Path) -> None:
    spec = parquet(tmp_path / "t.parquet", cif=["c", "a"], material_id=["2", "1"], formula=["NaCl", None])
    raws = list(open_source(spec).raw_entries())
    assert raws == [RawEntry(spec, "2", "cif", "c", "NaCl"), RawEntry(spec, "1", "cif", "a", None)]
    assert open_source(spec).description()["rows"] == "2"
    assert len(open_source(spec).description()["sha256"]) == 64


def test_numbers_serve_as_ids_and_bytes_as_texts(tmp_path: Path) -> None:
    spec = parquet(tmp_path / "t.parquet", cif=[b"data_x"], material_id=[7])
    assert list(open_source(spec).raw_entries()) == [RawEntry(spec, "7", "cif", "data_x", None)]


@pytest.mark.parametrize("missing", ["material_id", "cif"])
def test_a_missing_column_is_named(missing: str, tmp_path: Path) -> None:
    columns = {"material_id": ["a"], "cif": ["b"]}
    columns["other"] = columns.pop(missing)
    with pytest.raises(SourceError, match=f"column {missing} missing"):
        open_source(parquet(tmp_path / "t.parquet", **columns))


@pytest.mark.parametrize("data", [b"", b"PAR1", b"hello" * 100])
def test_a_file_that_is_no_parquet_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(data)
    with pytest.raises(SourceError, match="cannot be read as Parquet"):
        open_source(f"parquet:{tmp_path / 't.parquet'}")


def test_a_damaged_parquet_file_stops_with_its_name(tmp_path: Path) -> None:
    spec = parquet(tmp_path / "t.parquet", material_id=[str(i) for i in range(9999)], cif=["x" * 100] * 9999)
    data = bytearray((tmp_path / "t.parquet").read_bytes())
    data[4:400] = b"\xff" * 396
    (tmp_path / "t.parquet").write_bytes(data)
    with pytest.raises(SourceError, match=r"damaged"):
        list(open_source(spec).raw_entries())


def test_nothing_of_a_parquet_file_is_lost(tmp_path: Path) -> None:
    wanted = ["a", "a", "a#2", None, "", "a", "b#part2"]
    spec = parquet(tmp_path / "t.parquet", material_id=wanted, cif=["1", "2", "3", "4", "5", "6", None])
    raws = list(open_source(spec).raw_entries())
    assert [raw.id for raw in raws] == ["a", "a#3", "a#2", "(row 4)", "(row 5)", "a#4", "b#part2#part1"]
    assert [raw.kind for raw in raws] == ["cif", "error", "cif", "error", "error", "error", "error"]
    kinds = [type(raw.payload) for raw in raws if raw.kind == "error"]
    assert kinds == [
        DuplicateIdError,
        MissingValueError,
        MissingValueError,
        DuplicateIdError,
        MissingValueError,
    ]
    assert "row 2" in str(raws[1].payload) and "'a'" in str(raws[1].payload)
    copy = pickle.loads(pickle.dumps(raws[1]))
    assert str(copy.payload) == str(raws[1].payload) and type(copy.payload) is DuplicateIdError


def test_unique_ids() -> None:
    given = UniqueIds()
    assert [given.take(id_) for id_ in ("x", "y", "x", "x")] == [
        ("x", False),
        ("y", False),
        ("x#2", True),
        ("x#3", True),
    ]


def test_an_oversized_text_does_not_travel_to_a_worker(tmp_path: Path) -> None:
    spec = parquet(tmp_path / "t.parquet", material_id=["big", "small"], cif=["#" * 17_000_000, "data_x"])
    raws = list(open_source(spec).raw_entries())
    assert [type(raw.payload).__name__ for raw in raws] == ["TooLargeError", "str"]
