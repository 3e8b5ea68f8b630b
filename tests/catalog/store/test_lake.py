import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from catalog.errors import LakeError
from catalog.store.delta import lake
from catalog.store.delta.lake import apply, rows_of, scan
from catalog.store.predictions import table_schema
from catalog.store.schema import row_hash
from catalog.store.structures import entry_to_row, structures_schema
from polywell.records import Entry, Provenance
from tests.catalog.stored import ids_at, stored_rows

CHECKOUT = Path(__file__).resolve().parents[3]

HOSTILE = "files:/data/x y/100%/ü='q'?&#\\<b>"

NONE = pa.array([], pa.string())

Given = tuple[str, float]
"""An id, and a value that is stored with it."""


def batch_of(rows: Iterable[Given], source: str = "s", nested: Any = None) -> pa.RecordBatch:
    made = []
    for id_, value in rows:
        provenance = Provenance(e_above_hull_ev=value)
        row = entry_to_row(Entry(source, id_, "MgO", ("Mg", "O"), None, provenance)) | {"occupancies": nested}
        made.append(row | {"row_hash": row_hash(row)})
    return pa.RecordBatch.from_pylist(made, schema=structures_schema())


def put(table: Path, *rows: Given, source: str = "s", nested: Any = None) -> int | None:
    """Makes the table hold exactly these rows of the source."""
    return apply(table, [batch_of(rows, source, nested)], NONE, source, complete=True)


def held(table: Path, source: str = "s") -> dict[str, float]:
    return {found["id"]: found["e_above_hull_ev"] for found in stored_rows(table, source)}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "structures"


def test_the_same_rows_again_make_no_new_version(table: Path) -> None:
    first = put(table, ("a", 0), ("b", 0))
    assert put(table, ("b", 0), ("a", 0)) == first
    assert len(DeltaTable(str(table)).history()) == (first or 0) + 1


def test_nothing_to_do_makes_no_table(table: Path) -> None:
    assert apply(table, (), NONE, "s") is None
    assert apply(table, (), NONE, "s", complete=True) is None
    assert held(table) == {} and not table.exists()


def test_rows_are_updated_added_and_leave_and_history_keeps_them(table: Path) -> None:
    old = put(table, ("a", 1), ("b", 2), ("c", 3)) or 0
    new = put(table, ("a", 1), ("b", 5), ("d", 4))
    assert new == old + 1
    assert held(table) == {"a": 1, "b": 5, "d": 4}
    assert ids_at(table, "s", old) == {"a", "b", "c"}


def test_another_source_is_not_touched(table: Path) -> None:
    put(table, ("a", 1), ("b", 2))
    before = DeltaTable(str(table)).file_uris()
    put(table, ("a", 7), source=HOSTILE)
    assert held(table) == {"a": 1, "b": 2}
    assert held(table, HOSTILE) == {"a": 7}
    apply(table, (), pa.array(["a", "b"]), HOSTILE)
    assert held(table, HOSTILE) == {}
    assert DeltaTable(str(table)).file_uris() == before


LONG = "files:/" + "/".join(["层状化合物的晶体结构"] * 30)
"""No folder can be named so: of letters that are not ASCII each takes nine characters."""


def test_names_of_sources_stay_within_the_tables_folder(table: Path) -> None:
    names = (HOSTILE, "files:../../..", "files:/", "parquet:C:\\x", "s", "S", LONG, f"{LONG}/")
    for name in names:
        put(table, ("a", len(name)), source=name)
    for name in names:
        assert held(table, name) == {"a": len(name)}
    folders = [item for item in table.iterdir() if item.is_dir()]
    assert len(folders) == 9 and {item.name for item in table.parent.iterdir()} == {table.name}


@pytest.mark.parametrize("nested", [[[1.0, 2.0], []], [[]], [], None, [[1.0], [2.0]]])
def test_nested_lists_survive_whatever_their_statistics(nested: Any, table: Path) -> None:
    """With statistics of nested columns, deltalake 1.5 gives [[1, 2], []] back as null."""
    for ids in ("ab", "abc", "ab"):
        put(table, *((id_, 0) for id_ in ids), nested=nested)
        assert [found["occupancies"] for found in stored_rows(table, "s")] == [nested] * len(ids)


def test_an_id_given_twice_is_refused_and_nothing_changes(table: Path) -> None:
    put(table, ("a", 1))
    with pytest.raises(LakeError, match="'b' of source 's' came twice"):
        put(table, ("a", 2), ("b", 0), ("b", 0))
    assert held(table) == {"a": 1}


def test_rows_that_do_not_belong_are_refused(tmp_path: Path, table: Path) -> None:
    with pytest.raises(LakeError, match="belongs to source 'other'"):
        apply(table, [batch_of([("a", 0)], "other")], NONE, "s", complete=True)
    with pytest.raises(LakeError, match="expected a folder named structures or predictions"):
        put(tmp_path / "t", ("a", 0))


def test_columns_that_the_schema_lacks_are_left_out(table: Path) -> None:
    batch = batch_of([("a", 1)]).append_column("extra", pa.array([1.0]))
    apply(table, [batch.drop_columns(["stamp"])], NONE, "s")
    [row] = stored_rows(table, "s")
    assert list(row) == structures_schema().names and row["stamp"] is None


def test_more_rows_than_one_batch(table: Path) -> None:
    count = 2 * lake.BATCH_ROWS + 3
    [one] = batch_of([("0", 0)]).to_pylist()
    rows = [one | {"id": str(number), "e_above_hull_ev": float(number)} for number in range(count)]
    whole = pa.Table.from_pylist(rows, structures_schema())
    apply(table, whole.to_batches(max_chunksize=999), NONE, "s", complete=True)
    assert held(table) == {str(number): float(number) for number in range(count)}
    apply(table, whole.slice(0, 5).to_batches(), NONE, "s", complete=True)
    assert len(held(table)) == 5


