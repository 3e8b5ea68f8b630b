"""One run at a time in a home: a lock that ends with the process that holds it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from catalog.errors import HomeError
from catalog.home import Home
from catalog.store.aside import set_aside
from catalog.store.durable import read_json

WAIT_S = 4 * 3600.0
"""Seconds that a second run waits for the first; a full run of a large database takes less."""

_POLL_S = 0.2


@contextmanager
def only_run(home: Home, what: str, say: Callable[[str], None], wait_s: float = WAIT_S) -> Iterator[None]:
    """Holds the home for the length of the block; a second run says whom it waits for, and waits.

    The system gives the lock back when its holder ends, however it ends: the lock of a dead process stops
    nobody. The file `lock.json` beside it only tells who the holder is.

    Args:
        home: a prepared home.
        what: what the run does, for the message of another one.
        say: called once when there is someone to wait for, and when a killed run left its mark.
        wait_s: seconds to wait; 0 refuses at once.

    Raises:
        HomeError: another run still holds the home after `wait_s`, or the lock cannot be written.
    """
    try:
        descriptor = os.open(home.catalog / ".run.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise HomeError(
            f"{error.filename} cannot be opened ({error.strerror or error}); make it a file that may be "
            "written, or give another --home DIR"
        ) from error
    mark = home.catalog / "lock.json"
    try:
        _take(descriptor, mark, say, wait_s)
        if mark.is_dir():
            say(f"{mark} is no file; moved to {set_aside(home, mark)}")
        left = _holder(mark)
        if left:
            say(f"taking over from a run that ended in the middle ({_shown(left)})")
        _write_mark(mark, what)
        try:
            yield
        finally:
            mark.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _take(descriptor: int, mark: Path, say: Callable[[str], None], wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    is_announced = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            holder = _shown(_holder(mark))
        if time.monotonic() >= deadline:
            raise HomeError(
                f"another run holds {mark.parent} ({holder}); wait for its end, or give another --home DIR"
            )
        if not is_announced:
            say(f"another run holds {mark.parent} ({holder}): waiting for its end")
            is_announced = True
        time.sleep(_POLL_S)


def _write_mark(mark: Path, what: str) -> None:
    holder = {"process": os.getpid(), "host": socket.gethostname(), "run": what}
    try:
        mark.write_text(json.dumps(holder) + "\n", encoding="utf-8")
    except OSError as error:
        raise HomeError(
            f"{mark.parent} cannot be written ({error.strerror or error}); make room or permissions"
        ) from error


def _holder(mark: Path) -> dict[str, Any]:
    """What the mark tells; nothing where there is none, or where its writer died while writing."""
    return read_json(mark) or {}


def _shown(holder: dict[str, Any]) -> str:
    if not holder:
        return "it has just begun"
    return f"process {holder.get('process')} on {holder.get('host')}: {holder.get('run')}"
