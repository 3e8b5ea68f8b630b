"""A run that is killed at any of its durable steps, and run again, ends as if nothing had happened."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from catalog.home import Home
from catalog.runs.published import manifest_of
from catalog.store.shards import batches_of
from tests.catalog.stored import stored_rows
from tests.flows.crystals import CHECKOUT

DAY = "1795000000"
"""The clock of these runs: some second of November 2026."""


@pytest.fixture(scope="module")
def runs(materials_project):
    """Starts runs in processes of their own; gives the exit code, or minus the signal."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLYWELL_")}
    environment |= {
        "MP_API_ENDPOINT": materials_project.url,
        "MP_API_KEY": materials_project.key,
        "NO_PROXY": "127.0.0.1",
    }
    driver = subprocess.Popen(
        [sys.executable, "-m", "tests.flows.dying"],
        cwd=CHECKOUT,
        env=environment | {"SOURCE_DATE_EPOCH": DAY},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def run(source, home, kill_at=0):
        print(json.dumps([source, str(home), kill_at]), file=driver.stdin, flush=True)
        return json.loads(driver.stdout.readline())

    yield run
    driver.stdin.close()
    driver.stdout.close()
    driver.wait(30)


def state(home):
    """Everything that a run leaves and that may not depend on how it came about."""
    where = Home.at(home)
    manifest = manifest_of(where.latest)
    source = manifest["source"]
    files = {
        name: hashlib.sha256((where.latest / f"{name}.parquet").read_bytes()).hexdigest()
        for name in ("ranked", "rejected", "failed")
    }
    rows = {
        table.name: sorted(json.dumps(row, sort_keys=True) for row in stored_rows(table, source))
        for table in (where.structures, where.predictions)
    }
    for path in [*where.catalog.rglob("*"), *where.reports.rglob("*")]:
        assert ".part" not in path.name and ".partial" not in path.name, path
    work = where.catalog / "work"
    assert [path for path in work.rglob("*") if path.is_file()] == []
    assert not (where.catalog / "lock.json").exists()
    changes = {name: manifest["changes"][name] for name in ("new", "changed", "withdrawn")}
    return {"files": files, "rows": rows, "changes": changes, "entries": manifest["entries"]}


def rows_in(folder):
    count = 0
    for path in folder.glob("*.arrow"):
        count += sum(batch.num_rows for batch in batches_of(path))
    return count


def committed(table):
    return len(list((table / "_delta_log").glob("*.json"))) if table.exists() else 0


def record(home):
    return json.loads(
        max(Home.at(home).records.glob("*.json"), key=lambda path: path.stat().st_mtime_ns).read_text()
    )


def kill_at_many_steps(runs, source, start, tmp_path, parts):
    """Kills a run before a durable step, at about so many of them, runs it again, compares the catalogs."""
    undisturbed = tmp_path / "undisturbed"
    if start is not None:
        shutil.copytree(start, undisturbed, symlinks=True)
    assert runs(source, undisturbed) == 0, Path(f"{undisturbed}.log").read_text()
    expected, steps = state(undisturbed), json.loads(Path(f"{undisturbed}.json").read_text())["steps"]
    whole = record(undisturbed)
    before = [committed(table) for table in tables(start)] if start is not None else [0, 0]
    assert steps > 20
    # A service's answers come in an order of their own: a run may have a shard, and a step, less.
    for step in range(1, steps - 2, steps // parts):
        home = tmp_path / f"killed-{step}"
        if start is not None:
            shutil.copytree(start, home, symlinks=True)
        assert runs(source, home, step) == -signal.SIGKILL
        if start is not None:
            assert manifest_of(Home.at(home).latest) is not None  # there is a whole catalog at any time
        structures, predictions = (committed(table) for table in tables(home))
        [work] = [*(Home.at(home).catalog / "work").glob("?" * 16)] or [tmp_path / "none"]
        ready, screened = rows_in(work / "read"), rows_in(work / "predictions")
        assert runs(source, home) == 0, Path(f"{home}.log").read_text()
        assert state(home) == expected, step
        said, did = record(home), json.loads(Path(f"{home}.json").read_text())
        if said["outcome"] == "unchanged":
            continue  # it was killed after the last file had its name
        # A new table takes a commit to be made and one to be filled.
        is_stored = structures >= before[0] + (1 if start is not None else 2)
        assert said["read"] == (0 if is_stored else whole["read"] - ready), step
        is_predicted = predictions >= before[1] + (1 if start is not None else 2)
        left = 0 if is_predicted else whole["screened"] - min(screened, screened if is_stored else ready)
        assert did["screened"] == left, step
        shutil.rmtree(home)


def tables(home):
    return (Home.at(home).structures, Home.at(home).predictions)


def test_a_first_run_that_is_killed_anywhere(runs, folder, tmp_path):
    kill_at_many_steps(runs, f"files:{folder}", None, tmp_path, parts=10)


def test_a_later_run_that_is_killed_anywhere(runs, folder, tmp_path):
    changing = tmp_path / "changing"
    shutil.copytree(folder, changing)
    beside = tmp_path / "beside"  # another source of the same list, which none of the kills may move
    beside.mkdir()
    shutil.copy(folder / "CaCuO2.cif", beside)
    start = tmp_path / "start"
    for source in (beside, changing):
        assert runs(f"files:{source}", start) == 0
    (changing / "truncated.cif").unlink()
    (changing / "another.cif").write_bytes((changing / "CaCuO2.cif").read_bytes())
    text = (changing / "CaCuO2.cif").read_text("utf-8")
    (changing / "CaCuO2.cif").write_text(text.replace("3.18050", "3.20000"), "utf-8")
    kill_at_many_steps(runs, f"files:{changing}", start, tmp_path, parts=8)
    assert record(tmp_path / "undisturbed")["read"] == 2
    manifest = manifest_of(Home.at(tmp_path / "undisturbed").latest)
    assert manifest["candidates"] == 3 and len(manifest["sources"]) == 2
    changes = manifest["changes"]
    assert (changes["new"], changes["changed"], changes["withdrawn"]) == (1, 1, 0)
    [moved] = changes["changed_candidates"]
    assert moved["why"] == "structure" and moved["moved"]["xi_ceiling_ang"] == [
        pytest.approx(3.1805, abs=1e-4),
        pytest.approx(3.2, abs=1e-4),
    ]


def test_a_pull_from_a_service_that_is_killed_asks_for_nothing_twice(runs, tmp_path):
    kill_at_many_steps(runs, "materials-project", None, tmp_path, parts=3)


@pytest.fixture
def temporary():
    """The system's folder for temporary files, of a short name, as sockets have to have."""
    with tempfile.TemporaryDirectory() as folder:
        yield folder


def test_a_real_run_that_is_stopped_or_killed_leaves_nothing_and_can_be_run_again(
    started, tmp_path, temporary
):
    draw = random.Random(3)
    words = ["screen", "reference", "--workers", "2", "--dossiers", "2", "--home", str(tmp_path / "home")]
    own = {"SOURCE_DATE_EPOCH": DAY, "TMPDIR": temporary}
    environment = os.environ | own | {"PYTHONPATH": str(CHECKOUT), "MARK": str(tmp_path)}
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)):
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.cli.main", *words],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        while not (tmp_path / "home" / "catalog" / "lock.json").exists():
            time.sleep(0.01)
        time.sleep(draw.uniform(0.0, 1.5))
        os.killpg(process.pid, number)
        said = process.communicate()[1]
        assert process.returncode == code, said
        if code > 0:
            assert said.splitlines()[-1].startswith(f"polywell: stopped by {number.name}; "), said
            assert "Traceback" not in said
            assert record(tmp_path / "home")["outcome"] == "stopped"
    deadline = time.monotonic() + 60
    while marked(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert marked(tmp_path) == []
    for home in ("home", "undisturbed"):
        words[-1] = str(tmp_path / home)
        done = started(*words, **own)
        assert done.returncode == 0, done.stderr
        assert os.listdir(temporary) == []
    assert state(tmp_path / "home") == state(tmp_path / "undisturbed")


def marked(tmp_path):
    """Processes that carry the mark of this test in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            held = path.read_bytes()
        except OSError:
            continue
        if f"MARK={tmp_path}".encode() in held.split(b"\0"):
            found.append(path.parent.name)
    return found
