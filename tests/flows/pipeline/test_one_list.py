"""A home has one list of all its sources: what joins it, what moves in it, what leaves it."""

import json

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from catalog.errors import RunError
from catalog.home import Home
from catalog.runs.diff import compare
from catalog.runs.forget import forget
from catalog.runs.named import find_run, source_named, two_runs
from catalog.runs.published import latest_run, published_runs
from catalog.store.shards import work_folder
from flows.deployments.notify import news
from flows.options import ScreenOptions
from flows.results.explain import NoSuchEntryError, explain
from flows.results.export import export
from polywell.families import load_families
from polywell.records import Outcome
from reports.run.exports.shortlist import Filter
from tests.flows.crystals import CHECKOUT
from tests.flows.dated import Dated, infinite_layer, ranked_rows, screened

pytestmark = pytest.mark.usefixtures("own_hands")


@pytest.fixture
def home(tmp_path):
    home = Home.at(tmp_path / "home")
    home.prepare()
    return home


def source_of(name, ids, c_ang=3.18):
    return Dated({id_: ("1", infinite_layer(id_, c_ang, source=name)) for id_ in ids}, name)


def keys(home):
    return {(row["source"], row["id"]) for row in ranked_rows(home)}


def test_two_sources_are_one_list_and_each_is_unchanged_afterwards(home):
    one, two = source_of("one", "ab"), source_of("two", "bc", 3.3)
    screened(one, home)
    finished, count = screened(two, home)
    assert count == 2 and finished.counts.candidates == 2
    rows = ranked_rows(home)
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]
    assert keys(home) == {("one", "a"), ("one", "b"), ("two", "b"), ("two", "c")}
    assert sorted(row["rank_in_compound"] for row in rows) == [1, 2, 3, 4]  # one compound
    manifest = latest_run(home).manifest
    assert (manifest["entries"], manifest["candidates"]) == (4, 4)
    assert {name: facts["entries"] for name, facts in manifest["sources"].items()} == {"one": 2, "two": 2}
    changes = finished.changes
    assert (changes.new, changes.changed, changes.withdrawn) == ((), (), ())
    assert changes.joined == {"two": 2} and "two joined with 2" in changes.sentence
    assert "two joined the list with 2 candidates" in news(finished, ScreenOptions(notify_above_k=0))

    for source in (one, two):
        again, count = screened(source, home)
        assert again.is_unchanged and count == 0 and again.counts.entries == 2
    assert len(published_runs(home)) == 2
    before, after = two_runs(home, [])
    assert before == after and find_run(home, "latest", "one") == after


def test_a_folder_that_is_named_in_two_ways_is_told_of(home, tmp_path, capsys):
    folder = tmp_path / "a folder"
    folder.mkdir()
    for name in (f"files:{folder}", f"files:{tmp_path}", f"files:{folder}/"):
        capsys.readouterr()
        screened(source_of(name, "a"), home)
    said = capsys.readouterr().err
    assert said.count("are the same place") == 1
    assert f"`polywell forget 'files:{folder}'` takes one of them out" in said
    assert len(keys(home)) == 3


def test_what_moves_in_one_source_is_told_of_that_source(home):
    one, two = source_of("one", "ab"), source_of("two", "ab")
    screened(one, home)
    screened(two, home)
    two.entries["a"] = ("2", infinite_layer("a", 3.3, source="two"))
    del two.entries["b"]
    two.entries["n"] = ("1", infinite_layer("n", 3.0, source="two"))
    finished, _ = screened(two, home)
    changes = finished.changes
    assert [(change.source, change.id, change.why) for change in changes.changed] == [
        ("two", "a", "structure")
    ]
    assert [(change.source, change.id) for change in changes.new] == [("two", "n")]
    assert [(change.source, change.id) for change in changes.withdrawn] == [("two", "b")]
    assert changes.by_cause() == {"structure": 1}
    assert "two/n " in news(finished, ScreenOptions(notify_above_k=0))
    before, after = two_runs(home, [], "two")
    assert [change.id for change in compare(before, after, "two").new] == ["n"]
    assert compare(before, after, "one").new == compare(before, after, "one").changed == ()
    with pytest.raises(RunError, match="only published run of 'one'"):
        two_runs(home, [], "one")


