"""Worker processes that outlive what they are fed: a death costs the guilty entry and no other.

A shard of entries goes to one worker. When that dies in the middle (killed for its memory, a crash of a
compiled library, a hang), nobody knows which entry did it: the shard's entries are run again one at a time
in a new process, until the guilty one is found. The same is done when the work raises, which it should not:
what comes of one entry is a value.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import LifoQueue
from types import TracebackType
from typing import Self

from flows.workers.limits import LIMITS, EntryLimits
from flows.workers.worker import (
    WORKER_DIED,
    Item,
    Result,
    Work,
    Worker,
    WorkerDiedError,
    WorkRaisedError,
)

Lost = Callable[[Item, str, str], Result]
"""What stands in the results for an entry that could not be done; made of it, a type of error, a message."""

TRIES = 3
"""How often an entry is tried alone when its worker is killed each time, which need not be its fault."""


class Workers:
    """Worker processes for everything that a run does with shards; safe to use from threads.

    They end with the block of a `with` statement; where an error ends it, whatever they do.

    Args:
        count: number of processes.
        limits: what one entry may cost.
        preload: modules that a worker needs; imported once, in the process that workers are forked from.
    """

    def __init__(self, count: int, limits: EntryLimits = LIMITS, preload: Sequence[str] = ()) -> None:
        if count < 1:
            raise ValueError(f"{count} worker processes asked for; at least 1 is needed")
        self.count = count
        self._all = [Worker(limits, preload) for _ in range(count)]
        self._idle: LifoQueue[Worker] = LifoQueue()  # the last one first: no more start than are needed
        for worker in self._all:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(count)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.stop()
        self._threads.shutdown(cancel_futures=True)
        for _ in self._all:
            self._idle.get().end()  # comes when the thread that it worked for, of whomever, has given it back

    def rest(self) -> None:
        """Ends the workers, of which none may have something to do; they start again when they have."""
        for worker in [self._idle.get() for _ in self._all]:
            worker.end()
            self._idle.put(worker)

    def stop(self) -> None:
        """Ends all workers at once: whoever waits for a shard gets a `WorkersStoppedError`."""
        for worker in self._all:
            worker.stop()

    def run(
        self,
        work: Work[Item, Result],
        shard: Sequence[Item],
        lost: Lost[Item, Result],
        alone: Work[Item, Result] | None = None,
    ) -> list[tuple[Sequence[Item], Result]]:
        """Does one shard and waits for it.

        Args:
            work: what is done with it.
            shard: the entries.
            lost: what stands for an entry that could not be done.
            alone: what is done with each entry where the shard cannot be done together; the same if None.

        Returns:
            The shard with its result; or, where a worker died or the work raised, each entry with its own.

        Raises:
            WorkersStoppedError: the workers were stopped before it was done.
        """
        worker = self._idle.get()
        try:
            return [(shard, worker.do(work, shard))]
        except (WorkerDiedError, WorkRaisedError):  # it comes again, where it belongs to one entry
            worker.end()
            return [([item], _alone(worker, alone or work, item, lost)) for item in shard]
        finally:
            self._idle.put(worker)

    def map(
        self,
        work: Work[Item, Result],
        shards: Iterable[Sequence[Item]],
        lost: Lost[Item, Result],
        alone: Work[Item, Result] | None = None,
    ) -> Iterator[tuple[Sequence[Item], Result]]:
        """Does all shards as `run` does one, in order, taking no more at a time than keep the workers busy.

        Yields:
            What `run` returns for each shard.

        Raises:
            WorkersStoppedError: the workers were stopped before all was done.
        """
        waiting: deque[Future[list[tuple[Sequence[Item], Result]]]] = deque()
        for shard in shards:
            waiting.append(self._threads.submit(self.run, work, shard, lost, alone))
            if len(waiting) > 2 * self.count:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def _alone(
    worker: Worker, work: Work[Item, Result], item: Item, lost: Lost[Item, Result], tries: int = TRIES
) -> Result:
    try:
        return worker.do(work, [item])
    except WorkerDiedError as death:
        if death.is_kill and tries > 1:
            return _alone(worker, work, item, lost, tries - 1)
        return lost(item, WORKER_DIED, str(death))
    except WorkRaisedError as error:
        return lost(item, error.kind, str(error))
