"""`polywell screen`: the published files, with Prefect and without, twice, and when things go wrong."""

import json
import re
import sqlite3
from contextlib import closing

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from tests.flows.crystals import OUTCOMES

FILES = {"ranked.parquet": "candidate", "rejected.parquet": "rejected", "failed.parquet": "failed"}


@pytest.fixture(scope="module")
def plain(started, folder, tmp_path_factory):
    home = tmp_path_factory.mktemp("plain")
    return started("screen", f"files:{folder}", "--home", home), home


@pytest.fixture(scope="module")
def with_prefect(started, folder, tmp_path_factory):
    home = tmp_path_factory.mktemp("prefect-run")
    return started("screen", f"files:{folder}", "--prefect", POLYWELL_HOME=str(home)), home


def published(home):
    return {name: pq.read_table(home / "catalog" / "latest" / name).to_pylist() for name in FILES}


def test_every_entry_comes_out_once(plain):
    done, home = plain
    assert done.returncode == 0, done.stderr
    said = {
        row["id"]: (row["outcome"], row["reason"] or row["error_type"])
        for name, rows in published(home).items()
        for row in rows
        if row["outcome"] == FILES[name]
    }
    assert said == OUTCOMES
    manifest = json.loads((home / "catalog" / "latest" / "manifest.json").read_text("utf-8"))
    assert {name: manifest[name] for name in ("entries", "candidates", "rejected", "failed")} == {
        "entries": 6,
        "candidates": 1,
        "rejected": 3,
        "failed": 2,
    }
    assert sum(manifest["reasons"].values()) == 3
    assert manifest["failures"] == {"EmptyFileError": 1, "NoStructureError": 1}
    assert "6 entries = 1 candidates + 3 rejected + 2 failed" in done.stderr


def test_the_terminal_shows_ranking_and_failures(plain):
    done, home = plain
    assert "CaCuO2" in done.stdout and "cuprate" in done.stdout
    assert "failed: [bold]empty[bold].cif: EmptyFileError" in done.stderr
    assert f"page: {home}/reports/latest/index.html" in done.stderr
    assert (home / "reports" / "latest" / "index.html").stat().st_size > 10_000
    assert (home / "reports" / "latest" / "columns.html").exists()


def test_the_first_candidates_get_a_page_each_until_a_run_is_told_otherwise(polywell, folder, tmp_path):
    words = ("screen", f"files:{folder}", "--home", tmp_path, "--workers", 1)
    dossiers = tmp_path / "reports" / "latest" / "dossiers"
    assert polywell(*words).returncode == 0
    assert sorted(path.suffix for path in dossiers.iterdir()) == [".html", ".js", ".json"]
    page = (dossiers.parent / "index.html").read_text("utf-8")
    assert f"dossiers/{next(dossiers.glob('*.html')).name}" in page
    assert polywell(*words, POLYWELL_DOSSIERS="0").returncode == 0
    assert list(dossiers.iterdir()) == []
    assert polywell(*words, "--dossiers", 1, POLYWELL_DOSSIERS="0").returncode == 0
    assert len(list(dossiers.glob("*.html"))) == 1


def test_prefect_changes_no_byte(plain, with_prefect):
    done, home = with_prefect
    assert done.returncode == 0, done.stderr
    assert done.stdout == plain[0].stdout
    for name in FILES:
        ours, theirs = (where / "catalog" / "latest" / name for where in (plain[1], home))
        assert ours.read_bytes() == theirs.read_bytes(), name


