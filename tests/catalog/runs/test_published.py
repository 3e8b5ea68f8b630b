import calendar
from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from catalog.errors import RunError
from catalog.home import Home
from catalog.runs.named import find_run, source_named, two_runs
from catalog.runs.publish import publish
from catalog.runs.published import PublishedRun, latest_run, new_name
from catalog.runs.record import KEPT_RECORDS, write_record
from catalog.store.delta.lake import apply
from catalog.store.durable import file_digest
from catalog.store.structures import entry_to_row, structures_schema
from polywell.records import ENTRY_COLUMNS, Entry, Outcome
from tests.catalog.stored import tables_of

SOURCE = "files:/data/x"


@pytest.fixture
def run(home: Home, candidate: Callable, rejected: Callable, failed: Callable) -> PublishedRun:
    tables = tables_of(
        [candidate("a"), candidate("b", metal="Ni"), candidate("c")],
        [rejected("r"), rejected("s")],
        [failed("f")],
    )
    counts = {"entries": 6, "candidates": 3, "rejected": 2, "failed": 1, "source": SOURCE}
    return publish(home, new_name(home), *tables, counts)


def test_the_record_the_folder_and_the_manifest_bear_one_name(home: Home, run: PublishedRun) -> None:
    latest = latest_run(home)
    assert latest == run
    assert run.manifest["run"] == run.name == run.folder.name
    assert run.manifest["files"]["ranked.parquet"] == file_digest(run.file(Outcome.CANDIDATE))


def test_a_table_has_the_columns_and_rows_that_are_asked_for(run: PublishedRun) -> None:
    assert run.ranked().schema.names == [column.name for column in ENTRY_COLUMNS]
    assert run.ranked()["id"].to_pylist() == ["a", "b", "c"]
    assert run.rejected(["id", "reason"]).to_pylist() == [
        {"id": name, "reason": "no_net_metal"} for name in ("r", "s")
    ]
    assert run.failed(["error_type"]).to_pylist() == [{"error_type": "EmptyFileError"}]
    assert run.ranked(["id"], pc.field("metal") == "Ni").to_pylist() == [{"id": "b"}]
    with pytest.raises(KeyError):
        run.ranked(["no_such_column"])


def test_the_first_rows_and_one_entry_of_any_outcome(run: PublishedRun) -> None:
    assert [row["id"] for row in run.head(Outcome.CANDIDATE, 2)] == ["a", "b"]
    assert run.head(Outcome.CANDIDATE, 0) == []
    assert len(run.head(Outcome.REJECTED, 5)) == 2
    found = [one.outcome for id_ in "csf" for one in run.entries(id_)]
    assert found == ["candidate", "rejected", "failed"]
    assert run.entries("nobody") == run.entries("c", "another") == []


def test_columns_that_an_older_program_did_not_know_are_empty(run: PublishedRun) -> None:
    path = run.file(Outcome.CANDIDATE)
    whole = pq.read_table(path)
    phases = whole["phases"].to_pylist()
    for some in phases:
        for phase in some:
            del phase["tc_k"]
    older = whole.drop_columns(["tc_low_k", "phases"]).append_column("phases", pa.array(phases))
    pq.write_table(older, path)
    run = replace(run, manifest={**run.manifest, "files": {path.name: file_digest(path)}})
    assert run.ranked(["id", "tc_low_k"]).to_pylist()[0] == {"id": "a", "tc_low_k": None}
    assert run.ranked(["id"], pc.field("tc_low_k").is_null()).num_rows == 3
    [entry] = run.entries("a", SOURCE)
    assert (entry.phases[0].tc_k, entry.phases[0].xi_ang) == (None, 3.6)
    [row] = run.head(Outcome.CANDIDATE, 1)
    assert (row["id"], row["tc_low_k"], row["phases"][0]["tc_k"]) == ("a", None, None)
    assert run.lacks("tc_low_k") and not run.lacks("tc_high_k")


