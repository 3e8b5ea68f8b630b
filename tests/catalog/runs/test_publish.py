import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.errors import PublishError
from catalog.home import Home
from catalog.runs import publish as publishing
from catalog.runs.published import new_name
from catalog.store.predictions import records_of
from catalog.store.schema import entry_schema
from polywell.records import ENTRY_COLUMNS, Screening
from tests.catalog.stored import record_to_row


def manifest(candidates: int = 0, rejected: int = 0, failed: int = 0, **more: Any) -> dict[str, Any]:
    counts = {"candidates": candidates, "rejected": rejected, "failed": failed}
    return {**counts, "entries": candidates + rejected + failed, "finished": "2026-11-22T00:00:00Z", **more}


def publish(
    home: Home,
    ranked: Iterable[Screening],
    rejected: Iterable[Screening],
    failed: Iterable[Screening],
    facts: dict[str, Any],
    keep_runs: int = 10,
) -> Path:
    ranks = [record_to_row(record) | {"rank": place} for place, record in enumerate(ranked, start=1)]
    lists = (ranks, *([record_to_row(record) for record in records] for records in (rejected, failed)))
    tables = [pa.Table.from_pylist(rows, schema=entry_schema()) for rows in lists]
    return publishing.publish(home, new_name(home), *tables, facts, keep_runs).folder


def test_a_run_is_three_files_and_a_manifest(
    home: Home, candidate: Callable, rejected: Callable, failed: Callable
) -> None:
    publish(home, [candidate("a"), candidate("b")], [rejected()], [failed()], manifest(2, 1, 1, source="ü"))
    assert sorted(item.name for item in home.latest.iterdir()) == [
        "failed.parquet",
        "manifest.json",
        "ranked.parquet",
        "rejected.parquet",
    ]
    for name, count in (("ranked", 2), ("rejected", 1), ("failed", 1)):
        table = pq.read_table(home.latest / f"{name}.parquet")
        assert table.schema.names == [column.name for column in ENTRY_COLUMNS]
        assert table.num_rows == count
        assert table.schema.field("tc_ceiling_k").metadata[b"unit"] == b"K"
    frame = pd.read_parquet(home.latest / "ranked.parquet")
    assert list(frame["id"]) == ["a", "b"] and list(frame["rank"]) == [1, 2]
    assert frame["phases"][0][0]["xi_ang"] == 3.6
    assert records_of(Screening, pq.read_table(home.latest / "ranked.parquet")) == [
        candidate("a"),
        candidate("b"),
    ]
    text = (home.latest / "manifest.json").read_text(encoding="utf-8")
    assert json.loads(text)["source"] == "ü"
    assert set(json.loads(text)["files"]) == {"ranked.parquet", "rejected.parquet", "failed.parquet"}


def test_equal_records_make_equal_bytes(home: Home, candidate: Callable, rejected: Callable) -> None:
    runs = [publish(home, [candidate()], [rejected()], [], manifest(1, 1, 0)) for _ in range(2)]
    for name in ("ranked.parquet", "rejected.parquet", "failed.parquet"):
        assert (runs[0] / name).read_bytes() == (runs[1] / name).read_bytes()
    files = json.loads((runs[0] / "manifest.json").read_text())["files"]
    assert files == json.loads((runs[1] / "manifest.json").read_text())["files"]


def test_a_lost_entry_stops_the_run(home: Home, candidate: Callable, rejected: Callable) -> None:
    publish(home, [candidate()], [], [], manifest(1))
    before = os.readlink(home.latest)
    wrong = [
        ([candidate()], [], [], manifest(2)),
        ([candidate()], [], [], {**manifest(1), "entries": 2}),
        ([candidate()], [], [], {}),
        ([candidate(), candidate()], [], [], manifest(2)),
        ([candidate()], [rejected("a")], [], manifest(1, 1)),
        ([candidate()], [candidate("b")], [], manifest(1, 1)),
        ([], [rejected(), rejected()], [], manifest(0, 2)),
        ([rejected()], [], [], manifest(1)),
    ]
    for ranked, turned_down, failures, facts in wrong:
        with pytest.raises(PublishError):
            publish(home, ranked, turned_down, failures, facts)
    assert os.readlink(home.latest) == before
    assert len(list(home.runs.iterdir())) == 2  # the run and the lock
    publish(home, [candidate(), candidate(source="another")], [], [], manifest(2))  # told apart by source


