import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from catalog.errors import LakeError
from catalog.store import lake
from catalog.store.lake import apply, merge, read_rows
from catalog.store.predictions import table_schema
from catalog.store.structures import entry_to_row, structures_schema
from polywell.records import Entry

SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("id", pa.string()),
        ("value", pa.float64()),
        ("nested", pa.list_(pa.list_(pa.float64()))),
    ]
)
HOSTILE = "files:/data/x y/100%/ü='q'?&#\\<b>"

NONE = pa.array([], pa.string())


def row(id_: str, value: float = 0.0, source: str = "s", nested: Any = None) -> dict[str, Any]:
    return {"source": source, "id": id_, "value": value, "nested": nested}


def put(table: Path, *rows: dict[str, Any], source: str = "s") -> int:
    return merge(table, rows, source, SCHEMA)


def held(table: Path, source: str = "s", version: int | None = None) -> dict[str, float]:
    return {found["id"]: found["value"] for found in read_rows(table, source, version)}


def test_merging_the_same_rows_again_makes_no_new_version(tmp_path: Path) -> None:
    first = put(tmp_path / "t", row("a"), row("b"))
    assert put(tmp_path / "t", row("b"), row("a")) == first
    assert len(DeltaTable(str(tmp_path / "t")).history()) == first + 1


def test_rows_are_updated_added_and_leave_and_history_keeps_them(tmp_path: Path) -> None:
    old = put(tmp_path / "t", row("a", 1), row("b", 2), row("c", 3))
    new = put(tmp_path / "t", row("a", 1), row("b", 5), row("d", 4))
    assert new == old + 1
    assert held(tmp_path / "t") == {"a": 1, "b": 5, "d": 4}
    assert held(tmp_path / "t", version=old) == {"a": 1, "b": 2, "c": 3}


def test_another_source_is_not_touched(tmp_path: Path) -> None:
    put(tmp_path / "t", row("a", 1), row("b", 2))
    before = DeltaTable(str(tmp_path / "t")).file_uris()
    put(tmp_path / "t", row("a", 7, HOSTILE), source=HOSTILE)
    assert held(tmp_path / "t") == {"a": 1, "b": 2}
    assert held(tmp_path / "t", HOSTILE) == {"a": 7}
    put(tmp_path / "t", source=HOSTILE)
    assert held(tmp_path / "t", HOSTILE) == {}
    assert DeltaTable(str(tmp_path / "t")).file_uris() == before


def test_names_of_sources_stay_within_the_tables_folder(tmp_path: Path) -> None:
    for name in (HOSTILE, "files:../../..", "files:/", "parquet:C:\\x", "s", "S"):
        put(tmp_path / "t", row("a", len(name), name), source=name)
    for name in (HOSTILE, "files:../../..", "files:/", "parquet:C:\\x", "s", "S"):
        assert held(tmp_path / "t", name) == {"a": len(name)}
    folders = [item for item in (tmp_path / "t").iterdir() if item.is_dir()]
    assert len(folders) == 7 and [item.name for item in tmp_path.iterdir()] == ["t"]


@pytest.mark.parametrize("nested", [[[1.0, 2.0], []], [[]], [], None, [[1.0], [2.0]]])
def test_nested_lists_survive_whatever_their_statistics(nested: Any, tmp_path: Path) -> None:
    """With statistics of nested columns, deltalake 1.5 gives [[1, 2], []] back as null."""
    for ids in ("ab", "abc", "ab"):
        put(tmp_path / "t", *(row(id_, nested=nested) for id_ in ids))
        assert [found["nested"] for found in read_rows(tmp_path / "t", "s")] == [nested] * len(ids)


def test_an_id_given_twice_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    put(tmp_path / "t", row("a", 1))
    with pytest.raises(LakeError, match="'b' of source 's' came twice"):
        put(tmp_path / "t", row("a", 2), row("b"), row("b"))
    assert held(tmp_path / "t") == {"a": 1}


def test_rows_that_do_not_belong_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="belongs to source 'other'"):
        put(tmp_path / "t", row("a", source="other"))
    with pytest.raises(LakeError, match="unknown columns extra"):
        put(tmp_path / "t", {**row("a"), "extra": 1})
    with pytest.raises(LakeError, match="do not fit"):
        put(tmp_path / "t", {**row("a"), "value": "text"})
    with pytest.raises(LakeError, match="expected a folder named structures or predictions"):
        merge(tmp_path / "t", [row("a")], "s")


