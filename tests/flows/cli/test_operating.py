"""What cron and an operator see: one line, one object, exit codes, and what stands in the way of a run."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from catalog.errors import (
    HomeError,
    SourceChangedError,
    SourceError,
    SourceRefusedError,
    SourceUnreachableError,
)
from flows.cli.errors import code_of
from flows.results.explain import NoSuchEntryError
from tests.flows.crystals import CHECKOUT


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (HomeError, 2),
        (SourceError, 2),
        (SourceUnreachableError, 3),
        (SourceChangedError, 3),
        (SourceRefusedError, 4),
        (NoSuchEntryError, 5),
    ],
)
def test_exit_codes_are_apart(kind, code):
    assert code_of(kind("why")) == code


@pytest.fixture(scope="module")
def screened(polywell, folder, tmp_path_factory):
    """The folder of structures, screened quietly."""
    home = tmp_path_factory.mktemp("home")
    words = ("screen", f"files:{folder}", "--home", home, "--workers", 1)
    return polywell(*words, "--quiet"), words, home


def test_a_quiet_run_prints_one_line_and_the_failures(screened, folder):
    done, _, _ = screened
    assert done.returncode == 0
    assert done.stdout == f"files:{folder}: 1 new, 0 changed, 2 failed of 6\n"
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["failed", "failed"]


def test_the_summary_is_one_object(screened, polywell, folder):
    _, words, home = screened
    done = polywell(*words, "--json", "--quiet")
    assert done.returncode == 0
    said = json.loads(done.stdout)
    assert said["headline"] == "nothing changed, 2 failed of 6"
    assert (said["source"], said["outcome"]) == (f"files:{folder}", "unchanged")
    assert (said["entries"], said["candidates"], said["failed"], said["changes"]) == (6, 1, 2, None)
    assert said["catalog"] == str(home / "catalog" / "latest")


def test_a_run_in_which_too_much_failed_ends_red_and_is_published(screened, polywell):
    _, words, home = screened
    done = polywell(*words, "--quiet", "--fail-above", "0.3")
    assert done.returncode == 6
    assert "2 of 6 entries" in done.stderr and "(33.3%), more than 30.0% (fail_above)" in done.stderr
    assert (home / "catalog" / "latest" / "ranked.parquet").exists()
    assert polywell(*words, "--quiet", "--fail-above", "0.34").returncode == 0


def test_lines_below_the_level_are_left_out(screened, polywell):
    _, words, _ = screened
    warned = polywell(*words, "--log-level", "warning")
    assert warned.returncode == 0 and "CaCuO2" in warned.stdout
    assert [line.split(":")[0] for line in warned.stderr.splitlines()] == ["failed", "failed"]
    assert polywell(*words, POLYWELL_LOG_LEVEL="error").stderr == ""
    wrong = polywell(*words, "--log-level", "loud")
    assert wrong.returncode == 2 and "expected info, warning or error" in wrong.stderr


def test_a_key_of_pymatgen_is_taken(polywell, tmp_path):
    key = "k" * 32
    words = ("doctor", "--home", tmp_path)
    assert "PMG_MAPI_KEY holds one" in polywell(*words, MP_API_KEY="", PMG_MAPI_KEY=key).stdout
    settings = tmp_path / "pmgrc.yaml"
    settings.write_text(f"PMG_MAPI_KEY: {key}\n", "utf-8")
    code = "from catalog.sources.materials_project.client import key_here; print(*key_here())"
    kept = {name: value for name, value in os.environ.items() if name not in ("MP_API_KEY", "PMG_MAPI_KEY")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env=kept | {"PMG_CONFIG_FILE": str(settings)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"{key} PMG_MAPI_KEY of pymatgen's settings\n"


def test_a_shell_completes_options():
    program = Path(sys.executable).with_name("polywell")  # the shell asks the program of this name
    words = {"_POLYWELL_COMPLETE": "complete_bash", "COMP_WORDS": "polywell screen --keep", "COMP_CWORD": "2"}
    done = subprocess.run([program], env=os.environ | words, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["--keep-runs", "--keep-days"]


def test_what_is_refused_unknown_or_down_has_a_code_of_its_own(screened, polywell):
    _, _, home = screened
    assert polywell("screen", "materials-project", "--home", home, MP_API_KEY="").returncode == 4
    assert polywell("explain", "mp-999999999", "--home", home).returncode == 5


def test_a_dead_server_of_prefect_is_one_sentence(screened, polywell):
    _, words, _ = screened
    done = polywell(*words, PREFECT_API_URL="http://someone:secret@127.0.0.1:9/api")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith(
        "polywell: no Prefect server answers at http://127.0.0.1:9/api (ConnectError); start"
    )
    assert "secret" not in done.stderr


def test_a_folder_of_prefect_that_cannot_be_written_is_one_sentence(screened, polywell, tmp_path):
    _, words, _ = screened
    (tmp_path / "file").write_text("no folder", "utf-8")
    done = polywell(*words, "--prefect", PREFECT_HOME=str(tmp_path / "file" / "prefect"))
    assert done.returncode == 2
    assert "cannot be written" in done.stderr.splitlines()[-1] and "PREFECT_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_doctor_finds_nothing_wrong_with_a_whole_home(screened, polywell):
    _, _, home = screened
    key = "k" * 32
    done = polywell("doctor", "--home", home, MP_API_KEY=key)
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert [line.split(":")[0].split()[-1] for line in lines] == [
        "versions", "options", "disk", "home", "key", "prefect",
    ]  # fmt: skip
    assert all(line.startswith("ok ") for line in lines)
    assert key not in done.stdout + done.stderr


def test_the_doctor_names_what_is_wrong_one_line_each(screened, polywell, tmp_path):
    _, _, home = screened
    shutil.copytree(home, tmp_path / "home", symlinks=True)
    ranked = tmp_path / "home" / "catalog" / "latest" / "ranked.parquet"
    ranked.write_bytes(ranked.read_bytes()[:-1])
    (tmp_path / "home" / "polywell.toml").write_text('source = "materials-project"\n', "utf-8")
    done = polywell(
        "doctor", "--home", tmp_path / "home",
        MP_API_KEY="SecretOfNobody", PREFECT_API_URL="http://127.0.0.1:9/api",
    )  # fmt: skip
    assert done.returncode == 1
    wrong = {line.split()[1]: line for line in done.stdout.splitlines() if line.startswith("WRONG")}
    assert wrong.keys() == {"home:", "key:", "prefect:"}
    assert "is no whole run" in wrong["home:"] and "14 characters" in wrong["key:"]
    assert "no Prefect server answers" in wrong["prefect:"]
    assert "SecretOfNobody" not in done.stdout + done.stderr


def test_a_home_that_cannot_be_or_an_option_that_is_wrong_is_named(polywell, tmp_path):
    (tmp_path / "file").write_text("no folder", "utf-8")
    done = polywell("doctor", "--home", tmp_path / "file")
    assert done.returncode == 1 and "WRONG home:" in done.stdout
    done = polywell("doctor", POLYWELL_WORKERS="many", POLYWELL_HOME=str(tmp_path))
    assert done.returncode == 1 and "WRONG options: POLYWELL_WORKERS is 'many'" in done.stdout


def lines_of(page):
    """The lines of a page, sorted: a manifest that was read again gives its facts in another order."""
    return sorted(page.read_text("utf-8").splitlines())


def test_an_older_run_is_in_force_again_with_its_pages(polywell, folder, tmp_path):
    source, home = tmp_path / "source", tmp_path / "home"
    shutil.copytree(folder, source)
    words = ("screen", f"files:{source}", "--home", home, "--workers", 1, "--dossiers", 0)
    page, ranked = home / "reports" / "latest" / "index.html", home / "catalog" / "latest" / "ranked.parquet"
    assert polywell(*words).returncode == 0
    first, page_then = (home / "catalog" / "latest").resolve().name, lines_of(page)
    shutil.copy(source / "CaCuO2.cif", source / "second.cif")
    shutil.copy(source / "truncated.cif", source / "third.cif")
    assert polywell(*words).returncode == 0
    newest, ranked_now = (home / "catalog" / "latest").resolve().name, ranked.read_bytes()
    assert newest > first and lines_of(page) != page_then

    done = polywell("rollback", first, "--home", home)
    assert done.returncode == 0, done.stderr
    assert f"in force: {first}" in done.stderr
    assert (home / "catalog" / "latest").resolve().name == first
    assert lines_of(page) == page_then
    listed = polywell("history", "--home", home).stdout
    assert listed == polywell("runs", "--home", home).stdout
    # The newest record first, which tells of what was just done.
    lines = [line.split() for line in listed.splitlines() if newest in line or first in line]
    assert [line[-1] for line in lines] == [first, "kept", "latest"]
    assert lines[0][3:5] == ["rolled", "back"] and lines[0][-2] == "to"
    # What changed since is listed again by the next run.
    assert polywell(*words).returncode == 0
    assert ranked.read_bytes() == ranked_now

    damaged = home / "catalog" / "runs" / first / "ranked.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    refused = polywell("rollback", first, "--home", home)
    assert refused.returncode == 2 and "`latest` stays as it was" in refused.stderr
    assert (home / "catalog" / "latest").resolve().name > newest
    assert polywell("rollback", "19990101", "--home", home).returncode == 2
    older = home / "catalog" / "runs" / newest
    manifest = json.loads((older / "manifest.json").read_text("utf-8"))
    del manifest["sources"]
    (older / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (older / ".complete").write_text("{}", "utf-8")
    refused = polywell("rollback", newest, "--home", home)
    assert refused.returncode == 2 and "by an older polywell" in refused.stderr


def test_serving_says_what_is_missing(polywell, screened, tmp_path):
    nothing = polywell("serve", "--home", tmp_path, "--port", 0)
    assert nothing.returncode == 2
    assert nothing.stderr.startswith("polywell: ") and "screen a source first" in nothing.stderr
    _, _, home = screened
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = polywell("serve", "--home", home, "--port", taken.getsockname()[1])
    assert refused.returncode == 2
    assert "Address already in use" in refused.stderr and "another --host or --port" in refused.stderr


SNIPPET = re.compile(r"(?:^    (?:\w.*)\n)+", re.MULTILINE)


@pytest.mark.parametrize("page", ["screening", "serving"])
def test_the_lines_of_the_pages_open_the_list(screened, page, monkeypatch):
    """The lines of pandas, polars and DuckDB, as they stand in the documentation, in the folder of a home."""
    monkeypatch.chdir(screened[2])
    blocks = SNIPPET.findall((CHECKOUT / "docs" / f"{page}.md").read_text("utf-8"))
    lines = [textwrap.dedent(block) for block in blocks if re.match(r"    import \w+\n", block)]
    assert lines
    for code in lines:
        names = {}
        exec(compile(code, f"{page}.md", "exec"), names)
        assert (len(names["ranked"]), list(names["ranked"]["id"])) == (1, ["CaCuO2.cif"]), code