def test_a_source_screened_with_another_table_of_lambda_leaves_until_it_is_screened_again(home, tmp_path):
    one, two = source_of("one", "a"), source_of("two", "b")
    screened(one, home)
    screened(two, home)
    text = (CHECKOUT / "polywell" / "tables" / "families.toml").read_text("utf-8")
    own = tmp_path / "families.toml"
    own.write_text(text.replace("lambda_k_ang2 = 1300", "lambda_k_ang2 = 1200"), "utf-8")
    finished, _ = screened(two, home, load_families(own))
    assert finished.changes.left == {"one": 1} and keys(home) == {("two", "b")}
    finished, _ = screened(one, home, load_families(own))
    assert finished.changes.joined == {"one": 1} and keys(home) == {("one", "a"), ("two", "b")}


def test_the_version_of_a_source_whose_run_was_interrupted_is_not_believed(home):
    one, two = source_of("one", "a"), source_of("two", "b")
    screened(one, home)
    screened(two, home)
    work_folder(home, "one").mkdir(parents=True)
    two.entries["c"] = ("1", infinite_layer("c", source="two"))
    screened(two, home)
    assert latest_run(home).sources["one"]["source_version"] is None
    finished, _ = screened(one, home)
    assert not finished.is_unchanged and latest_run(home).sources["one"]["source_version"] is not None
    assert screened(one, home)[0].is_unchanged


def test_a_source_that_is_forgotten_leaves_the_list_with_the_next_run(home):
    one, two = source_of("one", "ab"), source_of("two", "c")
    screened(one, home)
    screened(two, home)
    assert forget(home, "one", print) == 2
    finished, _ = screened(two, home)
    assert not finished.is_unchanged and finished.changes.left == {"one": 2}
    assert keys(home) == {("two", "c")}
    assert screened(two, home)[0].is_unchanged
    with pytest.raises(RunError, match="names 0 sources"):
        source_named(home, "three")


def test_entries_of_one_id_are_told_apart_by_their_source(home, tmp_path):
    screened(source_of("one", "ab"), home)
    screened(source_of("two", "ac", 3.3), home)
    assert explain(home, "a")[0] == "a is also one/a (rank 3)"
    assert "  a of one, rank 3" in explain(home, "one/a")[0]
    assert "  a of one, rank 3" in explain(home, "a", source="on")[0]
    with pytest.raises(NoSuchEntryError, match=r"of one and two holds no entry 'one/c'"):
        explain(home, "one/c")
    written = export(home, tmp_path / "out", Filter(), source="two")
    assert written.candidates == 2
    page = (home.reports / "latest" / "index.html").read_text("utf-8")
    assert "2 sources: " in page
    dossiers = [path.name for path in (home.reports / "latest" / "dossiers").glob("a-*.html")]
    assert len(dossiers) == 2


def test_a_home_of_the_program_before_gets_its_list(home):
    one, two = source_of("one", "a"), source_of("two", "b")
    screened(one, home)
    screened(two, home)
    for run in published_runs(home):  # as it was: a run lists its own source, and says nothing of others
        manifest = {name: value for name, value in run.manifest.items() if name not in ("sources", "files")}
        manifest |= run.sources[run.source] | {"code_digest": "older"}
        rows = pq.read_table(run.file(Outcome.CANDIDATE))
        pq.write_table(rows.filter(pc.equal(rows["source"], run.source)), run.file(Outcome.CANDIDATE))
        (run.folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
        (run.folder / ".complete").write_text("{}", "utf-8")
    assert latest_run(home).sources.keys() == {"two"}
    finished, count = screened(two, home)
    assert count == 0 and keys(home) == {("one", "a"), ("two", "b")}
    assert finished.changes.joined == {"one": 1}
