"""The engine `dask` on a cluster of two workers on this machine: the same files, byte for byte."""

import json
import os
import subprocess
import sys
import time

import pytest

from tests.flows.crystals import CHECKOUT

DAY = {"SOURCE_DATE_EPOCH": "1795000000"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Address of a scheduler with two workers, each a process of its own."""
    place = tmp_path_factory.mktemp("dask")
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}

    def start(*words):
        log = (place / f"{words[0]}.log").open("a")
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]],
                cwd=place,
                env=environment,
                stdout=log,
                stderr=log,
            )

    described = place / "scheduler.json"
    where = ("--scheduler-file", str(described))
    local = ("--host", "127.0.0.1", "--no-dashboard")
    processes = [start("scheduler", *where, *local, "--port", "0")]
    processes.append(start("worker", *where, *local, "--nworkers", "2", "--nthreads", "1"))
    for _ in range(600):
        if described.exists() and described.stat().st_size:
            break
        time.sleep(0.1)
    yield json.loads(described.read_text())["address"]
    for process in reversed(processes):
        process.terminate()
        process.wait(30)


def test_a_cluster_gives_the_same_bytes(started, polywell, cluster, tmp_path):
    words = ("screen", "reference", "--top", 0, "--dossiers", 0, "--home")
    here = polywell(*words, tmp_path / "here", **DAY)
    assert here.returncode == 0, here.stderr
    there = started(*words, tmp_path / "there", "--engine", "dask", "--dask-address", cluster, **DAY)
    assert there.returncode == 0, there.stderr
    assert "failed on the cluster" not in there.stderr
    for name in ("ranked", "rejected", "failed"):
        one, other = (
            tmp_path / home / "catalog" / "latest" / f"{name}.parquet" for home in ("here", "there")
        )
        assert one.read_bytes() == other.read_bytes(), name


def test_an_engine_needs_its_address(polywell, tmp_path):
    for words in (("--engine", "dask"), ("--dask-address", "tcp://127.0.0.1:1"), ("--engine", "ray")):
        done = polywell("screen", "reference", "--home", tmp_path / "home", *words)
        assert done.returncode == 2 and "expected local or dask" in done.stderr