def test_structures_are_given_by_source_and_id(home: Home, run: PublishedRun, la2cuo4) -> None:
    assert run.structures({(SOURCE, "a")}) == {}
    for source in (SOURCE, "another"):
        rows = [entry_to_row(Entry(source, id, "La2CuO4", ("Cu", "La", "O"), la2cuo4)) for id in "abd"]
        batch = pa.RecordBatch.from_pylist(rows, structures_schema())
        apply(home.structures, [batch], pa.array([], pa.string()), source)
    found = run.structures({(SOURCE, "a"), ("another", "d"), (SOURCE, "gone")})
    assert set(found) == {(SOURCE, "a"), ("another", "d")}
    assert found["another", "d"]["source"] == "another"
    assert len(found[SOURCE, "a"]["species"]) == len(la2cuo4)


def test_a_run_is_found_by_the_beginning_of_its_name(
    home: Home, run: PublishedRun, candidate: Callable
) -> None:
    with pytest.raises(RunError, match="only published run"):
        two_runs(home, [])
    with pytest.raises(RunError, match="names 0 runs"):
        find_run(home, "yesterday")
    with pytest.raises(RunError, match="3 runs given"):
        two_runs(home, ["a", "b", "c"])
    assert find_run(home, "latest") == find_run(home, run.name[:-1]) == run
    tables = tables_of([candidate()], [], [])
    counts = {"entries": 1, "candidates": 1, "rejected": 0, "failed": 0, "source": SOURCE}
    newer = publish(home, new_name(home), *tables, counts)
    assert two_runs(home, []) == two_runs(home, [run.name]) == (run, newer)
    other = publish(home, new_name(home), *tables, counts | {"source": "files:/data/y"})
    assert find_run(home, "latest") == other and find_run(home, "latest", SOURCE) == newer
    assert two_runs(home, [], SOURCE) == two_runs(home, [run.name], SOURCE) == (run, newer)
    for names in ([run.name, other.name], [run.name]):
        with pytest.raises(RunError, match="two runs with a source in common"):
            two_runs(home, names)
    with pytest.raises(RunError, match=r"names 2 sources.*: files:/data/x, files:/data/y"):
        source_named(home, "files:")
    assert source_named(home, "files:/data/x") == SOURCE
    with pytest.raises(RunError, match="names 0 runs"):
        find_run(home, other.name, SOURCE)
    for outcome, expected in (("unchanged", newer), ("failed", newer), ("published", run)):
        write_record(home, new_name(home), {"source": SOURCE, "outcome": outcome, "published": newer.name})
        assert two_runs(home, [], SOURCE) == (expected, newer)


def test_a_run_knows_its_end_and_who_has_its_news(run: PublishedRun) -> None:
    assert run.is_complete  # a manifest without changes is of a program that marked no end
    assert run.notified() == []
    run.mark_notified(["slack-webhook/lab"])
    run.mark_complete()
    assert run.notified() == ["slack-webhook/lab"]
    assert (run.folder / ".complete").exists()


def test_the_oldest_records_are_removed(home: Home) -> None:
    home.records.mkdir()
    for number in range(KEPT_RECORDS + 2):
        (home.records / f"2026-{number:04}.json").touch()
    path = write_record(home, "2027", {"outcome": "published"})
    left = sorted(item.name for item in home.records.iterdir())
    assert len(left) == KEPT_RECORDS and left[-1] == path.name and left[0] == "2026-0003.json"


def test_a_run_under_a_wrong_clock_does_not_change_the_order(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    for year in (2026, 2099, 2026, 2027, 2026):  # the second under a clock of the future
        monkeypatch.setattr("time.time_ns", lambda year=year: calendar.timegm((year, 11, 1, 0, 0, 0)) * 10**9)
        names.append(new_name(home))
        (home.runs / names[-1]).mkdir(parents=True)
    assert names == sorted(set(names))
    assert [name[:4] for name in names] == ["2026", "2099", "2099", "2099", "2099"]
