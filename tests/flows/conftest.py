"""A small folder of structures, every outcome among them, and the command line as a user runs it."""

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from pymatgen.core import Lattice, Structure

from tests.flows.crystals import CHECKOUT, cacuo2
from tests.flows.dying import OwnHands, counted_screening
from tests.flows.forking import Forked

Polywell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("structures")
    (root / "deeper").mkdir()
    cif = cacuo2().to(fmt="cif")
    (root / "CaCuO2.cif").write_text(cif, "utf-8")
    (root / "truncated.cif").write_text(cif[: cif.index("_atom_site_")], "utf-8")
    (root / "[bold]empty[bold].cif").write_bytes(b"")
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    (root / "deeper" / "salt.cif.gz").write_bytes(gzip.compress(salt.to(fmt="cif").encode()))
    cuprite = Structure.from_spacegroup(  # Cu2O: linear O-Cu-O, no square anywhere
        "Pn-3m", Lattice.cubic(4.27), ["Cu", "O"], [[0, 0, 0], [0.25, 0.25, 0.25]]
    )
    (root / "deeper" / "POSCAR").write_text(cuprite.to(fmt="poscar"), "utf-8")
    water = "3\nwater\nO 0 0 0.119\nH 0 0.763 -0.477\nH 0 -0.763 -0.477\n"
    (root / "deeper" / "water.xyz").write_text(water, "utf-8")
    return root


@pytest.fixture(scope="session")
def variables(tmp_path_factory) -> dict[str, str]:
    """The environment of a command line, with a Prefect home of its own."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("POLYWELL_", "PREFECT_"))
    }
    return kept | {"PREFECT_HOME": str(tmp_path_factory.mktemp("prefect")), "PYTHONPATH": str(CHECKOUT)}


@pytest.fixture(scope="session")
def polywell(variables, tmp_path_factory) -> Iterator[Polywell]:
    """Runs the command line in a process of its own, forked from one that has imported it."""
    forked = Forked(variables, tmp_path_factory.getbasetemp(), tmp_path_factory.mktemp("said"))
    yield forked.run
    forked.stop()


@pytest.fixture(scope="session")
def started(variables, tmp_path_factory) -> Polywell:
    """Starts the command line as a user does, in a new interpreter."""

    def run(*words: object, **given: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flows.cli.main", *map(str, words)],
            cwd=tmp_path_factory.getbasetemp(),
            env=variables | given,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )

    return run


class LocalService(NamedTuple):
    """The Materials Project's own server on this machine, and the key that it lets in."""

    url: str
    key: str


@pytest.fixture(scope="session")
def materials_project():
    key = "k" * 16 + "SecretOfNobody00"
    code = (
        f"import tests.catalog.services.mp_server as server\nserver.KEYS[{key!r}] = 'plain'\nserver.main(0)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("port "):
            break
    else:
        raise AssertionError("the service did not start")
    yield LocalService(f"http://127.0.0.1:{line.split()[1]}/", key)
    process.terminate()
    process.wait(20)
    process.stdout.close()


@pytest.fixture
def own_hands(monkeypatch):
    """One process for everything, a clock that the test turns, and no reference library on the page."""
    monkeypatch.setattr("flows.pipeline.run.Workers", OwnHands)
    monkeypatch.setattr("flows.pipeline.page_rows.measured_candidates", lambda families: [])
    monkeypatch.setattr("flows.pipeline.shards.screen_batch", counted_screening)
    monkeypatch.setattr("flows.pipeline.shards.wall_limit", nullcontext)  # it needs the main thread
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")


class Receiver:
    """A web server on this machine that keeps what it is sent, and answers with `status`."""

    def __init__(self):
        self.got: list[str] = []
        self.status = 200
        outer = self

        class Keep(BaseHTTPRequestHandler):
            def do_POST(self):
                outer.got.append(self.rfile.read(int(self.headers["Content-Length"])).decode("utf-8"))
                self.send_response(outer.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Keep)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
