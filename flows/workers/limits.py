"""What one entry may cost a worker process: time and memory."""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class EntryLimits:
    """What one entry may cost."""

    wall_s: float = 60.0
    """Seconds for screening one entry; then it fails with `WallLimitError`. Reading has its own limit."""

    grace_s: float = 20.0
    """Seconds beyond `wall_s` until a worker that does not answer (a loop in compiled code) is ended."""

    memory_bytes: int = 3_000_000_000
    """Address space that a worker may add to what it held at its start; then `MemoryError`, or its death."""


LIMITS = EntryLimits()


class WallLimitError(Exception):
    """One entry took longer than its limit."""


@contextmanager
def hang_limit(limits: EntryLimits = LIMITS) -> Iterator[Callable[[], None]]:
    """Ends the process when one entry of the block takes longer than `limits.wall_s + limits.grace_s`.

    A signal handler waits until compiled code returns to Python; the thread behind this does not.

    Yields:
        A function to call before each further entry: its time begins anew. That costs a thread, hence
        it is done after a fiftieth of the time at the earliest.
    """
    seconds = limits.wall_s + limits.grace_s
    begun = float("-inf")
    with open(os.devnull, "w") as nowhere:

        def renew() -> None:
            nonlocal begun
            now = time.monotonic()
            if now - begun > seconds / 50:
                faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
                begun = now

        renew()
        try:
            yield renew
        finally:
            faulthandler.cancel_dump_traceback_later()


@contextmanager
def wall_limit(limits: EntryLimits = LIMITS) -> Iterator[None]:
    """Ends the block when it takes longer than `limits.wall_s`; for the main thread of a worker process.

    Raises:
        WallLimitError: the time is over.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # as on a Dask worker: Python delivers signals to the main thread only
        return

    def ring(_signal: int, _frame: object) -> None:
        raise WallLimitError(f"took longer than the {limits.wall_s:g} s that one entry may take")

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limits.wall_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
