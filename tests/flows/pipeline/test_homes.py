"""Two runs at once on one home, a full disk, a read-only home: one clear line, and the old catalog whole."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.errors import HomeError
from catalog.home import Home
from catalog.runs.published import latest_run
from catalog.store.lock import only_run
from tests.flows.crystals import CHECKOUT


def test_two_runs_at_once_on_one_home(folder, tmp_path):
    home = tmp_path / "home"
    words = ["screen", f"files:{folder}", "--top", "0", "--home", str(home)]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "flows.cli.main", *words],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=200)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert latest_run(Home.at(home)).manifest["entries"] == 6
    records = [json.loads(path.read_text()) for path in Home.at(home).records.glob("*.json")]
    assert sorted(record["outcome"] for record in records) == ["published", "unchanged"]


def test_a_second_run_says_whom_it_waits_for(tmp_path):
    home = Home.at(tmp_path)
    home.prepare()
    said = []
    with only_run(home, "screening x", said.append):
        with pytest.raises(HomeError, match=rf"another run holds .*process {os.getpid()} on .*: screening x"):
            with only_run(home, "screening y", said.append, wait_s=0.3):
                raise AssertionError("both hold the home")
        assert len(said) == 1 and "waiting for its end" in said[0]
    with only_run(home, "screening z", said.append, wait_s=0):
        pass
    assert not (home.catalog / "lock.json").exists()


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path):
    home = Home.at(tmp_path)
    home.prepare()
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "from catalog.home import Home\nfrom catalog.store.lock import only_run\n"
        "with only_run(Home.at(Path(sys.argv[1])), 'the first', print):\n    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=CHECKOUT, check=False)
    said = []
    with only_run(home, "the second", said.append, wait_s=0):
        assert len(said) == 1 and "taking over" in said[0] and "the first" in said[0]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MB, mounted for the length of the test."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        yield None
        return
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_is_told_in_one_line_and_the_old_catalog_stays(polywell, folder, small_disk, tmp_path):
    """On a small disk where one may be mounted; elsewhere with a limit on the size of a file."""
    changing = tmp_path / "structures"
    shutil.copytree(folder, changing)
    home = (small_disk or tmp_path) / "home"
    words = ("screen", f"files:{changing}", "--top", 0, "--home", home)
    prefix = []
    if small_disk is None:
        code = "import os, resource, sys; n = int(sys.argv[1])"
        code += "; resource.setrlimit(resource.RLIMIT_FSIZE, (n, n))"
        prefix = [
            code + "; os.execv(sys.executable, [sys.executable, '-m', 'flows.cli.main', *sys.argv[2:]])"
        ]
    first = polywell(*words)
    assert first.returncode == 0, first.stderr
    before = latest_run(Home.at(home))
    files = {path.name: path.read_bytes() for path in before.folder.iterdir()}
    (changing / "more.cif").write_bytes((changing / "CaCuO2.cif").read_bytes())
    for room in (0, 4_000, 16_000, 48_000, 120_000):
        if small_disk is None:
            command = [sys.executable, "-c", *prefix, str(room), *map(str, words)]
            done = subprocess.run(
                command, cwd=CHECKOUT, capture_output=True, text=True, timeout=200, check=False,
                env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
            )  # fmt: skip
        else:
            filled = fill(small_disk, room)
            done = polywell(*words)
            filled.unlink()
        assert "Traceback" not in done.stderr, done.stderr
        if done.returncode == 0:
            break
        assert done.returncode == 2, done.stderr
        assert any(
            word in done.stderr
            for word in (os.strerror(errno.ENOSPC), os.strerror(errno.EFBIG), "ile too large")
        )
        latest = latest_run(Home.at(home))
        if latest.name == before.name:
            assert {path.name: path.read_bytes() for path in latest.folder.iterdir()} == files
        else:
            assert latest.manifest["entries"] == 7  # whole; only the page was left
    done = polywell(*words)
    assert done.returncode == 0, done.stderr
    assert latest_run(Home.at(home)).manifest["entries"] == 7


def fill(disk, room):
    """Takes all of the disk but `room` bytes."""
    path = disk / "filler"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    path.write_bytes(b"\0" * max(0, free - room))
    return path


def test_a_read_only_home_is_told_in_one_line_and_stays_readable(polywell, folder, tmp_path):
    home = tmp_path / "home"
    words = ("screen", f"files:{folder}", "--top", 0, "--home", home)
    assert polywell(*words).returncode == 0
    name = latest_run(Home.at(home)).name
    mounted = subprocess.run(
        ["mount", "--bind", "-o", "ro", str(home), str(home)], capture_output=True, check=False
    )
    try:
        if mounted.returncode:
            for path in [home, *filter(Path.is_dir, home.rglob("*"))]:
                path.chmod(0o555)
        done = polywell(*words)
        assert done.returncode == 2, done.stderr
        assert "cannot be written" in done.stderr and "--home DIR" in done.stderr
        assert "Traceback" not in done.stderr
        assert latest_run(Home.at(home)).name == name
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", str(home)], check=True)
        else:
            for path in [home, *filter(Path.is_dir, home.rglob("*"))]:
                path.chmod(0o755)
