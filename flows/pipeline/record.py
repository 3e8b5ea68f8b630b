"""What frames a run: the home that it holds, its name, and the record that it leaves however it ends."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from logging import WARNING
from typing import Any

import pyarrow as pa
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from catalog.errors import RunError
from catalog.home import Home
from catalog.runs.published import new_name
from catalog.runs.record import write_record
from catalog.store.aside import set_aside
from catalog.store.layout import misplaced
from catalog.store.lock import only_run
from flows.pipeline.steps.listing import NothingToScreenError
from flows.progress import say

COLLECTED_OBJECTS = 50_000
"""New objects after which the garbage collector looks through them, during a run."""


@dataclass(frozen=True)
class Started:
    """When a run began, and the one name of its record and of what it publishes."""

    name: str
    at: datetime


def now() -> datetime:
    """The clock, which only this room may read; `SOURCE_DATE_EPOCH` (seconds since 1970) stands in for it."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(given), UTC) if given.isdecimal() else datetime.now(UTC)


@contextmanager
def recorded(home: Home, source: str) -> Iterator[tuple[Started, dict[str, Any]]]:
    """Holds the home for the length of the block, and writes the record of the run at its end.

    Yields:
        When the run began; and the facts of its record, which the run fills as they come to be known.

    Raises:
        HomeError: another run holds the home, or it cannot be written.
        RunError: the record cannot be written.
    """
    # Threads of the linear algebra spin while they wait, and no matrix of a run is large enough for two.
    with (
        only_run(home, f"screening {source}", say),
        _collecting_seldom(),
        _giving_back(),
        threadpool_limits(1),
    ):
        _tidy(home)
        started, facts = Started(new_name(home), now()), {"outcome": "failed"}
        try:
            yield started, facts
        except BaseException as error:
            if isinstance(error, NothingToScreenError):
                facts["outcome"] = "nothing"
            elif not isinstance(error, Exception):
                facts["outcome"] = "stopped"
            facts["error"] = f"{type(error).__name__}: {error}"[:2000]
            try:
                write_run_record(home, source, started, facts)
            except RunError as second:
                say(f"the run's record could not be written either: {second}", WARNING)
            raise
        write_run_record(home, source, started, facts)


def write_run_record(home: Home, source: str, started: Started, facts: dict[str, Any]) -> None:
    """Writes the record of what began then and ends now.

    Raises:
        RunError: the disk is full or read-only.
    """
    times = {"started": started.at, "finished": now()}
    when = {name: time.isoformat(timespec="seconds") for name, time in times.items()}
    write_record(home, started.name, {**facts, "run": started.name, "source": source, **when})


def _tidy(home: Home) -> None:
    """Removes what killed runs left under temporary names; only for who holds the home."""
    for path in misplaced(home):
        say(f"{path} is out of place; moved to {set_aside(home, path)}", WARNING)
    for folder, names in (
        (home.catalog, ".latest-*"),
        (home.records, ".*.part"),
        (home.structures, ".*.part"),
        (home.predictions, ".*.part"),
        (home.runs, "*/.*.part"),
        (home.reports / "latest", ".*.part"),
        (home.reports / "latest", "*/.*.part"),
    ):
        for left in folder.glob(names):
            if left.is_dir() and not left.is_symlink():
                set_aside(home, left)
            else:
                left.unlink(missing_ok=True)


@contextmanager
def _giving_back() -> Iterator[None]:
    """Takes the memory of tables from jemalloc, where Arrow has it: what is freed soon goes to the system."""
    before = pa.default_memory_pool()
    if "jemalloc" in pa.supported_memory_backends():
        pa.set_memory_pool(pa.jemalloc_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Lets the garbage collector pass over what is imported, and look seldom at what a run makes."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECTED_OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
