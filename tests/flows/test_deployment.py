"""`prefect.yaml`, end to end: a server, the deployment, and a worker that runs it once."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pyarrow.parquet as pq
import pytest

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


def test_a_worker_runs_the_deployment(prefect, folder, tmp_path):
    prefect("work-pool", "create", "local", "--type", "process")
    prefect("deploy", "--all")
    prefect("deployment", "run", "screen/reference", "--param", f"source=files:{folder}")
    prefect("worker", "start", "--pool", "local", "--type", "process", "--run-once")
    ranked = pq.read_table(tmp_path / "home" / "catalog" / "latest" / "ranked.parquet").to_pylist()
    assert [row["id"] for row in ranked] == ["CaCuO2.cif"]
    assert "COMPLETED" in prefect("flow-run", "ls").upper()
