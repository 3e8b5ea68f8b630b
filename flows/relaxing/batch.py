"""Relaxations side by side on the cores of this machine, each kept as soon as it is finished.

Each worker process loads the potential once and keeps every relaxation itself, so that a run that is killed
loses what its workers held and nothing else. A death of a worker costs the structure that it held.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from pymatgen.core import Structure

from catalog.relaxed.kept import keep, read_kept
from flows.options import cores
from flows.progress import Advance, say, stage
from flows.relaxing.potentials import CPU, calculator, device_here, one_thread
from flows.workers.limits import EntryLimits
from flows.workers.pool import Workers
from polywell.records import EntryKey
from polywell.relaxing.cells import RelaxationError, relaxed
from polywell.relaxing.rows import Finished

LIMITS = EntryLimits(memory_bytes=64_000_000_000)
"""Address space, of which torch reserves far more than it uses."""

PRELOAD = ("flows.relaxing.batch",)


@dataclass(frozen=True)
class Task:
    """One structure to relax: source and id of what it is, the ordered structure, what stands for others."""

    source: str
    id: str
    structure: Structure
    changed: str = ""

    @property
    def key(self) -> EntryKey:
        """Source and id."""
        return self.source, self.id


def relax_all(tasks: Sequence[Task], potential: str, folder: Path, title: str) -> dict[EntryKey, Finished]:
    """Relax what is not kept yet; everything asked for comes out, by its source and id.

    Args:
        tasks: structures, each once.
        potential: name of the potential (`flows.relaxing.potentials`).
        folder: where finished relaxations are kept.
        title: what is relaxed, in words.

    Raises:
        PotentialError: there is no such potential, or it is not installed.
        OSError: a relaxation cannot be kept.
    """
    found = {}
    for task in tasks:
        if (known := read_kept(folder, task.key, task.structure)) is not None:
            found[task.key] = known
    left = sorted((task for task in tasks if task.key not in found), key=lambda task: len(task.structure))
    if found:
        say(f"{title}: {len(found)} of {len(tasks)} were relaxed before")
    if not left:
        return found
    folder.mkdir(parents=True, exist_ok=True)
    with stage(f"relaxing {title}", "structures", len(left)) as advance:
        clock = _Clock(left, advance)
        for finished in _finished(left, potential, folder):
            found[finished.key] = finished
            clock.tell(finished)
    return found


def _finished(left: Sequence[Task], potential: str, folder: Path) -> Iterator[Finished]:
    device = device_here()
    calculator(potential, device)  # a name that is wrong is told before anything starts
    count = min(cores(), len(left)) if device == CPU else 1
    work = partial(relax_shard, potential=potential, device=device, folder=folder, alone=count == 1)
    lost: Callable[[Task, str, str], list[Finished]] = partial(_lost, folder=folder)
    with Workers(count, LIMITS, PRELOAD) as workers:
        for _, result in workers.map(work, [[task] for task in left], lost):
            yield from result


def relax_shard(
    tasks: Sequence[Task], potential: str, device: str, folder: Path, alone: bool
) -> list[Finished]:
    """What a worker does: relax each structure, and keep what comes of it.

    Args:
        tasks: structures.
        potential: name of the potential.
        device: where it computes.
        folder: where finished relaxations are kept.
        alone: whether no other worker computes beside this one.
    """
    made = []
    for task in tasks:
        began = time.monotonic()
        finished = _relaxed(task, _loaded(potential, device, alone))
        keep(folder, finished, time.monotonic() - began)
        made.append(finished)
    return made


@cache
def _loaded(potential: str, device: str, alone: bool) -> Any:
    if not alone:
        one_thread()
    return calculator(potential, device)


def _relaxed(task: Task, forces: Any) -> Finished:
    known = (task.source, task.id, task.structure, task.changed)
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    try:
        found = relaxed(task.structure, forces, step=count)
    except RelaxationError as error:
        return Finished(*known, None, None, steps, str(error))
    return Finished(*known, found.structure, found.energy_ev_per_atom, found.steps, "")


def _lost(task: Task, kind: str, message: str, folder: Path) -> list[Finished]:
    """Stands for a structure on which the potential raised, or its process died; kept like any other."""
    why = f"{kind}: {message}"
    finished = Finished(task.source, task.id, task.structure, task.changed, None, None, 0, why)
    keep(folder, finished, 0.0)
    return [finished]


class _Clock:
    """Tells each finished relaxation, and how long the others may take: time grows with the atoms."""

    def __init__(self, left: Sequence[Task], advance: Advance) -> None:
        self._left = {task.key: len(task.structure) for task in left}
        self._count, self._advance = len(left), advance
        self._atoms, self._began = 0, time.monotonic()

    def tell(self, finished: Finished) -> None:
        self._atoms += self._left.pop(finished.key)
        self._advance(1)
        how = f"{finished.steps} steps" if finished.structure is not None else f"not relaxed: {finished.why}"
        spent = time.monotonic() - self._began
        seconds = spent / self._atoms * sum(self._left.values())
        rest = f", about {_words(seconds)} left" if self._left else ""
        say(f"{self._count - len(self._left)} of {self._count}{rest}: {finished.id}: {how}")


def _words(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
