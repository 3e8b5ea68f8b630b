"""Worker processes elsewhere: the same calls as `flows.workers.pool.Workers`, done by a Dask cluster.

The cluster gets a shard of rows and gives back a shard of results; it needs polywell installed, and neither
a common disk nor a way to Prefect's server. Whole tasks, which hold the home and write into it, stay here and
use the client of Prefect's Dask runner. A shard that fails there (a lost worker, a crash) is done again on
this machine, entry by entry, where the guilty one is found.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from catalog.errors import CatalogError
from flows.progress import say
from flows.workers.pool import Lost, Workers
from flows.workers.worker import Item, Result, Work

WAIT_S = 30
"""Seconds to wait for the scheduler to answer."""

AHEAD = 4
"""Shards that wait at the cluster for each of its threads."""


class ClusterError(CatalogError):
    """The cluster does not answer, or the extra `dask` is not installed."""

    may_pass = True


class DaskWorkers:
    """Sends shards to a Dask scheduler; safe to use from threads.

    Args:
        address: of the scheduler, such as `tcp://10.0.0.1:8786`.
        here: the pool of this machine, for shards that fail there.

    Raises:
        ClusterError: the cluster does not answer, or `prefect-dask` is not installed.
    """

    def __init__(self, address: str, here: Workers) -> None:
        try:
            from prefect_dask.task_runners import DaskTaskRunner
        except ImportError as error:
            raise ClusterError(
                "the engine dask needs the package prefect-dask; install polywell[dask]"
            ) from error
        self._held = ExitStack()
        try:
            runner = DaskTaskRunner(address=address, client_kwargs={"timeout": WAIT_S})
            self._client: Any = self._held.enter_context(runner).client
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"no Dask scheduler answers at {address!r} within {WAIT_S} s; start one, or correct the "
                "address (--dask-address)"
            ) from error
        self._here = here
        self._ahead = AHEAD * max(1, sum(self._client.nthreads().values()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()
        self._here.__exit__(kind, error, trace)

    def rest(self) -> None:
        """Ends the workers of this machine; see `Workers.rest`."""
        self._here.rest()

    def map(
        self,
        work: Work[Item, Result],
        shards: Iterable[Sequence[Item]],
        lost: Lost[Item, Result],
        alone: Work[Item, Result] | None = None,
    ) -> Iterator[tuple[Sequence[Item], Result]]:
        """Does all shards, in order; see `Workers.map`."""
        waiting: deque[tuple[Sequence[Item], Any]] = deque()

        def finish() -> list[tuple[Sequence[Item], Result]]:
            shard, future = waiting.popleft()
            try:
                return [(shard, future.result())]
            except Exception as error:  # it comes again here, where it costs the guilty entry only
                say(f"a shard failed on the cluster ({type(error).__name__}); it is done here")
                return self._here.run(work, shard, lost, alone)

        for shard in shards:
            waiting.append((shard, self._client.submit(work, shard, pure=False, retries=1)))
            if len(waiting) > self._ahead:
                yield from finish()
        while waiting:
            yield from finish()