def test_a_full_disk_leaves_the_old_catalog(
    home: Home, candidate: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = publish(home, [candidate()], [], [], manifest(1))

    def full(path: Path, table: pa.Table) -> int:
        path.write_bytes(b"PAR1 half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publishing, "write_table", full)
    with pytest.raises(PublishError, match=r"No space left on device.*unchanged"):
        publish(home, [candidate("b")], [], [], manifest(1))
    assert home.latest.resolve() == old.resolve()
    assert [row["id"] for row in pq.read_table(home.latest / "ranked.parquet").to_pylist()] == ["a"]
    assert not list(home.runs.glob(".partial-*"))


def test_the_last_runs_of_each_source_stay(home: Home, candidate: Callable) -> None:
    publish(home, [candidate()], [], [], manifest(1) | {"source": "another"})
    paths = [publish(home, [candidate(str(number))], [], [], manifest(1), 3) for number in range(5)]
    left = [path for path in home.runs.iterdir() if path.is_dir()]
    assert len(left) == 1 + 3
    assert home.latest.resolve() == paths[-1].resolve()


def test_a_catalog_copied_without_links_is_taken_over(home: Home, candidate: Callable) -> None:
    home.latest.mkdir()
    (home.latest / "manifest.json").write_text("{}")
    publish(home, [candidate()], [], [], manifest(1))
    assert pq.read_table(home.latest / "ranked.parquet").num_rows == 1
    assert len([path for path in home.runs.iterdir() if path.is_dir()]) == 2


def test_a_home_may_be_moved(tmp_path: Path, candidate: Callable) -> None:
    home = Home.at(tmp_path / "before")
    home.prepare()
    publish(home, [candidate()], [], [], manifest(1))
    (tmp_path / "before").rename(tmp_path / "after")
    assert pq.read_table(Home.at(tmp_path / "after").latest / "ranked.parquet").num_rows == 1


PUBLISHER = """
import sys
from pathlib import Path
from catalog.home import Home
from tests.catalog.stored import tables_of
from catalog.runs.publish import publish
from catalog.runs.published import new_name
from polywell.records import Outcome, Reason, Screening

home = Home.at(Path(sys.argv[1]))
print("go", flush=True)
for number in range(int(sys.argv[2])):
    records = [
        Screening("s", f"{number}-{index}", "MgO", (), Outcome.REJECTED, 1, "d", Reason.NO_NET_METAL, "m")
        for index in range(50)
    ]
    counts = {"entries": 50, "candidates": 0, "rejected": 50, "failed": 0, "number": number}
    publish(home, new_name(home), *tables_of([], records, []), counts)
"""


def assert_whole(home: Home) -> None:
    run = home.latest.resolve()
    facts = json.loads((run / "manifest.json").read_text())
    ids = pq.read_table(run / "rejected.parquet")["id"].to_pylist()
    assert ids == [f"{facts['number']}-{index}" for index in range(50)]


def test_a_reader_never_sees_half_a_run_even_if_the_writer_is_killed(home: Home) -> None:
    root = str(home.catalog.parent)
    for wait in (0.15, 0.22, 0.31):
        process = subprocess.Popen([sys.executable, "-c", PUBLISHER, root, "100000"], stdout=subprocess.PIPE)
        assert process.stdout is not None and process.stdout.readline() == b"go\n"
        deadline = time.monotonic() + 60
        while not home.latest.exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        end = time.monotonic() + wait
        while time.monotonic() < end:
            try:
                assert_whole(home)
            except FileNotFoundError:
                # More than ten runs were published while this one was read.
                continue
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert_whole(home)
    subprocess.run([sys.executable, "-c", PUBLISHER, root, "1"], check=True, stdout=subprocess.DEVNULL)
    assert_whole(home)
    assert not list(home.runs.glob(".partial-*"))
