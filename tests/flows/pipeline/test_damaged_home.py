"""Each file of a home damaged in turn: one sentence that names it, and a list that is right or not there."""

import os
import shutil
from contextlib import nullcontext

import pytest

from catalog.errors import CatalogError, DamagedRunError, DamagedTableError
from catalog.home import Home
from catalog.runs.named import find_run
from catalog.runs.published import latest_run, published_runs
from catalog.runs.repair import damaged, repaired
from catalog.store.delta import lake
from catalog.store.delta.lake import scan
from catalog.store.delta.mending import damage, mend
from catalog.store.shards import work_folder
from flows.results.explain import explain
from polywell.records import Outcome
from tests.catalog.stored import stored_rows
from tests.flows.dated import Dated, infinite_layer, ranked, screened
from tests.flows.dying import OwnHands

SOURCE = "dated"


def source():
    """As the home below has it in the end."""
    entries = {id_: ("1", infinite_layer(id_, 3.1 + place / 10)) for place, id_ in enumerate("abc")}
    return Dated(entries | {"b": ("2", infinite_layer("b", 3.4))})


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A home with two runs of one source, the second three days after the first."""
    home = Home.at(tmp_path_factory.mktemp("whole"))
    home.prepare()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flows.pipeline.run.Workers", OwnHands)
        patch.setattr("flows.pipeline.page_rows.measured_candidates", lambda families: [])
        patch.setattr("flows.pipeline.shards.wall_limit", nullcontext)
        for time, entries in (("1795000000", {"b": ("1", infinite_layer("b"))}), ("1795259200", {})):
            patch.setenv("SOURCE_DATE_EPOCH", time)
            before = source()
            before.entries |= entries
            screened(before, home, dossiers=1)
    return home


@pytest.fixture
def home(whole, tmp_path):
    copied = shutil.copytree(whole.catalog.parent, tmp_path / "home", symlinks=True)
    return Home.at(copied)


def truncate(path):
    os.truncate(path, path.stat().st_size // 2)


def empty(path):
    os.truncate(path, 0)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


def delete(path):
    path.unlink()


KINDS = (truncate, empty, flip, delete, replace_by_folder)
each_kind = pytest.mark.parametrize("harm", KINDS, ids=lambda harm: harm.__name__)


def current_file(table):
    """The file that holds the rows of a table with one source."""
    [name] = lake.files_of(lake.unchecked_dataset(lake.unchecked_table(table), table))
    return table / name


def last_commit(table):
    return max((table / "_delta_log").glob("*.json"))


def first_commit(table):
    return min((table / "_delta_log").glob("*.json"))


@each_kind
@pytest.mark.parametrize("place", [current_file, last_commit, first_commit])
@pytest.mark.parametrize("name", ["structures", "predictions"])
def test_a_damaged_table_is_told_and_mended(home, name, place, harm):
    table = getattr(home, name)
    rows = stored_rows(table, SOURCE)
    path = place(table)
    harm(path)
    with pytest.raises(DamagedTableError, match="run `polywell repair`") as raised:
        list(scan(table, SOURCE))
    if (place, harm) != (first_commit, delete):  # what is not there is no different from what Delta removed
        assert str(path) in str(raised.value)
    assert damage(table) and all(mend(home, table))
    assert damage(table) == []
    left = stored_rows(table, SOURCE)
    # A damaged commit takes the table back to the one before; nothing that is left was not stored.
    assert len(left) < len(rows) or any(one not in rows for one in left)
    aside = [item.name for item in (home.catalog / "damaged").rglob("*")]
    assert path.name in aside or harm is delete


@each_kind
@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_damaged_file_of_a_run_is_told(home, outcome, harm):
    run = latest_run(home)
    harm(run.file(outcome))
    with pytest.raises(DamagedRunError, match=f"{outcome_file(outcome)} .*run `polywell repair`"):
        run.table(outcome)
    with pytest.raises(DamagedRunError):
        run.head(outcome, 1)
    assert outcome_file(outcome) in run.damage()


def outcome_file(outcome):
    return {"candidate": "ranked", "rejected": "rejected", "failed": "failed"}[outcome] + ".parquet"


@each_kind
def test_a_damaged_manifest_is_told(home, harm):
    newer, older = published_runs(home)
    harm(newer.folder / "manifest.json")
    for name in ("latest", newer.name):
        with pytest.raises(DamagedRunError, match=r"manifest\.json "):
            find_run(home, name)
    assert published_runs(home) == [older]


@pytest.mark.parametrize(
    ("what", "harm"),
    [
        ("catalog/latest/ranked.parquet", empty),
        ("catalog/latest/manifest.json", truncate),
        ("catalog/latest/.complete", truncate),
        ("catalog/predictions/_digests.json", truncate),
        ("catalog/runs/.lock", replace_by_folder),
        ("reports/latest/index.html", empty),
        ("reports/latest/run.json", replace_by_folder),
    ],
)
def test_what_the_tables_hold_comes_again_by_itself(home, own_hands, capsys, what, harm):
    before = ranked(home)
    pages = {path.name for path in home.reports.rglob("*")}
    harm(home.catalog.parent / what)
    finished, screens = screened(source(), home, dossiers=1)
    assert ranked(home) == before
    assert finished.changes is None or (finished.changes.new, finished.changes.withdrawn) == ((), ())
    assert screens in (0, 3)
    assert {path.name for path in home.reports.rglob("*")} == pages
    assert all(path.is_dir() or path.stat().st_size for path in home.reports.rglob("*"))
    finished, _ = screened(source(), home, dossiers=1)
    assert finished.is_unchanged and finished.run.damage() is None


@pytest.mark.parametrize("place", [current_file, last_commit, first_commit])
def test_damaged_predictions_come_again_by_themselves_with_their_dates(home, own_hands, capsys, place):
    before = ranked(home)
    assert len({row["first_seen"] for row in before.values()}) == 1
    assert len({row["last_changed"] for row in before.values()}) == 2
    path = place(home.predictions)
    flip(path)
    (home.reports / "latest" / "index.html").unlink()
    changed = source()
    changed.entries["d"] = ("1", infinite_layer("d", 3.9))
    screened(changed, home, dossiers=1)
    assert f"{path} is damaged" in capsys.readouterr().err
    rows = ranked(home)
    for id_, row in before.items():
        for column in ("first_seen", "last_changed", "tc_ceiling_k", "xi_ceiling_ang"):
            assert rows[id_][column] == row[column]


def test_damaged_structures_want_a_repair_and_are_read_again(home, own_hands, capsys):
    before = ranked(home)
    path = current_file(home.structures)
    truncate(path)
    for _ in range(2):
        with pytest.raises(DamagedTableError, match=f"{path} is damaged.*run `polywell repair`"):
            screened(source(), home, dossiers=1)
    with pytest.raises(DamagedTableError, match="polywell repair"):
        explain(home, "a")
    assert any(str(path) in sentence for sentence in damaged(home)) and path.exists()
    [sentence] = repaired(home, print)
    assert str(path) in sentence and "moved to" in sentence and not path.exists()
    read = source()
    finished, screens = screened(read, home, dossiers=1)
    assert read.asked == [None] and screens == 0 and not finished.is_unchanged
    assert ranked(home) == before
    assert list(repaired(home, print)) == []


def test_a_run_that_cannot_be_told_from_others_is_moved_aside(home, own_hands):
    newer, older = published_runs(home)
    truncate(older.folder / "manifest.json")
    delete(newer.file(Outcome.FAILED))
    assert len(list(damaged(home))) == 2
    assert len(list(repaired(home, print))) == 3  # both runs, and the link to the newer one
    assert published_runs(home) == [] and not home.latest.is_symlink()
    finished, screens = screened(source(), home, dossiers=1)
    assert finished.counts.candidates == 3 and screens == 0


def test_junk_among_unfinished_work_is_moved_aside(home, own_hands, capsys):
    work = work_folder(home, SOURCE)
    (work / "read" / "0000001.arrow").mkdir(parents=True)
    (work / "read" / "notes.arrow").write_text("junk")
    (work / "read" / "0000000.arrow").write_bytes(b"ARROW1 junk")
    (work / "predictions").write_text("junk")
    (home.catalog / "work" / "file").write_text("junk")
    (home.catalog / "lock.json").mkdir()
    (home.runs / "x.part").mkdir()
    changed = source()
    changed.entries["d"] = ("1", infinite_layer("d", 3.9))
    finished, _ = screened(changed, home, dossiers=1)
    assert finished.counts.candidates == 4
    assert capsys.readouterr().err.count("out of place") == 4


@pytest.mark.parametrize("content", [b"", b"\xff\x00junk", b"[1, 2]", b'{"process": [], "run": 7}'])
def test_a_lock_that_holds_junk_stops_nobody(home, own_hands, content):
    (home.catalog / "lock.json").write_bytes(content)
    (home.catalog / ".run.lock").write_bytes(content)
    finished, _ = screened(source(), home, dossiers=1)
    assert finished.is_unchanged and not (home.catalog / "lock.json").exists()


def test_homes_without_digests_are_read_and_what_cannot_be_is_told(home, own_hands):
    """As older programs wrote them."""
    for table in (home.structures, home.predictions):
        (table / "_digests.json").unlink()
    run = latest_run(home)
    (run.folder / ".complete").write_bytes(b"")
    bare = run.manifest | {"files": {}}
    old = type(run)(home, run.name, run.folder, bare)
    assert (
        old.ranked().num_rows == 3 and old.damage() is None and len(stored_rows(home.structures, SOURCE)) == 3
    )
    truncate(run.file(Outcome.CANDIDATE))
    with pytest.raises(DamagedRunError, match=r"ranked\.parquet cannot be read"):
        old.ranked()
    truncate(current_file(home.structures))
    with pytest.raises(DamagedTableError, match="structures cannot be read"):
        list(scan(home.structures, SOURCE))
    assert [path.suffix for path, _ in damage(home.structures)] == [".parquet"]


def test_there_must_be_a_home_to_repair(tmp_path):
    with pytest.raises(CatalogError, match="there is no home"):
        list(repaired(Home.at(tmp_path / "nowhere"), print))
    assert not (tmp_path / "nowhere").exists()