def test_more_rows_than_one_batch(tmp_path: Path) -> None:
    rows = [row(str(number), number) for number in range(2 * lake.BATCH_ROWS + 3)]
    merge(tmp_path / "t", iter(rows), "s", SCHEMA)
    assert held(tmp_path / "t") == {str(number): float(number) for number in range(len(rows))}
    merge(tmp_path / "t", pa.Table.from_pylist(rows[:5], schema=SCHEMA), "s", SCHEMA)
    assert len(held(tmp_path / "t")) == 5


def test_a_table_of_another_program_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="holds no table yet"):
        list(read_rows(tmp_path / "t", "s"))
    DeltaTable.create(
        str(tmp_path / "t"), SCHEMA, configuration={lake.VERSION_KEY: "2"}, raise_if_key_not_exists=False
    )
    for use in (lambda: list(read_rows(tmp_path / "t", "s")), lambda: put(tmp_path / "t", row("a"))):
        with pytest.raises(LakeError, match="has schema version 2, this program knows 1"):
            use()


def test_a_lost_race_is_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = lake._commit, []

    def lose_twice(*arguments: Any) -> int:
        calls.append(1)
        if len(calls) < 3:
            raise CommitFailedError("lost")
        return real(*arguments)

    monkeypatch.setattr(lake, "_commit", lose_twice)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    put(tmp_path / "t", row("a", 1))
    assert held(tmp_path / "t") == {"a": 1} and len(calls) == 3

    def lose_always(*arguments: Any) -> int:
        raise CommitFailedError("lost")

    monkeypatch.setattr(lake, "_commit", lose_always)
    with pytest.raises(LakeError, match="lost against other writers"):
        put(tmp_path / "t", row("a", 2))


def writer(table: str, source: str, rounds: int, start: Any) -> None:
    start.wait()
    for number in range(rounds):
        merge(Path(table), [row(id_, number, source) for id_ in "abc"], source, SCHEMA)


@pytest.mark.parametrize("sources", [("one", "two"), ("same", "same")])
def test_two_writers_at_the_same_time(sources: tuple[str, str], tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start, rounds = context.Barrier(2), 6
    processes = [
        context.Process(target=writer, args=(str(tmp_path / "t"), source, rounds, start))
        for source in sources
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    for source in sources:
        assert held(tmp_path / "t", source) == dict.fromkeys("abc", rounds - 1.0)


def test_a_merge_that_is_killed_leaves_the_table_whole(tmp_path: Path) -> None:
    put(tmp_path / "t", *(row(str(number), 0.0) for number in range(500)))
    code = (
        "import sys, pyarrow as pa\nfrom pathlib import Path\nfrom catalog.store.lake import merge\n"
        "schema = pa.schema([('source', pa.string()), ('id', pa.string()), ('value', pa.float64()),"
        " ('nested', pa.list_(pa.list_(pa.float64())))])\n"
        "print('go', flush=True)\n"
        "for value in range(1, 10_000):\n"
        "    rows = [{'source': 's', 'id': str(n), 'value': value, 'nested': None} for n in range(500)]\n"
        "    merge(Path(sys.argv[1]), rows, 's', schema)\n"
    )
    for wait in (0.05, 0.13, 0.21):
        process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "t")], stdout=subprocess.PIPE)
        assert process.stdout is not None and process.stdout.readline() == b"go\n"
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        values = held(tmp_path / "t")
        assert len(values) == 500 and len(set(values.values())) == 1
    put(tmp_path / "t", row("last", 1.0))
    assert held(tmp_path / "t") == {"last": 1.0}


def test_a_process_that_read_a_table_ends_in_peace(tmp_path: Path) -> None:
    """With deltalake's own file system about every third process aborts while it ends."""
    put(tmp_path / "t", row("a", 1.0))
    code = (
        "import sys\nfrom pathlib import Path\nfrom catalog.store.lake import read_rows\n"
        "for _ in range(10):\n    list(read_rows(Path(sys.argv[1]), 's'))\n"
    )
    for _ in range(4):
        subprocess.run([sys.executable, "-c", code, str(tmp_path / "t")], check=True)


def test_a_table_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LakeError, match="cannot be written"):
        put(tmp_path / "file" / "t", row("a"))


