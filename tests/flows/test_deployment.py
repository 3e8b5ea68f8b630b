"""`prefect.yaml`, end to end: a server, the deployment, and a worker that runs it once."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow.parquet as pq
import pytest
import yaml

from tests.flows.crystals import CHECKOUT

STARTS_WITHIN_S = 120


@pytest.fixture
def prefect(tmp_path):
    """Runs Prefect's command line against a server of its own on this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLYWELL_")}
    environment |= {
        "COLUMNS": "200",
        "DO_NOT_TRACK": "1",
        "POLYWELL_HOME": str(tmp_path / "home"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PYTHONPATH": str(CHECKOUT),
    }
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
    def in_background(*words):
        with (tmp_path / "worker.log").open("a") as log:
            process = subprocess.Popen(
                [*command, *words],
                cwd=CHECKOUT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    run.environment, run.in_background = environment, in_background

    with (tmp_path / "server.log").open("w") as log:
        server = subprocess.Popen(
            [*command, "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            cwd=tmp_path,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/api/health", server)
            yield run
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def wait_for(address, server):
    for _ in range(STARTS_WITHIN_S * 4):
        assert server.poll() is None, "the server ended while it started"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.25)
    raise AssertionError(f"no answer from {address} within {STARTS_WITHIN_S} s")


@pytest.fixture
def receiver():
    """A web server on this machine that keeps what it is sent."""
    got = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(self.rfile.read(int(self.headers["Content-Length"])).decode("utf-8"))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keep)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", got
    server.shutdown()
    server.server_close()


BLOCKS = """
import sys
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.blocks.system import Secret
from prefect.blocks.webhook import Webhook

address, key = sys.argv[1:]
CustomWebhookNotificationBlock(
    name="people",
    url=address,
    json_data={"title": "{{subject}}", "text": "{{body}}"},
    allow_private_urls=True,
).save("people", overwrite=True)
Webhook(url=address, allow_private_urls=True).save("hook", overwrite=True)
Secret(value=key).save("materials-project", overwrite=True)
"""

KEY = "SecretKeyOfNobody0123456789abcde"
"""As long as a key of the Materials Project; it must turn up nowhere."""


def scheduled_runs(tmp_path):
    """States of the runs that a schedule, not a person, has made."""
    with closing(sqlite3.connect(tmp_path / "prefect" / "prefect.db")) as database:
        query = "select distinct state_type from flow_run where tags like '%auto-scheduled%'"
        return {state for (state,) in database.execute(query)}


def test_a_scheduled_run_executes_publishes_and_tells(prefect, folder, receiver, tmp_path):
    address, got = receiver
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BLOCKS, address, KEY],
        env=prefect.environment, cwd=CHECKOUT, check=True, timeout=180,
    )  # fmt: skip
    prefect("work-pool", "create", "local", "--type", "process")
    prefect("deploy", "--all")
    listed = prefect("deployment", "ls")
    for name in (
        "screen/nightly-materials-project",
        "sweep/weekly-optimade",
        "canary/weekly-canary",
        "screen/reference",
    ):
        assert name in listed
    assert "30 2 * * *" in prefect("deployment", "schedule", "ls", "screen/nightly-materials-project")

    # The same deployment, on a schedule that does not keep a test waiting, for a source on this machine.
    given = yaml.safe_load((CHECKOUT / "prefect.yaml").read_text("utf-8"))
    [mine] = [entry for entry in given["deployments"] if entry["name"] == "nightly-materials-project"]
    mine["name"] = "often"
    mine["schedules"] = [{"interval": 10, "active": True}]
    mine["parameters"] |= {
        "source": f"files:{folder}",
        "notify": ["custom-webhook/people", "webhook/hook"],
        "key_block": "materials-project",
    }
    own = tmp_path / "often.yaml"
    mine["work_pool"] = {"name": "local"}  # no second try, for which a test would have to wait
    once = mine | {"name": "once", "schedules": []}
    own.write_text(yaml.safe_dump({"name": "polywell", "deployments": [mine, once]}), "utf-8")
    prefect("--no-prompt", "deploy", "--all", "--prefect-file", str(own))
    with prefect.in_background("worker", "start", "--pool", "local", "--type", "process") as worker:
        latest = tmp_path / "home" / "catalog" / "latest" / "ranked.parquet"
        for _ in range(STARTS_WITHIN_S * 2):
            if len(got) >= 2 and "COMPLETED" in scheduled_runs(tmp_path):
                break
            assert worker.poll() is None, "the worker ended"
            time.sleep(0.5)
    ranked = pq.read_table(latest).to_pylist()
    assert [row["id"] for row in ranked] == ["CaCuO2.cif"]
    assert "COMPLETED" in scheduled_runs(tmp_path), scheduled_runs(tmp_path)
    assert len(got) == 2
    for text in got:
        assert "1 new candidates at or above 50 K" in text and "CaCuO2.cif" in text

    prefect("deployment", "schedule", "clear", "screen/often", "-y")
    # A run that fails is told too, and the key is in no file, log, parameter, artifact, page or message.
    prefect("deployment", "run", "screen/once", "--param", "source=files:/nowhere/at/all")
    prefect("worker", "start", "--pool", "local", "--type", "process", "--run-once")
    for _ in range(120):
        if any("failed" in text for text in got):
            break
        time.sleep(0.5)
    assert any("the run of files:/nowhere/at/all failed" in text for text in got), got
    assert all(KEY not in text for text in got)
    holding = [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert holding == []
