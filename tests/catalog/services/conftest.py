"""Real services on this machine, started once each, and the words to break them with."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from catalog.sources.web import Patience

CHECKOUT = Path(__file__).resolve().parents[3]

QUICK = Patience(connect_s=2.0, read_s=1.5, attempts=4, first_attempts=2, wait_s=0.01, longest_asked_s=30.0)
"""Patience enough for a service on this machine."""


class Service:
    """A service in a process of its own."""

    def __init__(self, module: str, *words: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONWARNINGS": "ignore"}
        self.complaints = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"tests.catalog.services.{module}", *words],
            cwd=CHECKOUT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=self.complaints,
            text=True,
        )
        self.url = ""

    def ready(self) -> "Service":
        """Waits until the service listens."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("port "):
                self.url = f"http://127.0.0.1:{line.split()[1]}/"
                self.arm()
                return self
        self.complaints.seek(0)
        raise RuntimeError(f"the service did not start:\n{self.complaints.read()[-3000:]}")

    def arm(self, *words: str) -> None:
        """Lets the next data requests fail, and empties the log."""
        with local() as session:
            session.post(self.url + "_faults", json=list(words), timeout=60).raise_for_status()

    def log(self, path: str = "") -> list[dict[str, Any]]:
        """What was asked since the last `arm`, below a path."""
        with local() as session:
            entries = session.get(self.url + "_log", timeout=60).json()["log"]
        return [entry for entry in entries if entry["path"].startswith(path)]

    def left(self) -> list[str]:
        """Words that no request has taken."""
        with local() as session:
            left: list[str] = session.get(self.url + "_log", timeout=60).json()["left"]
        return left

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.complaints.close()


def local() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


@pytest.fixture(scope="session")
def started_services() -> Iterator[dict[str, Service]]:
    """Both services, started side by side, as each takes seconds to import what it needs."""
    services = {"mp": Service("mp_server", "40"), "optimade": Service("optimade_server")}
    yield services
    for service in services.values():
        service.stop()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.delenv("MP_API_KEY", raising=False)
    monkeypatch.delenv("MP_API_ENDPOINT", raising=False)


@pytest.fixture(scope="session")
def mp_service(started_services: dict[str, Service]) -> Service:
    return started_services["mp"].ready()


@pytest.fixture(scope="session")
def optimade_service(started_services: dict[str, Service]) -> Service:
    return started_services["optimade"].ready()
