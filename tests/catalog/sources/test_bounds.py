"""What is read of a file has bounds, and belongs to one state of it."""

import bz2
import gzip
import hashlib
import json
import os
from pathlib import Path

import pytest

from catalog.errors import SourceChangedError, TooLargeError
from catalog.readers.limits import ReadingLimits
from catalog.readers.reading import read_parts
from catalog.sources import SourceError, files, open_source
from catalog.sources.base import Failure
from catalog.sources.bulk import jsonl, unpacked
from tests.catalog.listed import listed

DUMP = {"entries": [{"entry_id": str(number), "composition": {"Mg": 1}} for number in range(2500)]}
LINES = "\n".join(json.dumps({"material_id": f"mp-{number}", "elements": ["Mg"]}) for number in range(2500))


@pytest.mark.parametrize("pack", [bz2.compress, gzip.compress])
@pytest.mark.parametrize("kind", ["alexandria", "jsonl"])
def test_a_file_that_swells_is_one_sentence(pack, kind: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(unpacked, "FREE_BYTES", 100_000)
    (tmp_path / "t").write_bytes(pack(b'{"entries": [' + b" " * 3_000_000))
    with pytest.raises(SourceError, match="stopped after row 0: it unpacks to more than 250 times its size"):
        list(open_source(f"{kind}:{tmp_path / 't'}").raw_entries())


def test_one_entry_has_a_bound_of_bytes(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(unpacked, "_AHEAD", 70_000)
    monkeypatch.setattr(unpacked, "LIMITS", ReadingLimits(text_bytes=100_000))
    (tmp_path / "t").write_text(json.dumps(DUMP))
    assert len(list(open_source(f"alexandria:{tmp_path / 't'}").raw_entries())) == 2500
    (tmp_path / "t").write_text('{"entries": [{"entry_id": "1"}, {"entry_id": "' + "x" * 400_000 + '"}]}')
    with pytest.raises(SourceError, match="one entry has more than 100000 bytes, the limit for one entry"):
        list(open_source(f"alexandria:{tmp_path / 't'}").raw_entries())
    (tmp_path / "t").write_text('{"entries": [{"x": ' + "[" * 5000)
    with pytest.raises(SourceError, match="row 0: one entry is nested deeper than 1000 levels, the limit"):
        list(open_source(f"alexandria:{tmp_path / 't'}").raw_entries())


def test_a_line_of_any_length_is_one_row(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(jsonl, "LIMITS", jsonl.LIMITS.__class__(text_bytes=1000))
    (tmp_path / "t").write_bytes(
        gzip.compress(b'{"material_id": "mp-1"}\n' + b"x" * 5000 + b'\n{"material_id": "mp-2"}', mtime=0)
    )
    raws = list(open_source(f"jsonl:{tmp_path / 't'}").raw_entries())
    assert [raw.id for raw in raws] == ["mp-1", "(row 2)", "mp-2"] and isinstance(
        raws[1].payload, TooLargeError
    )


@pytest.mark.parametrize("kind", ["alexandria", "jsonl"])
@pytest.mark.parametrize("how", ["replaced", "grown", "vanished"])
def test_a_file_that_changes_while_it_is_read_is_told_early(kind: str, how: str, tmp_path: Path) -> None:
    file = tmp_path / "t"
    file.write_text(json.dumps(DUMP) if kind == "alexandria" else LINES)
    source = open_source(f"{kind}:{file}")
    version = source.version()
    stream = source.raw_entries()
    next(stream)
    if how == "vanished":
        file.unlink()
    elif how == "grown":
        with file.open("a") as more:
            more.write("\n")
    else:
        (tmp_path / "new").write_text(file.read_text())
        os.replace(tmp_path / "new", file)
    given = 1
    with pytest.raises(SourceChangedError, match="no longer there" if how == "vanished" else "changed while"):
        for _ in stream:
            given += 1
    assert given == 1000
    assert source.description()["sha256"] == version.removeprefix("sha256:")


def test_a_file_that_changed_since_its_digest_is_not_read_under_it(tmp_path: Path) -> None:
    (tmp_path / "t").write_text(LINES)
    source = open_source(f"jsonl:{tmp_path / 't'}")
    before = source.version()
    (tmp_path / "t").write_text(LINES + "\n")
    with pytest.raises(SourceChangedError, match="changed while it was read; run again"):
        list(source.index())
    assert source.version() != before and sum(batch.num_rows for batch in source.index()) == 2500


@pytest.mark.parametrize("kind", ["alexandria", "jsonl", "ase", "parquet"])
def test_a_device_a_pipe_or_a_folder_is_no_file(kind: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    (tmp_path / "folder.json").mkdir()
    for place in (tmp_path / "pipe", tmp_path / "link"):
        with pytest.raises(SourceError, match="is no regular file; give the path of"):
            open_source(f"{kind}:{place}")
    said = "no file in .* ends with" if kind == "alexandria" else "is no regular file; give the path of"
    with pytest.raises(SourceError, match=said):
        open_source(f"{kind}:{tmp_path}")


def test_a_listing_reads_what_a_reader_takes_and_sees_every_change(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(files, "LIMITS", files.LIMITS.__class__(text_bytes=1000))
    small, large = tmp_path / "a.cif", tmp_path / "b.cif"
    small.write_bytes(b"x" * 1000)
    large.write_bytes(b"x" * 5000)
    source = open_source(f"files:{tmp_path}")
    stamps = dict(listed(source))
    assert stamps["a.cif"] == "sha256:" + hashlib.sha256(b"x" * 1000).hexdigest()
    assert str(stamps["b.cif"]).startswith(
        f"sha256:{hashlib.sha256(b'x' * 1001).hexdigest()}, 5000 bytes of "
    )
    os.utime(small, ns=(1, 1))
    assert dict(listed(source)) == stamps
    time = large.stat().st_mtime_ns
    for change in (b"y" + b"x" * 4999, b"x" * 4999 + b"y", b"x" * 5001):
        large.write_bytes(change)
        os.utime(large, ns=(time + 1, time + 1))
        assert dict(listed(source))["b.cif"] != stamps["b.cif"]


def test_a_device_or_a_pipe_named_as_files_is_a_row(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in ("/dev/zero", tmp_path / "pipe"):
        source = open_source(f"files:{place}")
        assert [stamp for _, stamp in listed(source)] == [None]
        [raw] = source.raw_entries()
        [part] = read_parts(raw, lambda elements: True)
        assert isinstance(part, Failure) and part.error_type == "FileAccessError"
