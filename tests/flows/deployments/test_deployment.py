"""`prefect.yaml`, end to end: the four commands of docs/schedule.md, and every deployment run by a worker."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from catalog.home import Home
from catalog.store.lock import only_run
from tests.flows.crystals import CHECKOUT

STARTS_WITHIN_S = 120


def documented_commands():
    """The words of the four commands of docs/schedule.md, without the program."""
    page = (CHECKOUT / "docs" / "schedule.md").read_text("utf-8")
    lines = re.findall(r"^    \.venv/bin/prefect ([^#\n]+)", page, re.M)
    assert len(lines) == 4
    return [line.split() for line in lines]


SERVER, POOL, DEPLOY, WORKER = documented_commands()


def documented_settings():
    """What docs/schedule.md sets for the server beside its address."""
    page = (CHECKOUT / "docs" / "schedule.md").read_text("utf-8")
    return dict(re.findall(r"^    export (PREFECT_SERVER_\w+)=(\S+)", page, re.M))


@pytest.fixture(scope="module")
def prefect(tmp_path_factory):
    """Runs Prefect's command line against a server of its own on this machine."""
    tmp_path = tmp_path_factory.mktemp("schedule")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLYWELL_")}
    environment |= {
        "COLUMNS": "200",
        "DO_NOT_TRACK": "1",
        "POLYWELL_HOME": str(tmp_path / "home"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "1",
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
        "PYTHONPATH": str(CHECKOUT),
    }
    environment |= documented_settings()
    command = [sys.executable, "-m", "prefect"]

    def run(*words):
        done = subprocess.run(
            [*command, *words],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, f"{words}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @contextmanager
    def in_background(*words, log="worker.log", where=CHECKOUT, ends_within_s=30):
        with (tmp_path / log).open("a") as said:
            process = subprocess.Popen(
                [*command, *words],
                cwd=where,
                env=environment,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                ended_within(process, ends_within_s)

    @contextmanager
    def serving():
        with in_background(*SERVER, log="server.log", where=tmp_path, ends_within_s=15) as server:
            wait_for(f"http://127.0.0.1:{port}/api/health", server)
            yield server

    run.environment, run.in_background, run.serving, run.folder = (
        environment,
        in_background,
        serving,
        tmp_path,
    )
    with serving() as run.server:
        yield run


def ended_within(process, seconds):
    """Ends a process and those it started; some of them by force."""
    with suppress(ProcessLookupError):  # killed in the test
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(address, server):
    for _ in range(STARTS_WITHIN_S * 4):
        assert server.poll() is None, "the server ended while it started"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.25)
    raise AssertionError(f"no answer from {address} within {STARTS_WITHIN_S} s")


BLOCKS_AND_RUNS = """
import sys
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.blocks.system import Secret
from prefect.blocks.webhook import Webhook
from prefect.deployments import run_deployment

address, key = sys.argv[1:]
CustomWebhookNotificationBlock(
    name="people",
    url=address,
    json_data={"title": "{{subject}}", "text": "{{body}}"},
    allow_private_urls=True,
).save("people", overwrite=True)
Webhook(url=address, allow_private_urls=True).save("hook", overwrite=True)
Secret(value=key).save("materials-project", overwrite=True)
for name in ("canary/weekly-canary", "ceiling/weekly-ceiling", "screen/once", "screen/held", "sweep/some"):
    run_deployment(name, timeout=0)
"""

KEY = "SecretKeyOfNobody0123456789abcde"
"""As long as a key of the Materials Project; it must turn up nowhere."""


MARKED = {"MARK": f"held by {os.getpid()}"}
NOWHERE = "files:/nowhere/at/all"

RUNS = """
select deployment.name, flow_run.state_type, flow_run.run_count, flow_run.tags like '%auto-scheduled%'
from flow_run join deployment on flow_run.deployment_id = deployment.id
where flow_run.state_type in ('COMPLETED', 'FAILED', 'CRASHED')
"""


def ended(tmp_path):
    """Runs that came to an end: deployment, state, number of tries, and whether a schedule made it."""
    with closing(sqlite3.connect(tmp_path / "prefect" / "prefect.db")) as database:
        return {(name, state, tries, bool(auto)) for name, state, tries, auto in database.execute(RUNS)}


SCHEDULES = """
select flow.name || '/' || deployment.name, deployment_schedule.schedule
from deployment join flow on deployment.flow_id = flow.id
left join deployment_schedule on deployment_schedule.deployment_id = deployment.id
"""


def scheduled(tmp_path):
    """The deployments that the server knows, and the hours of each."""
    with closing(sqlite3.connect(tmp_path / "prefect" / "prefect.db")) as database:
        return {name: text and json.loads(text)["cron"] for name, text in database.execute(SCHEDULES)}


def deployments(folder, held):
    """Those of `prefect.yaml`, for sources on this machine and a schedule that keeps no test waiting."""
    given = yaml.safe_load((CHECKOUT / "prefect.yaml").read_text("utf-8"))
    first = (datetime.now(UTC) + timedelta(seconds=15)).isoformat()
    soon = {"interval": 90, "anchor_date": first, "active": True}
    by_name = {entry["name"]: entry for entry in given["deployments"]}
    told = {"notify": ["custom-webhook/people", "webhook/hook"]}
    nightly, weekly = by_name["nightly-materials-project"], by_name["weekly-optimade"]
    again = {"PREFECT_FLOWS_DEFAULT_RETRIES": "1", "PREFECT_FLOWS_DEFAULT_RETRY_DELAY_SECONDS": "0"}
    assert nightly["work_pool"]["job_variables"]["env"].keys() == again.keys()
    pool = {"name": "local", "job_variables": {"env": again}}
    key = {"key_block": "materials-project"}
    sources = [f"files:{folder}", NOWHERE, f"files:{folder}/deeper"]
    return [
        nightly
        | {"name": "often", "schedules": [soon], "work_pool": pool}
        | {"parameters": nightly["parameters"] | told | key | {"source": f"files:{folder}"}},
        nightly
        | {"name": "once", "schedules": [], "work_pool": pool}
        | {"parameters": nightly["parameters"] | told | key | {"source": NOWHERE}},
        nightly
        | {"name": "held", "schedules": [], "work_pool": {"name": "local", "job_variables": {"env": MARKED}}}
        | {"parameters": nightly["parameters"] | told | {"source": "reference", "home": str(held)}},
        weekly
        | {"name": "some", "schedules": [], "work_pool": pool}
        | {"parameters": weekly["parameters"] | {"sources": sources}},
    ]


def kill_marked():
    """Kills the run that is held, as the system does when memory runs out."""
    mark = f"MARK={MARKED['MARK']}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes().split(b"\0"):
                os.kill(int(path.parent.name), signal.SIGKILL)
        except (OSError, ProcessLookupError):
            continue  # it has ended, or is another user's


def wait_for_ends(expected, messages, receiver, worker, tmp_path):
    """Waits until the runs have ended and their messages are there; kills the held run once it is waiting."""
    is_killed = False
    for _ in range(STARTS_WITHIN_S * 4):
        if not is_killed and "another run holds" in (tmp_path / "worker.log").read_text():
            kill_marked()
            is_killed = True  # once: what the worker starts to tell of it has the mark, too
        if expected <= ended(tmp_path) and len(receiver.got) >= messages:
            return
        assert worker.poll() is None, "the worker ended"
        time.sleep(0.5)
    raise AssertionError((ended(tmp_path), receiver.got, (tmp_path / "worker.log").read_text()))


def test_a_scheduled_run_executes_publishes_and_tells(prefect, folder, receiver):
    tmp_path = prefect.folder
    prefect(*POOL)
    prefect(*DEPLOY)
    assert scheduled(tmp_path) == {
        "screen/nightly-materials-project": "30 2 * * *",
        "screen/reference": None,
        "screen/weekly-designs": "0 10 * * 6",
        "sweep/weekly-optimade": "0 4 * * 6",
        "calibrate/nightly-calibration": "30 1 * * *",
        "canary/weekly-canary": "0 1 * * 0",
        "ceiling/weekly-ceiling": "0 6 * * 0",
    }
    own, held = tmp_path / "own.yaml", Home.at(tmp_path / "held")
    mine = deployments(folder, tmp_path / "held")
    own.write_text(yaml.safe_dump({"name": "polywell", "deployments": mine}), "utf-8")
    prefect("--no-prompt", "deploy", "--all", "--prefect-file", str(own))
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BLOCKS_AND_RUNS, receiver.address, KEY],
        env=prefect.environment, cwd=CHECKOUT, check=True, timeout=180,
    )  # fmt: skip
    expected = {
        ("often", "COMPLETED", 1, True),
        ("weekly-canary", "COMPLETED", 1, False),
        ("weekly-ceiling", "COMPLETED", 1, False),
        ("once", "FAILED", 1, False),  # a path that is not there is not sought again
        ("held", "CRASHED", 1, False),
        ("some", "FAILED", 1, False),  # at its end, as one of its sources is not there
    }
    held.prepare()
    with only_run(held, "this test", print), prefect.in_background(*WORKER) as worker:
        wait_for_ends(expected, 6, receiver, worker, tmp_path)

    home = tmp_path / "home"
    ranked = pq.read_table(home / "catalog" / "latest" / "ranked.parquet").to_pylist()
    assert {row["id"] for row in ranked} == {"CaCuO2.cif"}
    canary = json.loads((home / "canary" / "baseline.json").read_text("utf-8"))
    published = pq.read_table(home / "canary" / "catalog" / "latest" / "ranked.parquet", columns=["id"])
    assert [row[0] for row in canary["ranking"]] == published["id"].to_pylist() != []
    listed = json.loads((home / "catalog" / "latest" / "manifest.json").read_text("utf-8"))["sources"]
    assert listed.keys() >= {f"files:{folder}", f"files:{folder / 'deeper'}"}  # those of the sweep

    assert json.loads((home / "reports" / "nickelates" / "ceiling.json").read_text("utf-8"))["verdict"]

    # The scheduled run tells its news once, whatever runs after it; the failed one when no try is left; the
    # killed one through the worker.
    news = [text for text in receiver.got if "1 new candidates at or above 50 K" in text and "CaCuO2" in text]
    failures = [text for text in receiver.got if f"the run of {NOWHERE} failed" in text]
    crashes = [text for text in receiver.got if "the run of reference failed" in text and "SIGKILL" in text]
    assert (len(news), len(failures), len(crashes), len(receiver.got)) == (2, 2, 2, 6), receiver.got
    # The key is in no file, log, parameter, artifact, page or message.
    assert all(KEY not in text for text in receiver.got)
    holding = [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert holding == []


PATIENT = """
select flow_run.state_type from flow_run join deployment on flow_run.deployment_id = deployment.id
where deployment.name = 'patient' order by flow_run.created desc
"""
SLOTS = """
select active_slots from concurrency_limit_v2
join deployment on deployment.concurrency_limit_id = concurrency_limit_v2.id where deployment.name = 'patient'
"""


def test_the_next_night_runs_whatever_was_killed(prefect, folder):
    """A worker killed in Pending, worker and server in Running: each slot is free once its lease ends."""
    database, home = prefect.folder / "prefect" / "prefect.db", prefect.folder / "patient"
    worker = [*WORKER[:-1], "second"]
    [nightly, *_] = yaml.safe_load((CHECKOUT / "prefect.yaml").read_text("utf-8"))["deployments"]
    pool = {"name": "second", "job_variables": {"env": MARKED}}
    mine = nightly | {"name": "patient", "schedules": [], "work_pool": pool}
    mine["parameters"] = nightly["parameters"] | {"source": f"files:{folder}", "home": str(home)}
    (prefect.folder / "patient.yaml").write_text(
        yaml.safe_dump({"name": "polywell", "deployments": [mine]}), "utf-8"
    )
    prefect(*[{"local": "second"}.get(word, word) for word in POOL])
    prefect("--no-prompt", "deploy", "--all", "--prefect-file", str(prefect.folder / "patient.yaml"))

    def newest(query):
        with closing(sqlite3.connect(database)) as opened:
            return (opened.execute(query).fetchone() or (None,))[0]

    def wait_until(query, value):
        for _ in range(STARTS_WITHIN_S * 10):
            if newest(query) == value:
                return
            time.sleep(0.1)
        log = (prefect.folder / "worker.log").read_text()
        raise AssertionError((query, newest(query), value, log[-2000:]))

    def killed_when(state, more=lambda: None):
        prefect("deployment", "run", "screen/patient")
        with prefect.in_background(*worker) as process:
            wait_until(PATIENT, state)
            more()
            os.killpg(process.pid, signal.SIGKILL)
            kill_marked()
        assert (newest(PATIENT), newest(SLOTS)) == (state, 1)

    def later():
        """Lets the leases of the server end: five minutes go by."""
        leases = prefect.folder / "prefect" / "concurrency_leases"
        past = "2026-01-01T00:00:00+00:00"
        for path in leases.glob("*.json"):
            held = json.loads(path.read_text("utf-8"))
            is_index = path.name == "expirations.json"
            held = dict.fromkeys(held, past) if is_index else held | {"expiration": past}
            path.write_text(json.dumps(held), "utf-8")

    killed_when("PENDING")
    later()
    wait_until(SLOTS, 0)

    place = Home.at(home)
    place.prepare()
    with only_run(place, "this test", print):  # the run waits for it
        killed_when("RUNNING", lambda: os.killpg(prefect.server.pid, signal.SIGKILL))
    prefect.server.wait()
    with prefect.serving():
        later()
        wait_until(SLOTS, 0)
        prefect("deployment", "run", "screen/patient")
        with prefect.in_background(*worker):
            wait_until(PATIENT, "COMPLETED")
    assert (home / "catalog" / "latest" / "ranked.parquet").exists()
