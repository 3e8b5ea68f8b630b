"""One worker process: how it starts, the one that works alone, and how its end is named."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from catalog.readers.limits import limit_memory
from flows.workers.limits import EntryLimits

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess as ParentProcess

Item = TypeVar("Item")
Result = TypeVar("Result")

Work = Callable[[Sequence[Item]], Result]
"""What a worker does with a shard; it and what it takes and gives must be picklable."""

WORKER_DIED = "WorkerDied"
"""The type of error of an entry that took its worker process down."""


class WorkerDiedError(Exception):
    """The worker process ended while it held an entry."""


class LoneWorker(Generic[Item, Result]):
    """One process that does one thing at a time, so that its death has one cause and a known exit code."""

    def __init__(self, context: BaseContext, work: Work[Item, Result], limits: EntryLimits) -> None:
        self._pipe, far_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(far_end, work, limits), daemon=True)  # type: ignore[attr-defined]
        self._process.start()
        far_end.close()

    def do(self, shard: Sequence[Item]) -> Result:
        """Does one shard and waits for it.

        Raises:
            WorkerDiedError: the process ended.
            Exception: what the work raised.
        """
        try:
            self._pipe.send(shard)
            done, value = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            self._pipe.close()
            raise WorkerDiedError(_how_it_ended(self._process.exitcode)) from None
        if not done:
            raise value
        return value  # type: ignore[no-any-return]

    def stop(self) -> None:
        """Ends the process, which waits for a shard."""
        self._pipe.close()
        self._process.join()


def _how_it_ended(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        name = signal.Signals(-exit_code).name
        cause = {
            "SIGKILL": ", as the system does when memory runs out",
            "SIGSEGV": ", a crash in compiled code",
        }
        return f"the worker process was ended by {name}{cause.get(name, '')}, while it held this entry"
    return (
        f"the worker process ended with exit code {exit_code} while it held this entry; "
        f"a hang, exhausted memory or a crash in compiled code can do that"
    )


def _serve(pipe: Connection, work: Work[Any, Any], limits: EntryLimits) -> None:
    start_worker(limits)
    while True:
        try:
            shard = pipe.recv()
        except EOFError:
            return
        try:
            answer = (True, work(shard))
        except Exception as error:  # handed back as it is: the caller raises it
            answer = (False, error)
        pipe.send(answer)


def start_worker(limits: EntryLimits) -> None:
    """Begins a worker process, which has its limit of memory, and ends when its parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    limit_memory(limits.memory_bytes)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: ParentProcess) -> None:
    """Ends this process with the one that it works for: a killed run leaves no workers behind."""
    parent.join()
    os._exit(1)
