from pathlib import Path

import pytest

from catalog.store import durable
from catalog.store.durable import file_digest, read_json, replace_durably, write_files, write_json


def test_files_are_written_in_their_order_and_older_ones_go(tmp_path: Path) -> None:
    old = tmp_path / "pages" / "old.html"
    old.parent.mkdir()
    old.write_text("old")
    data, page = tmp_path / "pages" / "a" / "x.json", tmp_path / "pages" / "index.html"
    files = [(data, b"{}"), (old, None), (page, b"new")]
    assert write_files(files) == [data, page]
    assert sorted(item.name for item in (tmp_path / "pages").rglob("*")) == ["a", "index.html", "x.json"]
    assert page.read_bytes() == b"new"
    assert write_files([(old, None)]) == []


def test_a_write_that_fails_leaves_what_was_there_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("before")

    def half(partial: Path) -> None:
        partial.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        replace_durably(path, half)
    assert path.read_text() == "before" and [item.name for item in tmp_path.iterdir()] == ["x"]


def test_files_come_one_by_one_so_that_the_first_stay_where_a_later_one_cannot_be_made(
    tmp_path: Path,
) -> None:
    def files():
        yield tmp_path / "a", b"whole"
        raise ValueError("cannot be made")

    with pytest.raises(ValueError, match="cannot be made"):
        write_files(files())
    assert [item.name for item in tmp_path.iterdir()] == ["a"]


def test_nothing_has_its_name_before_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, replace = durable.sync, durable.os.replace

    def noted_sync(path: Path) -> None:
        steps.append("folder" if path.is_dir() else "file")
        sync(path)

    def noted_replace(old: Path, new: Path) -> None:
        steps.append("name")
        replace(old, new)

    monkeypatch.setattr(durable, "sync", noted_sync)
    monkeypatch.setattr(durable.os, "replace", noted_replace)
    write_files([(tmp_path / "x", b"x")])
    assert steps == ["file", "name", "folder"]


def test_what_is_no_json_object_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    assert read_json(path) is None
    path.write_text("[1]")
    assert read_json(path) is None
    path.write_text("{")
    assert read_json(path) is None
    write_json(path, {"ξ": 1})
    assert read_json(path) == {"ξ": 1}


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert file_digest(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
