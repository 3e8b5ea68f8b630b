"""Only what changed is read and screened, and it is told what came of it."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pymatgen.core import Lattice, Structure

from catalog.home import Home
from catalog.runs.named import two_runs
from catalog.runs.published import latest_run, manifest_of, published_runs
from catalog.runs.record import run_records
from catalog.store import shards as store
from catalog.store.delta import lake
from catalog.store.structures import structures_schema
from flows.deployments.notify import news
from flows.options import ScreenOptions
from flows.pipeline import shards
from flows.pipeline.plan import make_plan
from flows.pipeline.run import run
from flows.pipeline.steps import reading
from polywell.design.nearby.around import next_to_try
from polywell.families import load_families
from tests.catalog.sources.test_bulk_files import write_alexandria, write_lemat
from tests.catalog.stored import ids_at, stored_rows
from tests.flows.crystals import CHECKOUT
from tests.flows.dated import Dated, infinite_layer, ranked, screened
from tests.flows.dying import OwnHands

pytestmark = pytest.mark.usefixtures("own_hands")


def infinite_layer_of(c_ang):
    """CaCuO2 with this c in Å."""
    places = [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]]
    return Structure(Lattice.tetragonal(3.86, c_ang), ["Ca", "Cu", "O", "O"], places)


def later(monkeypatch, days):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1795000000 + 86400 * days))


@pytest.fixture
def home(tmp_path):
    home = Home.at(tmp_path / "home")
    home.prepare()
    return home


def test_only_what_changed_is_read_and_screened(home, monkeypatch):
    source = Dated({id_: ("1", infinite_layer(id_)) for id_ in "abcd"})
    _, count = screened(source, home)
    assert (source.asked, count) == ([None], 4)
    first = latest_run(home).manifest["changes"]
    assert (first["since"], first["new"], first["changed"], first["withdrawn"]) == (None, 4, 0, 0)

    finished, count = screened(source, home)
    assert finished.is_unchanged and (len(source.asked), count) == (1, 0)
    assert finished.counts.candidates == 4
    records = [json.loads(path.read_text()) for path in sorted(home.records.glob("*.json"))]
    assert [record["outcome"] for record in records] == ["published", "unchanged"]
    [published] = published_runs(home)
    assert [record["published"] for record in records] == [published.name] * 2
    assert records[0]["run"] == published.name < records[1]["run"]  # one name, and names sort as runs came

    later(monkeypatch, 3)
    source.entries["b"] = ("2", infinite_layer("b", 3.3))
    source.entries["c"] = ("2", infinite_layer("c"))  # touched, but the same
    source.entries["e"] = ("1", infinite_layer("e", 3.0))
    del source.entries["d"]
    before = ranked(home)
    finished, count = screened(source, home)
    assert source.asked[1:] == [["b", "c", "e"]]
    assert count == 2
    rows = ranked(home)
    dates = {id_: (row["first_seen"], row["last_changed"]) for id_, row in rows.items()}
    old, new = before["a"]["first_seen"], rows["e"]["first_seen"]
    assert old < new
    assert dates == {"a": (old, old), "b": (old, new), "c": (old, old), "e": (new, new)}
    changes = finished.changes
    assert [(change.id, change.why) for change in changes.new] == [("e", "new in the source")]
    assert [(change.id, change.why) for change in changes.changed] == [("b", "structure")]
    assert [(change.id, change.why) for change in changes.withdrawn] == [("d", "no longer in the source")]
    older = DeltaTable(str(home.predictions)).version() - 1
    assert "d" in ids_at(home.predictions, "dated", older)
    assert "1 new candidates at or above 100 K" in news(finished, ScreenOptions(notify_above_k=100))
    assert news(finished, ScreenOptions(notify_above_k=1e4)) is None
    assert [run.name for run in two_runs(home, [])] == [run.name for run in published_runs(home)[::-1]]


def test_neighbours_are_designed_for_new_structures_only(home, tmp_path, monkeypatch):
    asked = []

    def remembering(entry):
        asked.append(entry.id)
        return next_to_try(entry)

    def told(home):
        pages = (home.reports / "latest" / "dossiers").glob("*.json")
        return {said["id"]: said["next_to_try"] for said in map(json.loads, map(Path.read_text, pages))}

    monkeypatch.setattr("reports.dossier.next_to_try.next_to_try", remembering)
    source = Dated({id_: ("1", infinite_layer(id_)) for id_ in "ab"})
    screened(source, home)
    assert sorted(asked) == ["a", "b"]

    source.entries["b"] = ("2", infinite_layer("b", 3.3))
    screened(source, home)
    assert asked[2:] == ["b"]
    other = Home.at(tmp_path / "other")
    other.prepare()
    screened(source, other)
    assert told(home) == told(other) and told(home)["a"]["found"]

    for page in (home.reports / "latest" / "dossiers").glob("*.json"):
        page.write_text("{}")  # no longer what was written: nothing is taken from it
    asked.clear()
    source.entries["c"] = ("1", infinite_layer("c", 3.1))
    screened(source, home)
    assert sorted(asked) == ["a", "b", "c"] and told(home)["a"] == told(other)["a"]


@pytest.mark.parametrize("write", [write_alexandria, write_lemat])
def test_a_dump_goes_on_where_it_was_broken_off(write, home, tmp_path, monkeypatch):
    spec = write(tmp_path, {f"c-{number}": infinite_layer_of(3.2 + 0.01 * number) for number in range(5)})
    monkeypatch.setattr(store, "SHARD_ROWS", 1)
    monkeypatch.setattr(reading, "PART_BYTES", 1)
    monkeypatch.setattr(shards, "PART_WEIGHT", 1)
    written, write_shard = [], store.write_shard

    def twice(path, *rest):
        if len(written) == 5:  # of two entries rows and predictions, and of the third its prediction
            raise KeyboardInterrupt
        written.append(path)
        write_shard(path, *rest)

    options = ScreenOptions(source=spec, home=tmp_path / "home", workers=1, dossiers=0)
    OwnHands.screened = 0
    monkeypatch.setattr(store, "write_shard", twice)
    with pytest.raises(KeyboardInterrupt):
        run(make_plan(options))
    monkeypatch.setattr(store, "write_shard", write_shard)
    assert run(make_plan(options)).counts.candidates == 5
    newest, broken = run_records(home)
    assert OwnHands.screened == 6
    assert (broken["outcome"], newest["read"], newest["read_before"]) == ("stopped", 3, 2)


def test_a_deprecated_entry_leaves_the_ranking_and_is_still_counted(home):
    source = Dated({id_: ("1", infinite_layer(id_)) for id_ in "ab"})
    screened(source, home)
    source.entries["a"] = ("2", infinite_layer("a", deprecated=True))
    finished, _ = screened(source, home)
    assert finished.counts.reasons == {"deprecated": 1}
    assert list(ranked(home)) == ["b"]
    assert [change.why for change in finished.changes.withdrawn] == ["now rejected: deprecated"]


def test_another_table_of_lambda_recomputes_without_reading(home, tmp_path):
    source = Dated({id_: ("1", infinite_layer(id_)) for id_ in "ab"})
    screened(source, home)
    text = (CHECKOUT / "polywell" / "tables" / "families.toml").read_text("utf-8")
    assert "lambda_k_ang2 = 1300" in text
    own = tmp_path / "families.toml"
    own.write_text(text.replace("lambda_k_ang2 = 1300", "lambda_k_ang2 = 1200"), "utf-8")
    finished, count = screened(source, home, load_families(own))
    assert (len(source.asked), count) == (1, 2)
    assert {change.why for change in finished.changes.changed} == {"λ table"}
    assert all("tc_ceiling_k" in dict((m[0], m) for m in change.moved) for change in finished.changes.changed)


def test_a_source_without_dates_is_compared_by_its_rows(home):
    source = Dated({id_: (None, infinite_layer(id_)) for id_ in "abc"})
    screened(source, home)
    versions = [DeltaTable(str(table)).version() for table in (home.structures, home.predictions)]
    finished, count = screened(source, home)
    assert not finished.is_unchanged and count == 0
    assert versions == [DeltaTable(str(table)).version() for table in (home.structures, home.predictions)]
    source.entries["b"] = (None, infinite_layer("b", 3.3))
    assert screened(source, home)[1] == 1


def test_a_home_of_an_older_program_is_taken_over(home):
    source = Dated({id_: ("1", infinite_layer(id_)) for id_ in "ab"})
    added = {"raw_id", "stamp", "reading", "deprecated", "functional", "database_ids"}
    older = [field for field in structures_schema() if field.name not in added]
    rows = [{field.name: None for field in older} | {"source": "dated", "id": id_} for id_ in "az"]
    home.prepare()
    table = lake._create(home.structures, pa.schema(older))
    write_deltalake(table, pa.Table.from_pylist(rows, pa.schema(older)), mode="append")
    assert [row["stamp"] for row in stored_rows(home.structures, "dated")] == [None, None]
    finished, _ = screened(source, home)
    assert finished.counts.candidates == 2
    assert {row["id"] for row in stored_rows(home.structures, "dated")} == {"a", "b"}


def test_entries_that_may_not_be_used_commercially_can_be_left_out(home, capsys):
    source = Dated({"a": ("1", infinite_layer("a", licence="CC BY-NC 4.0")), "b": ("1", infinite_layer("b"))})
    finished, _ = screened(source, home, exclude_noncommercial=True)
    assert finished.counts.entries == 1 and list(ranked(home)) == ["b"]
    assert "left out: 1 entries whose licence forbids commercial use" in capsys.readouterr().err
    assert manifest_of(home.latest)["excluded_noncommercial"] == 1
    assert screened(source, home)[0].counts.entries == 2


def test_the_command_tells_the_difference(polywell, folder, tmp_path):
    changing = tmp_path / "structures"
    shutil.copytree(folder, changing)
    words = ("screen", f"files:{changing}", "--home", tmp_path / "home", "--top", 0)
    assert polywell(*words).returncode == 0
    alone = polywell("diff", "--home", tmp_path / "home")
    assert alone.returncode == 2 and "only published run" in alone.stderr
    (changing / "CaCuO2.cif").rename(changing / "renamed.cif")
    assert polywell(*words, SOURCE_DATE_EPOCH="1895000000").returncode == 0
    done = polywell("diff", "--home", tmp_path / "home")
    assert done.returncode == 0 and "1 new, 0 changed, 1 withdrawn candidates" in done.stderr
    assert "renamed.cif" in done.stdout and "no longer in the source" in done.stdout
    said = json.loads(polywell("diff", "--json", "--home", tmp_path / "home").stdout)
    assert [change["id"] for change in said["new_candidates"]] == ["renamed.cif"]
    wrong = polywell("diff", "nothing", "--home", tmp_path / "home")
    assert wrong.returncode == 2 and "names 0 runs" in wrong.stderr
    assert (
        make_plan(ScreenOptions(source=f"files:{changing}", home=tmp_path / "home")).source.name
        in polywell(*words, SOURCE_DATE_EPOCH="1895000000").stderr
    )
    still = polywell("diff", "--home", tmp_path / "home")
    assert still.returncode == 0 and not still.stdout
    assert f"files:{changing}: nothing changed since 2030-01-18T20:53:20+00:00" in still.stderr

    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(folder / "truncated.cif", other)
    polywell("screen", f"files:{other}", "--home", tmp_path / "home", "--top", 0)
    named = ("--source", f"files:{changing}", "--home", tmp_path / "home")
    assert polywell("diff", *named).stderr == still.stderr
    assert "CaCuO2  renamed.cif" in polywell("explain", "renamed.cif", "--home", tmp_path / "home").stdout
    assert "CaCuO2  renamed.cif" in polywell("explain", "renamed.cif", *named).stdout
    assert "1 candidates, 1 with a structure" in polywell("export", tmp_path / "out", *named).stderr
    lines = polywell("runs", "--json", "--home", tmp_path / "home").stdout.splitlines()
    outcomes = [(record["source"], record["outcome"]) for record in map(json.loads, lines)]
    mine = f"files:{changing}"
    assert outcomes == [
        (f"files:{other}", "published"),
        *((mine, outcome) for outcome in ("unchanged", "published", "published")),
    ]
    table = polywell("runs", *named).stdout
    assert (table.count("published"), table.count("kept"), table.count("latest")) == (2, 2, 0)


def test_every_source_is_listed(polywell):
    done = polywell("sources")
    assert done.returncode == 0
    for word in ("reference", "files:DIR", "materials-project", "optimade:"):
        assert word in done.stdout


class Mortal(OwnHands):
    """Workers of whom each dies that screens the entry `b`."""

    def map(self, work, shards, lost, alone=None):
        for shard in shards:
            try:
                yield shard, work(shard)
            except ChildProcessError:
                for item in shard:
                    try:
                        yield [item], (alone or work)([item])
                    except ChildProcessError as death:
                        yield [item], lost(item, "WorkerDied", str(death))


def test_an_entry_whose_screening_ends_its_worker_is_read_and_costs_no_other(home, monkeypatch):
    def deadly(rows, families, screen=shards.screen_batch):
        if any("b" in row.column("id").to_pylist() for row in rows):
            raise ChildProcessError("it died")
        return screen(rows, families)

    monkeypatch.setattr(shards, "screen_batch", deadly)
    monkeypatch.setattr("flows.pipeline.run.Workers", Mortal)
    finished, _ = screened(Dated({id_: ("1", infinite_layer(id_)) for id_ in "abc"}), home)
    assert (finished.counts.candidates, finished.counts.failures) == (2, {"WorkerDied": 1})
    rows = {row["id"]: row for row in stored_rows(home.structures, "dated")}
    assert set(rows) == set("abc") and rows["b"]["lattice"] and rows["b"]["error_type"] is None