def test_a_table_with_the_words_of_an_older_program_goes_on(tmp_path: Path) -> None:
    def reworded(field: pa.Field) -> pa.Field:
        return field.with_metadata({"meaning": "as it was said before"})

    older = pa.schema([reworded(field) for field in table_schema()])
    table = tmp_path / "predictions"
    lake._create(table, older)
    entry = {name: None for name in older.names} | {"source": "s", "id": "a", "outcome": "rejected"}
    batch = pa.RecordBatch.from_pylist([entry], schema=table_schema())
    for digest in ("1", "2"):
        changed = batch.set_column(batch.schema.get_field_index("row_hash"), "row_hash", pa.array([digest]))
        apply(table, [changed], NONE, "s")
        assert [row["row_hash"] for row in read_rows(table, "s")] == [digest]


def stored(id_: str, formula: str = "MgO", source: str = "s", stamp: str | None = None) -> pa.RecordBatch:
    entry = Entry(source, id_, formula, ("Mg", "O"), None)
    return pa.RecordBatch.from_pylist([entry_to_row(entry) | {"stamp": stamp}], schema=structures_schema())


def formulas(table: Path, source: str = "s") -> dict[str, str]:
    return {found["id"]: found["formula"] for found in read_rows(table, source)}


def test_changes_move_what_differs_and_nothing_else(tmp_path: Path) -> None:
    table = tmp_path / "structures"
    first = apply(table, [stored("a"), stored("b"), stored("c")], NONE, "s", complete=True)
    assert apply(table, [stored("b")], pa.array(["never there"]), "s") == first
    second = apply(table, [stored("b", "Mg2O"), stored("c"), stored("d")], pa.array(["a", "d"]), "s")
    assert formulas(table) == {"b": "Mg2O", "c": "MgO", "d": "MgO"}
    assert DeltaTable(str(table)).version() == second == (first or 0) + 1
    third = apply(table, [stored("c", stamp="2026-11-02")], NONE, "s")
    assert third == second + 1
    stamps = {found["id"]: found["stamp"] for found in read_rows(table, "s")}
    assert stamps == {"b": None, "c": "2026-11-02", "d": None}
    apply(table, [stored("x", source="other")], NONE, "other", complete=True)
    apply(table, [stored("e")], NONE, "s", complete=True)
    assert formulas(table) == {"e": "MgO"} and formulas(table, "other") == {"x": "MgO"}
    apply(table, (), pa.array(["e"]), "s")
    assert formulas(table) == {} and formulas(table, "other") == {"x": "MgO"}


def test_changes_that_do_not_belong_are_refused(tmp_path: Path) -> None:
    table = tmp_path / "structures"
    apply(table, [stored("a")], NONE, "s")
    with pytest.raises(LakeError, match="'b' of source 's' came twice"):
        apply(table, [stored("b"), stored("c"), stored("b")], NONE, "s")
    with pytest.raises(LakeError, match="'b' belongs to source 'other', expected 's'"):
        apply(table, [stored("b", source="other")], NONE, "s")
    assert formulas(table) == {"a": "MgO"} and not any((tmp_path / lake.SPOOLS).iterdir())


def test_many_rows_meet_many_changes(tmp_path: Path) -> None:
    """More than one batch is stored, and the changes are looked up in pieces of several batches."""
    table, many = tmp_path / "structures", 3 * lake.BATCH_ROWS + 1
    [one] = stored("0").to_pylist()
    rows = [one | {"id": str(number)} for number in range(many)]
    schema = structures_schema()
    apply(table, [pa.RecordBatch.from_pylist(rows, schema=schema)], NONE, "s")
    moved = [row | {"formula": "Mg2O", "row_hash": "new"} for row in rows[::2]]
    gone = [str(number) for number in range(1, many, 4)]
    apply(table, [pa.RecordBatch.from_pylist(moved, schema=schema)], pa.array(gone), "s")
    scanned = [row for batch in lake.scan(table, "s") for row in batch.to_pylist()]
    for chosen in (slice(0, None, 7), slice(2, 5), slice(-1, None), slice(0, 0)):
        mask = np.zeros(len(scanned), bool)
        mask[chosen] = True
        found = [row for batch in lake.rows_at(table, "s", mask) for row in batch.to_pylist()]
        assert found == scanned[chosen]
    with pytest.raises(LakeError, match=r"rows of 's', 3 were looked through.*run again"):
        list(lake.rows_at(table, "s", np.ones(3, bool)))
    expected = {str(number): "MgO" if number % 2 else "Mg2O" for number in range(many)}
    assert formulas(table) == {id_: formula for id_, formula in expected.items() if id_ not in set(gone)}
