"""Worker processes that outlive what they are fed: a death costs the guilty entry and no other.

A shard of entries goes to one shared pool. When a worker dies in the middle (killed for its memory, a
crash of a compiled library, a hang), nobody knows which entry did it: the pool is built anew and the
shard's entries are run again one at a time in a process of their own, until the guilty one is found.
The same is done when the work raises, which it should not: what comes of one entry is a value.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from types import TracebackType
from typing import Self

from flows.workers.limits import LIMITS, EntryLimits
from flows.workers.worker import WORKER_DIED, Item, LoneWorker, Result, Work, WorkerDiedError, start_worker

Lost = Callable[[Item, str, str], Result]
"""What stands in the results for an entry that could not be done; made of it, a type of error, a message."""

MODULES = ("flows.pipeline.shards", "pandas")
"""What the workers of a run need; pyarrow would import pandas in each of them."""


def start_server() -> None:
    """Starts the process that workers are forked from: it imports modules while this process does, too."""
    if _process_context(MODULES).get_start_method() == "forkserver":
        forkserver.ensure_running()


class Workers:
    """One pool of worker processes for everything that a run does with shards; safe to use from threads.

    Args:
        count: number of processes.
        limits: what one entry may cost.
        preload: modules that a worker needs; imported once, in the process that workers are forked from.
    """

    def __init__(self, count: int, limits: EntryLimits = LIMITS, preload: Sequence[str] = ()) -> None:
        if count < 1:
            raise ValueError(f"{count} worker processes asked for; at least 1 is needed")
        self.count = count
        self._limits = limits
        self._context = _process_context(preload)
        self._lock = threading.Lock()
        self._pool = self._new_pool()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def run(
        self, work: Work[Item, Result], shard: Sequence[Item], lost: Lost[Item, Result]
    ) -> list[tuple[Sequence[Item], Result]]:
        """Does one shard and waits for it.

        Returns:
            The shard with its result; or, where a worker died or the work raised, each entry with its own.
        """
        return list(self._finish(work, lost, shard, *self._submit(work, shard)))

    def map(
        self, work: Work[Item, Result], shards: Iterable[Sequence[Item]], lost: Lost[Item, Result]
    ) -> Iterator[tuple[Sequence[Item], Result]]:
        """Does all shards, in order, taking no more of them at a time than keep the workers busy.

        Yields:
            What `run` returns for each shard.
        """
        waiting: deque[tuple[Sequence[Item], Future[Result], ProcessPoolExecutor]] = deque()
        for shard in shards:
            waiting.append((shard, *self._submit(work, shard)))
            if len(waiting) > 2 * self.count:
                yield from self._finish(work, lost, *waiting.popleft())
        while waiting:
            yield from self._finish(work, lost, *waiting.popleft())

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self.count, mp_context=self._context, initializer=start_worker, initargs=(self._limits,)
        )

    def _submit(
        self, work: Work[Item, Result], shard: Sequence[Item]
    ) -> tuple[Future[Result], ProcessPoolExecutor]:
        with self._lock:
            try:
                return self._pool.submit(work, shard), self._pool
            except BrokenProcessPool:  # it broke on another shard, whose thread has not come here yet
                self._pool.shutdown(wait=False)
                self._pool = self._new_pool()
                return self._pool.submit(work, shard), self._pool

    def _finish(
        self,
        work: Work[Item, Result],
        lost: Lost[Item, Result],
        shard: Sequence[Item],
        future: Future[Result],
        pool: ProcessPoolExecutor,
    ) -> Iterator[tuple[Sequence[Item], Result]]:
        try:
            result = future.result()
        except BrokenProcessPool:
            with self._lock:
                if self._pool is pool:
                    pool.shutdown(wait=False)
                    self._pool = self._new_pool()
        except Exception:  # it comes again below, where it belongs to one entry and is kept with it
            pass
        else:
            yield shard, result
            return
        yield from self._one_by_one(work, lost, shard)

    def _one_by_one(
        self, work: Work[Item, Result], lost: Lost[Item, Result], shard: Sequence[Item]
    ) -> Iterator[tuple[Sequence[Item], Result]]:
        alone: LoneWorker[Item, Result] | None = None
        try:
            for item in shard:
                alone = alone or LoneWorker(self._context, work, self._limits)
                try:
                    result = alone.do([item])
                except WorkerDiedError as death:
                    alone = None
                    result = lost(item, WORKER_DIED, str(death))
                except Exception as error:  # the one place for what the work should not raise
                    result = lost(item, type(error).__name__, str(error) or "no message")
                yield [item], result
        finally:
            if alone is not None:
                alone.stop()


def _process_context(preload: Sequence[str]) -> BaseContext:
    """Processes forked from a small server: a plain fork copies locked locks, a spawn imports anew."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    return context
