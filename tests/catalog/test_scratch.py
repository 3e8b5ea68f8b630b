"""The folder for what nobody needs later: it goes with its process, or with the next one."""

import fcntl
import os
import signal
import subprocess
import sys

import pytest

from catalog.home import checkout
from catalog.scratch import OWNED, scratch


@pytest.fixture
def shared(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_the_folder_of_a_dead_process_is_cleared_and_no_other(shared):
    for name in ("polywell-dead", "polywell-alive", "polywell-results", "others"):
        (shared / name / "deeper").mkdir(parents=True)
    for name in ("polywell-dead", "polywell-alive", "others"):
        (shared / name / OWNED).touch()
    (shared / "polywell-link").symlink_to(shared / "others")
    (shared / "polywell-file").touch()
    alive = os.open(shared / "polywell-alive" / OWNED, os.O_RDONLY)
    fcntl.flock(alive, fcntl.LOCK_SH)
    own = scratch.__wrapped__()
    os.close(alive)
    assert own.parent == shared
    assert {path.name for path in shared.iterdir()} == {
        own.name, "polywell-alive", "polywell-results", "others", "polywell-link", "polywell-file",
    }  # fmt: skip


@pytest.mark.parametrize(("end", "left"), [("", 0), (f"os.kill(os.getpid(), {signal.SIGKILL:d})", 1)])
def test_it_goes_with_its_process_unless_that_is_killed(end, left, tmp_path):
    code = f"import os; from catalog.scratch import scratch; (scratch() / 'x').touch()\n{end}"
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(checkout())}
    subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert len(list(tmp_path.iterdir())) == left