def test_prefect_keeps_the_run_its_tasks_and_artifacts(with_prefect, variables, folder):
    with closing(sqlite3.connect(f"{variables['PREFECT_HOME']}/prefect.db")) as database:
        # Other tests of the session may have run flows of their own beside it.
        asked = "select id, state_name, name, tags from flow_run where parameters like ?"
        [(run, state, name, tags)] = database.execute(
            asked, (f'%"files:{folder}", "home": null%',)
        ).fetchall()
        assert state == "Completed", name
        assert re.fullmatch(rf"files:{re.escape(str(folder))} \d{{4}}-\d\d-\d\d", name)
        assert json.loads(tags) == ["source:files", f"home:{with_prefect[1]}"]
        told = "select message from flow_run_state where flow_run_id = ? and type = 'COMPLETED'"
        assert database.execute(told, (run,)).fetchall() == [("1 new, 0 changed, 2 failed of 6",)]
        lines = {row[0] for row in database.execute("select message from log where flow_run_id = ?", (run,))}
        assert any(line.startswith("reading: ") for line in lines), lines
        assert any(line.startswith("changes: 1 new") for line in lines), lines
        tasks = database.execute("select name from task_run where flow_run_id = ?", (run,))
        assert {row[0].split("-")[0] for row in tasks} == {"list", "read", "screen", "rank", "publish"}
        made = "select key, data from artifact where key is not null and flow_run_id = ?"
        found = dict(database.execute(made, (run,)))
    # polywell-counts-files-...-0123abcd: another key for another source or home
    assert all(re.fullmatch(r"polywell-[a-z]+-files-[a-z0-9-]+-[0-9a-f]{8}", key) for key in found), found
    artifacts = {"-".join(key.split("-")[:2]): data for key, data in found.items()}
    assert "CaCuO2" in artifacts["polywell-ranking"]
    assert "index.html" in artifacts["polywell-counts"]
    assert "1 new, 0 changed, 2 failed of 6" in artifacts["polywell-counts"]
    assert f"`{with_prefect[1]}/reports/latest/index.html`" in artifacts["polywell-page"]
    assert "file:" not in artifacts["polywell-page"] + artifacts["polywell-counts"]  # no browser follows it


def test_a_second_run_makes_no_new_version(plain, polywell, folder):
    _, home = plain
    versions = [DeltaTable(home / "catalog" / name).version() for name in ("structures", "predictions")]
    before = (home / "catalog" / "latest" / "ranked.parquet").read_bytes()
    again = polywell("screen", f"files:{folder}", "--home", home, "--top", 0, "--workers", 1)
    assert again.returncode == 0, again.stderr
    assert again.stdout == ""
    assert versions == [
        DeltaTable(home / "catalog" / name).version() for name in ("structures", "predictions")
    ]
    assert (home / "catalog" / "latest" / "ranked.parquet").read_bytes() == before


def test_a_source_without_entries_changes_nothing(started, tmp_path):
    (tmp_path / "empty").mkdir()
    done = started("screen", f"files:{tmp_path / 'empty'}", "--home", tmp_path / "home")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("holds no entry; nothing was changed")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home" / "catalog" / "latest").exists()


def test_a_run_in_which_every_entry_fails_is_published_and_counts_as_nothing_read(polywell, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.cif").write_bytes(b"\x00\xff" * 100)
    done = polywell("screen", f"files:{tmp_path / 'bad'}", "--home", tmp_path / "home")
    assert done.returncode == 1
    assert [row["id"] for row in published(tmp_path / "home")["failed.parquet"]] == ["a.cif"]


def test_wrong_usage(polywell, folder, tmp_path):
    (tmp_path / "file").write_text("not a folder", "utf-8")
    (tmp_path / "broken.toml").write_text("schema = ", "utf-8")
    (tmp_path / "bad.parquet").write_text("no parquet", "utf-8")
    good = f"files:{folder}"
    for words, variables in (
        (("screen", "nowhere"), {}),
        (("screen", "files:"), {}),
        (("screen", f"files:{tmp_path / 'missing'}"), {}),
        (("screen", f"parquet:{tmp_path / 'missing.parquet'}"), {}),
        (("screen", f"parquet:{tmp_path / 'bad.parquet'}"), {}),
        (("screen", good, "--home", tmp_path / "file"), {}),
        (("screen", good, "--home", tmp_path, "--families", tmp_path / "broken.toml"), {}),
        (("screen", good, "--home", tmp_path), {"POLYWELL_FAMILIES": str(tmp_path / "missing.toml")}),
        (("screen", good, "--home", tmp_path), {"POLYWELL_WORKERS": "many"}),
        (("screen", good, "--workers", "0"), {}),
        (("screne",), {}),
    ):
        done = polywell(*words, **variables)
        assert done.returncode == 2, (words, variables, done.stderr)
        assert "Traceback" not in done.stderr
        assert done.stderr.strip()


def test_the_command_line_wins_over_the_environment(polywell, folder, tmp_path):
    done = polywell(
        "screen",
        f"files:{folder}",
        "--home",
        tmp_path / "said",
        POLYWELL_HOME=str(tmp_path / "set"),
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "said" / "catalog" / "latest" / "ranked.parquet").exists()
    assert not (tmp_path / "set").exists()
