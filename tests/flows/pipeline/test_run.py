"""The steps of a run, on a source whose entries attack the process that reads or screens them."""

import os
from dataclasses import dataclass, replace
from multiprocessing import active_children

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.home import Home
from catalog.sources import RawEntry
from catalog.sources.base import in_batches
from catalog.store.structures import entry_to_row, structures_schema
from flows.options import ScreenOptions
from flows.pipeline.finished import Counts, LostEntriesError
from flows.pipeline.plan import Plan
from flows.pipeline.run import plain, run
from flows.pipeline.shards import unscreened_batch
from flows.pipeline.steps.reading import cut
from flows.pipeline.versions import code_version
from polywell.families import load_families
from polywell.records import Entry
from polywell.screening import failed
from tests.flows.crystals import cacuo2


class Attack:
    """Stands where a structure is expected; whoever goes through its sites pays."""

    def __init__(self, kind):
        self.kind = kind

    def __iter__(self):
        if self.kind == "exit":
            os._exit(5)
        if self.kind == "memory":
            yield from [bytes(10**9) for _ in range(100)]
        if self.kind == "leave":
            raise SystemExit
        raise LookupError("no sites here")


@dataclass
class Given:
    """A source that holds what the test gives it."""

    entries: list[Entry]
    name: str = "given"

    def raw_entries(self, ids=None):
        for entry in self.entries:
            if ids is None or entry.id in ids:
                yield RawEntry(self.name, entry.id, "entry", entry, entry.formula, entry.provenance)

    @in_batches
    def index(self):
        for entry in self.entries:
            yield entry.id, None

    def version(self):
        return None

    def expected_count(self):
        return len(self.entries)

    def description(self):
        return {"spec": self.name}


def entry(id_, structure):
    return Entry("given", id_, "CaCuO2", ("Ca", "Cu", "O"), structure)


def test_entries_that_kill_their_worker_are_rows_and_the_run_goes_on(tmp_path):
    good = [entry(f"good-{number:03}", cacuo2()) for number in range(250)]
    guilty = [
        entry("exits", Attack("exit")),
        entry("eats", Attack("memory")),
        entry("leaves", Attack("leave")),
        entry("raises", Attack("error")),
    ]
    source = Given([*good[:100], guilty[0], *good[100:120], guilty[1], *good[120:], *guilty[2:]])
    home = Home.at(tmp_path)
    home.prepare()
    finished = run(Plan(source, home, load_families(), ScreenOptions(workers=2)))
    assert (finished.counts.entries, finished.counts.candidates, finished.counts.failed) == (254, 250, 4)
    rows = {row["id"]: row for row in pq.read_table(home.latest / "failed.parquet").to_pylist()}
    assert rows["exits"]["error_type"] == "WorkerDied"
    assert "exit code 5" in rows["exits"]["message"]
    assert rows["eats"]["error_type"] == "MemoryError"
    assert (rows["leaves"]["error_type"], rows["leaves"]["message"]) == ("SystemExit", "no message")
    assert (rows["raises"]["error_type"], rows["raises"]["message"]) == ("LookupError", "no sites here")
    assert {row["stage"] for row in rows.values()} == {"read"}
    assert all(row["message"] for row in rows.values())


def test_the_workers_have_ended_when_the_list_is_made(tmp_path):
    home, beside = Home.at(tmp_path), []
    home.prepare()

    def steps():
        def ranked(*given):
            beside.append(active_children())
            return plain().rank(*given)

        return replace(plain(), rank=ranked)

    source = Given([entry("good", cacuo2())])
    run(Plan(source, home, load_families(), ScreenOptions(workers=2)), steps_of=steps)
    assert beside == [[]]


def test_a_lost_entry_is_noticed():
    families = load_families()
    record = failed(Entry("given", "a", "", (), None), "ParseError", "no", "read", families)
    verdicts = {(record.outcome.value, record.reason, record.error_type): 1}
    assert Counts.of(1, verdicts).failures == {"ParseError": 1}
    with pytest.raises(LostEntriesError, match="2 entries = 0 candidates \\+ 0 rejected \\+ 1 failed"):
        Counts.of(2, verdicts)


def test_shards_are_cut_from_a_stream_without_reading_ahead():
    taken = []

    def stream():
        for number in range(10):
            taken.append(number)
            yield number

    shards = cut(stream(), size=4)
    assert next(shards) == [0, 1, 2, 3]
    assert taken == [0, 1, 2, 3]
    assert list(shards) == [[4, 5, 6, 7], [8, 9]]
    heavy = cut(range(5), size=4, weigh=lambda number: 40_000_000 if number < 3 else 0)
    assert list(heavy) == [[0, 1], [2, 3, 4]]


def test_the_code_version_does_without_a_repository(tmp_path):
    assert "+g" not in code_version(tmp_path)
    (tmp_path / ".git").write_text("gitdir: nowhere", "utf-8")
    assert "+g" not in code_version(tmp_path)


def test_an_entry_whose_screening_dies_is_a_failed_row():
    read = pa.RecordBatch.from_pylist([entry_to_row(entry("a", cacuo2()))], schema=structures_schema())
    [row] = unscreened_batch(read, "WorkerDied", "it ended", load_families()).to_pylist()
    said = {name: row[name] for name in ("id", "formula", "outcome", "error_type", "message", "stage")}
    assert said == {
        "id": "a",
        "formula": "CaCuO2",
        "outcome": "failed",
        "error_type": "WorkerDied",
        "message": "it ended",
        "stage": "screen",
    }
