"""One worker process at a time: how it starts, what goes through its pipe, and how its end is named."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from catalog.readers.limits import limit_memory
from catalog.scratch import scratch
from flows.workers.limits import EntryLimits

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess as ParentProcess

Item = TypeVar("Item")
Result = TypeVar("Result")

Work = Callable[[Sequence[Item]], Result]
"""What a worker does with a shard; it and what it takes and gives must be picklable."""

MODULES = ("flows.pipeline.shards", "pandas")
"""What the workers of a run need; pyarrow would import pandas in each of them."""

WORKER_DIED = "WorkerDied"
"""The type of error of an entry that took its worker process down."""

WAIT_S = 5.0
"""Seconds until a process that closed its pipe and goes on is ended."""

STARTS = 20
"""How often a process is started that ends before it has taken anything: that is no fault of an entry."""

_CHILDREN = threading.Lock()
"""For starting and for asking after exit codes: of two threads that ask at once, one is told a wrong one."""


class WorkerDiedError(Exception):
    """The worker process ended while it held an entry; `is_kill` where it was killed from outside."""

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(_how_it_ended(exit_code))
        self.is_kill = exit_code == -signal.SIGKILL


class WorkRaisedError(Exception):
    """The work raised; `kind` is the name of what it raised."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class WorkersStoppedError(Exception):
    """The run ends before its work is done: nothing is known of what the workers held."""


def start_server(preload: Sequence[str] = MODULES) -> ForkServerContext:
    """Starts the process that workers are forked from: it imports modules while this process does, too.

    A plain fork would copy locked locks, a spawn import everything anew. Signals that end a run go to a whole
    group of processes; this one and its workers leave them to their parent.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    resource_tracker.ensure_running()  # which would unblock them
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    shared, tempfile.tempdir = tempfile.tempdir, str(scratch())  # where its socket goes
    try:
        forkserver.ensure_running()
    finally:
        tempfile.tempdir = shared
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context


def stop_server() -> None:
    """Ends that process, which holds all that workers import; where no worker is left, and until the next."""
    forkserver._forkserver._stop()  # type: ignore[attr-defined]  # there is no public name for it


class Worker:
    """A place for one process, which starts when there is something to do, and anew after a death.

    The process has a pipe of its own: when it dies within an answer, nobody else waits for the rest.
    """

    def __init__(self, limits: EntryLimits, preload: Sequence[str]) -> None:
        self._limits, self._preload = limits, preload
        self._lock = threading.Lock()
        self._is_stopped = self._is_ready = False
        self._pipe: Connection | None = None
        self._process: ForkServerProcess | None = None
        self._kill: Callable[[], object] = _nothing

    def do(self, work: Work[Item, Result], shard: Sequence[Item]) -> Result:
        """Does one shard and waits for it; for one thread at a time.

        Raises:
            WorkerDiedError: the process ended.
            WorkRaisedError: the work raised.
            WorkersStoppedError: `stop` was called, before or meanwhile.
        """
        for _ in range(STARTS):
            process, pipe = self._running()
            try:
                self._is_ready = self._is_ready or pipe.recv()
                pipe.send((work, shard))
                is_done, answer = pipe.recv()
                break
            except (EOFError, OSError):
                is_guilty = self._is_ready
                wait([process.sentinel], WAIT_S)
                self.end()
                if is_guilty and not self._is_stopped:
                    raise WorkerDiedError(process.exitcode) from None
            except BaseException:  # such as Ctrl-C: what may still come belongs to this shard
                self.end()
                raise
        else:
            raise WorkerDiedError(process.exitcode)
        if not is_done:
            raise WorkRaisedError(*answer)
        return answer  # type: ignore[no-any-return]

    def stop(self) -> None:
        """Ends the process, whatever it does, and lets no other start; for any thread."""
        with self._lock:
            self._is_stopped = True
            self._kill()

    def end(self) -> None:
        """Ends the process, which is idle or of no more use, and waits for its end."""
        if self._process is not None and self._pipe is not None:
            self._kill()
            wait([self._process.sentinel])
            with _CHILDREN:
                self._process.join()
            self._pipe.close()
            self._process = self._pipe = None
            self._is_ready = False

    def _running(self) -> tuple[ForkServerProcess, Connection]:
        with self._lock:
            if self._is_stopped:
                raise WorkersStoppedError
            if self._process is None or self._pipe is None:
                context = start_server(self._preload)
                self._pipe, far_end = context.Pipe()
                self._process = context.Process(
                    target=_serve, args=(far_end, self._limits, scratch()), daemon=True
                )
                with _CHILDREN, _without_main():
                    self._process.start()
                far_end.close()
                # Also when this process ends: the signal that multiprocessing would send is blocked there.
                self._kill = weakref.finalize(self, self._process.kill)
            return self._process, self._pipe


@contextmanager
def _without_main() -> Iterator[None]:
    """Hides the script that runs from a process that starts: it would run it anew, but needs none of it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _nothing() -> None:
    """Stands for the end of a process that never was."""


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


def _serve(pipe: Connection, limits: EntryLimits, shared: Path) -> None:
    tempfile.tempdir = str(shared)  # the run clears it, also after a worker that is killed
    start_worker(limits)
    with suppress(OSError):
        pipe.send(True)
    while True:
        try:
            work, shard = pipe.recv()
            pipe.send(_answer(work, shard))
        except (EOFError, OSError, MemoryError):  # nobody is there any more, or no room for the shard
            return


def _packed(batch: pa.RecordBatch) -> tuple[Callable[[pa.Buffer], pa.RecordBatch], tuple[pa.Buffer]]:
    """How a batch goes through a pipe: as one stream, for a third of what columns take one by one."""
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, batch.schema) as writer:
        writer.write_batch(batch)
    return _unpacked, (stream.getvalue(),)


def _unpacked(stream: pa.Buffer) -> pa.RecordBatch:
    return pa.ipc.open_stream(stream).read_next_batch()


ForkingPickler.register(pa.RecordBatch, _packed)  # in this process, and in all that import this module


def _answer(work: Work[Any, Any], shard: Sequence[Any]) -> tuple[bool, Any]:
    """What the work gives, or the type and message of what it raises: also where a library calls `exit`."""
    try:
        return True, work(shard)
    except BaseException as error:
        return False, (type(error).__name__, _message(error))


def _message(error: BaseException) -> str:
    try:
        return str(error) or "no message"
    except Exception:  # an exception of a library can be unable to tell of itself
        return "no message that can be shown"


def start_worker(limits: EntryLimits) -> None:
    """Begins a worker process, which has its limit of memory, and ends when its parent does.

    What it shares with the process that it is forked from is left out of its garbage collections, which would
    copy it by marking it.
    """
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where the server of another program was running already
    limit_memory(limits.memory_bytes)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: ParentProcess) -> None:
    """Ends this process with the one that it works for: a killed run leaves no workers behind."""
    parent.join()
    os._exit(1)
