"""How the command line is stopped: one line, no process left behind, 128 plus the signal as the exit code."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)

GRACE_S = 4.0
"""Seconds for an orderly end: the record of the run is written, its lock given back, Prefect told."""


class Stopped(BaseException):
    """The user or the system wants the program to end."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Ends the program when a signal of `SIGNALS` comes during the block; for the main thread.

    The signal is raised in the block as `Stopped`. What then takes longer than `GRACE_S`, such as a question
    to a service that has ended, is cut short, and at once with a second signal: a killed run loses little.
    """
    stop = _Stop()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    # Told of each signal, whoever handles it: within a flow, SIGTERM is Prefect's.
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` wants it
            signal.signal(number, stop.raised)
    threading.Thread(target=stop.watch, args=(reader,), daemon=True).start()
    try:
        yield
    except BaseException:
        if stop.number is None:
            raise
    if stop.number is not None:
        stop.say()
        sys.exit(128 + stop.number)


class _Stop:
    """The signal that came, once one did."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._is_said = threading.Lock()

    def raised(self, number: int, _frame: object) -> NoReturn:
        self.number = number
        raise Stopped

    def watch(self, reader: int) -> None:
        number = _next_of(reader, None)
        assert number is not None
        _next_of(reader, GRACE_S)
        self.number = number
        self.say()
        os._exit(128 + number)

    def say(self) -> None:
        """Says what happened, once."""
        if self._is_said.acquire(blocking=False) and self.number is not None:
            from flows.progress import say

            with suppress(OSError):  # nobody reads any more
                name = signal.Signals(self.number).name
                say(f"polywell: stopped by {name}; what is read and screened is kept, run again to go on")


def _next_of(reader: int, seconds: float | None) -> int | None:
    """The next signal that is to end the program; None if none comes within these seconds."""
    while select.select([reader], [], [], seconds)[0]:
        [number] = os.read(reader, 1)
        if number in SIGNALS:
            return number
    return None
