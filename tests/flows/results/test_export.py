"""Shortlist and explanation of an entry, from a published run."""

import csv
import io
import json
import shutil
import zipfile

import pyarrow.parquet as pq
import pytest

from catalog.errors import RunError
from catalog.home import Home
from flows.options import ScreenOptions
from flows.pipeline.plan import make_plan
from flows.pipeline.run import run
from flows.results.explain import NoSuchEntryError, explain
from flows.results.export import ExportError, export
from reports.run.exports.shortlist import Filter


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Home:
    folder = tmp_path_factory.mktemp("home")
    run(make_plan(ScreenOptions(home=folder, workers=2)))
    return Home.at(folder)


def test_the_shortlist_holds_the_top_of_the_run_with_its_structures(home, tmp_path) -> None:
    wanted = Filter(exclude_elements=frozenset({"Hg", "Tl"}), top=6)
    written = export(home, tmp_path, wanted, mail=True)
    assert written.candidates == written.cifs == 6
    mail = (tmp_path / "mail.html").read_text(encoding="utf-8")
    assert mail.count('<section class="mailed"') == 6 and "<script" not in mail
    assert "6 of 262 candidates (without Hg, Tl; the first 6)" in mail
    text = (tmp_path / "shortlist.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    ranks = [int(row["rank"]) for row in rows]
    assert ranks == sorted(ranks)
    assert not any("Hg" in row["formula"] or "Tl" in row["formula"] for row in rows)
    with zipfile.ZipFile(tmp_path / "cifs.zip") as archive:
        assert set(archive.namelist()) == {row["cif"] for row in rows}
    # A pipeline gets the same candidates with every column of the run.
    kept, whole = (pq.read_table(where / "ranked.parquet") for where in (tmp_path, home.latest))
    assert kept.schema == whole.schema
    assert [row["id"] for row in kept.to_pylist()] == [row["id"] for row in rows]
    assert [int(row["rank"]) for row in kept.to_pylist()] == ranks


def test_the_pages_of_a_run_with_fifty_dossiers_stay_below_10_mb(home) -> None:
    folder = home.reports / "latest"
    assert len(list((folder / "dossiers").glob("*.html"))) == 50
    assert sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()) < 10_000_000


def test_a_candidate_is_explained_and_gets_a_page(home, tmp_path) -> None:
    lines = explain(home, "cacuo2", page=tmp_path)
    text = "\n".join(lines)
    assert "CaCuO2  cacuo2 of reference, rank " in text
    assert "no superconductivity was seen" in text
    assert "Formal valence of Cu: +2.00, 9.00 d electrons: parent" in text
    assert [path.suffix for path in sorted(tmp_path.iterdir())] == [".html", ".json"]


def test_a_candidate_of_an_older_program_is_explained_too(home, tmp_path) -> None:
    older = Home.at(shutil.copytree(home.catalog.parent, tmp_path / "home", symlinks=True))
    path = older.latest / "ranked.parquet"
    added = ["known", "known_tc_k", "known_pressure_gpa", "try_first", "passed_over", "electron_state"]
    pq.write_table(pq.read_table(path).drop_columns(added), path)
    manifest = json.loads((older.latest / "manifest.json").read_text())
    del manifest["files"]
    (older.latest / "manifest.json").write_text(json.dumps(manifest))
    (older.latest / ".complete").write_bytes(b"")
    text = "\n".join(explain(older, "cacuo2"))
    assert "no superconductivity was seen" in text
    assert "Formal valence" not in text


def test_a_rejected_entry_is_explained_by_its_reason(home) -> None:
    row = pq.read_table(home.latest / "rejected.parquet").to_pylist()[0]
    text = "\n".join(explain(home, row["id"]))
    assert f"reason: {row['reason']}: " in text
    with pytest.raises(NoSuchEntryError, match="only a candidate has a page"):
        explain(home, row["id"], page=home.catalog)


def test_an_id_that_is_not_there_names_those_near_it(home) -> None:
    with pytest.raises(NoSuchEntryError, match=r"holds no entry 'CACUO'; near it: .*cacuo2"):
        explain(home, "CACUO")


def test_a_home_without_a_run_says_so(tmp_path) -> None:
    with pytest.raises(RunError, match="no published run yet"):
        export(Home.at(tmp_path), tmp_path / "out", Filter())


def test_a_folder_that_cannot_be_made_is_named(home, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="give another folder"):
        export(home, tmp_path / "file" / "out", Filter(top=1))
