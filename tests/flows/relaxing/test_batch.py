"""Relaxations side by side: killed and gone on with, and what a potential cannot do."""

import os
import signal
import subprocess
import sys
import time

import pytest
from pymatgen.core import Lattice, Structure

from flows.relaxing.batch import Task, relax_all
from flows.relaxing.potentials import PotentialError
from tests.flows.crystals import CHECKOUT
from tests.flows.relaxing.springs import SHRINKS

SLOW, QUICK = "tests.flows.relaxing.springs:Slow", "tests.flows.relaxing.springs:Shrinking"


def salt(anion: str, number: int) -> Task:
    return Task("made", f"{anion}-{number}", Structure(Lattice.cubic(4 + number / 10), [anion], [[0, 0, 0]]))


def tasks() -> list[Task]:
    return [salt(anion, number) for number, anion in enumerate("O N F S P H C B".split())]


def run_and_die(folder: str) -> None:
    """What the process of the test below does, until it is killed."""
    from pathlib import Path

    relax_all(tasks(), SLOW, Path(folder), "cells")


def test_a_killed_run_goes_on_where_it_stopped(tmp_path, capsys):
    code = f"from tests.flows.relaxing.test_batch import run_and_die; run_and_die({str(tmp_path)!r})"
    run = subprocess.Popen(
        [sys.executable, "-c", code], cwd=CHECKOUT, start_new_session=True, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + 120
    while len(kept := list(tmp_path.glob("*.json"))) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait(20)
    kept = sorted(tmp_path.glob("*.json"))
    assert 2 <= len(kept) < 8
    before = {path: path.stat().st_mtime_ns for path in kept}
    found = relax_all(tasks(), QUICK, tmp_path, "cells")
    assert {path: path.stat().st_mtime_ns for path in kept} == before
    assert len(found) == 8 and all(one.structure is not None for one in found.values())
    for task in tasks():
        edge = found[task.key].structure.lattice.a
        assert edge == pytest.approx(task.structure.lattice.a / SHRINKS, rel=1e-3)
    said = capsys.readouterr().err
    assert f"cells: {len(kept)} of 8 were relaxed before" in said
    assert f"relaxing cells: {8 - len(kept)} structures" in said and " left: " in said


def test_what_a_potential_cannot_do_is_kept_with_its_reason(tmp_path):
    """A structure that it raises on, and one that takes its process down; the others are relaxed."""
    asked = [salt("Tl", 1), salt("Hg", 2), salt("O", 3)]
    for _ in range(2):  # the second time from what was kept
        found = relax_all(asked, QUICK, tmp_path, "cells")
        assert found["made", "Tl-1"].why == "RuntimeError: knows no Tl"
        assert found["made", "Hg-2"].why.startswith("WorkerDied: the worker process ended with exit code 7")
        assert found["made", "O-3"].structure is not None and found["made", "O-3"].why == ""


def test_another_start_is_relaxed_anew(tmp_path):
    relax_all([salt("O", 1)], QUICK, tmp_path, "cells")
    moved = Task("made", "O-1", salt("O", 5).structure)
    found = relax_all([moved], QUICK, tmp_path, "cells")["made", "O-1"]
    assert found.structure.lattice.a == pytest.approx(4.5 / SHRINKS, rel=1e-3)
    assert len(list(tmp_path.glob("*.json"))) == 1


@pytest.mark.parametrize("name", ["nothing", "nothing.of.the.kind:Calculator", "math:nothing"])
def test_a_potential_that_is_none_is_told(tmp_path, name):
    with pytest.raises(PotentialError, match="module:attribute"):
        relax_all([salt("O", 1)], name, tmp_path, "cells")
