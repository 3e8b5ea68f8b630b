"""Entries of a dump, however it is laid out: the same as those of the whole document."""

import json
from pathlib import Path

import ijson
import pytest

from catalog.sources.bulk import entries
from catalog.sources.bulk.entries import BrokenJsonError, entries_of
from catalog.sources.bulk.unpacked import Unpacked

PLAIN = [{"@module": "a", "number": n, "rows": [[0.1, n], {"x": "\u00e9, {}"}]} for n in range(50)]
NESTED = [{"@module": "a", "inner": [PLAIN[n], PLAIN[n + 1], {"entries": [PLAIN[n]]}]} for n in range(40)]
BRACES = [{"@module": "}, {" * (n % 3), "text": "{" * (n % 2)} for n in range(40)]
REVERSED = [dict(reversed(list(entry.items()))) for entry in PLAIN]
LAYOUTS = {
    "plain": json.dumps({"entries": PLAIN}),
    "compact": json.dumps({"entries": PLAIN}, separators=(",", ":")),
    "indented": json.dumps({"entries": PLAIN}, indent=2),
    "far apart": json.dumps({"entries": PLAIN}).replace("}]}, {", "}]}," + 200 * "\n" + "{", 1),
    "nested": json.dumps({"entries": NESTED}),
    "braces": json.dumps({"entries": BRACES}),
    "other keys first": json.dumps({"x": {"entries": [1]}, "entries": PLAIN, "y": 1}),
    "orders": json.dumps(
        {"entries": [entry for pair in zip(PLAIN, REVERSED, strict=True) for entry in pair]}
    ),
    "not all objects": json.dumps({"entries": [*PLAIN[:5], 7, None, "x", [], *PLAIN[5:]]}),
    "first is none": json.dumps({"entries": [7, *PLAIN]}),
    "half a pair": json.dumps({"entries": PLAIN}).replace("\\u00e9", "\\ud800"),
}


def taken(path: Path, text: str | bytes) -> list[object]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with Unpacked(path) as stream:
        return list(entries_of(stream))


@pytest.mark.parametrize("piece", [7, 1000, 65_536])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_entries_are_those_of_the_document(layout: str, piece: int, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(entries, "_PIECE", piece)
    found = taken(tmp_path / "t", LAYOUTS[layout])
    assert found == json.loads(LAYOUTS[layout].replace("\\ud800", "?"))["entries"]


@pytest.mark.parametrize("layout", ["plain", "compact", "indented", "nested"])
def test_only_the_end_is_left_to_the_slow_parser(layout: str, tmp_path: Path, monkeypatch) -> None:
    slow: list[object] = []

    def items(*arguments, real=ijson.items, **options):
        for entry in real(*arguments, **options):
            slow.append(entry)
            yield entry

    monkeypatch.setattr(ijson, "items", items)
    found = taken(tmp_path / "t", LAYOUTS[layout])
    assert slow == found[-1:]


@pytest.mark.parametrize(
    "wrong", ["NaN", "1e999", "01", "[1,]", '"\x01"', b'"\xff"', b'"\xed\xa0\x80"', "}", ""]
)
def test_what_is_no_json_ends_the_file_at_its_entry(wrong: str | bytes, tmp_path: Path) -> None:
    wrong = wrong.encode() if isinstance(wrong, str) else wrong
    text = LAYOUTS["plain"].encode().replace(b'"number": 20', b'"number": ' + wrong)
    (tmp_path / "t").write_bytes(text)
    found = []
    with Unpacked(tmp_path / "t") as stream, pytest.raises(BrokenJsonError):
        for entry in entries_of(stream):
            found.append(entry)
    assert found == PLAIN[:20]


def test_a_file_is_read_no_further_than_its_entries_are_given(tmp_path: Path) -> None:
    (tmp_path / "t").write_text(json.dumps({"entries": [{"@module": "x" * 10_000} for _ in range(1000)]}))
    with Unpacked(tmp_path / "t") as stream:
        for number, _ in enumerate(entries_of(stream)):
            assert stream.given < 10_000 * number + 300_000