def test_the_rows_of_some_entries(table: Path) -> None:
    put(table, ("a", 1), ("b", 2), ("c", 3))
    put(table, ("a", 7), source="other")
    found = rows_of(table, {("s", "a"), ("s", "c"), ("s", "x"), ("other", "a"), ("other", "b")})
    assert {key: row["e_above_hull_ev"] for key, row in found.items()} == {
        ("s", "a"): 1,
        ("s", "c"): 3,
        ("other", "a"): 7,
    }
    assert rows_of(table, ()) == {}
    assert [batch.schema.names for batch in scan(table, "s", ["e_above_hull_ev", "id"])] == [
        ["e_above_hull_ev", "id"]
    ]


def test_a_table_of_another_program_is_refused(table: Path) -> None:
    DeltaTable.create(
        str(table), structures_schema(), configuration={lake.VERSION_KEY: "2"}, raise_if_key_not_exists=False
    )
    for use in (lambda: stored_rows(table, "s"), lambda: put(table, ("a", 0))):
        with pytest.raises(LakeError, match="has schema version 2, this program knows 1"):
            use()


def test_a_lost_race_is_run_again(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = lake._commit, []

    def lose_twice(*arguments: Any) -> int:
        calls.append(1)
        if len(calls) < 3:
            raise CommitFailedError("lost")
        return real(*arguments)

    monkeypatch.setattr(lake, "_commit", lose_twice)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    put(table, ("a", 1))
    assert held(table) == {"a": 1} and len(calls) == 3

    def lose_always(*arguments: Any) -> int:
        raise CommitFailedError("lost")

    monkeypatch.setattr(lake, "_commit", lose_always)
    with pytest.raises(LakeError, match="lost against other writers"):
        put(table, ("a", 2))


def writer(table: str, source: str, rounds: int, start: Any) -> None:
    start.wait()
    for number in range(rounds):
        put(Path(table), *((id_, number) for id_ in "abc"), source=source)


@pytest.mark.parametrize("sources", [("one", "two"), ("same", "same")])
def test_two_writers_at_the_same_time(sources: tuple[str, str], table: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start, rounds = context.Barrier(2), 6
    processes = [
        context.Process(target=writer, args=(str(table), source, rounds, start)) for source in sources
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    for source in sources:
        assert held(table, source) == dict.fromkeys("abc", rounds - 1.0)


def test_a_commit_that_is_killed_leaves_the_table_whole(table: Path) -> None:
    put(table, *((str(number), 0) for number in range(500)))
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.catalog.store.test_lake import put\n"
        "print('go', flush=True)\n"
        "for value in range(1, 10_000):\n"
        "    put(Path(sys.argv[1]), *((str(number), value) for number in range(500)))\n"
    )
    for wait in (0.05, 0.13, 0.21):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(table)], stdout=subprocess.PIPE, cwd=CHECKOUT
        )
        assert process.stdout is not None and process.stdout.readline() == b"go\n"
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        values = held(table)
        assert len(values) == 500 and len(set(values.values())) == 1
    put(table, ("last", 1))
    assert held(table) == {"last": 1.0}


def test_a_process_that_read_a_table_ends_in_peace(table: Path) -> None:
    """With deltalake's own file system about every third process aborts while it ends."""
    put(table, ("a", 1))
    code = (
        "import sys\nfrom pathlib import Path\nfrom catalog.store.delta.lake import scan\n"
        "for _ in range(10):\n    list(scan(Path(sys.argv[1]), 's'))\n"
    )
    for _ in range(4):
        subprocess.run([sys.executable, "-c", code, str(table)], check=True)


def test_a_table_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LakeError, match="cannot be written"):
        put(tmp_path / "file" / "structures", ("a", 0))


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
        assert [row["row_hash"] for row in stored_rows(table, "s")] == [digest]


def stored(id_: str, formula: str = "MgO", source: str = "s", stamp: str | None = None) -> pa.RecordBatch:
    entry = Entry(source, id_, formula, ("Mg", "O"), None)
    return pa.RecordBatch.from_pylist([entry_to_row(entry) | {"stamp": stamp}], schema=structures_schema())


def formulas(table: Path, source: str = "s") -> dict[str, str]:
    return {found["id"]: found["formula"] for found in stored_rows(table, source)}


def test_changes_move_what_differs_and_nothing_else(tmp_path: Path) -> None:
    table = tmp_path / "structures"
    first = apply(table, [stored("a"), stored("b"), stored("c")], NONE, "s", complete=True)
    assert apply(table, [stored("b")], pa.array(["never there"]), "s") == first
    second = apply(table, [stored("b", "Mg2O"), stored("c"), stored("d")], pa.array(["a", "d"]), "s")
    assert formulas(table) == {"b": "Mg2O", "c": "MgO", "d": "MgO"}
    assert DeltaTable(str(table)).version() == second == (first or 0) + 1
    third = apply(table, [stored("c", stamp="2026-11-02")], NONE, "s")
    assert third == second + 1
    stamps = {found["id"]: found["stamp"] for found in stored_rows(table, "s")}
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
    assert formulas(table) == {"a": "MgO"}


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
    with pytest.raises(LakeError, match=r"rows of 's', 3 were compared.*run again"):
        list(lake.rows_at(table, "s", np.ones(3, bool)))
    expected = {str(number): "MgO" if number % 2 else "Mg2O" for number in range(many)}
    assert formulas(table) == {id_: formula for id_, formula in expected.items() if id_ not in set(gone)}
