"""The third step of a run: what is stored without an up-to-date prediction is screened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial

from catalog.store.predictions import table_schema
from catalog.store.shards import write_shard
from flows.pipeline import shards
from flows.pipeline.pending import Pending, Shard, merge_predictions
from flows.pipeline.plan import Plan
from flows.progress import stage
from flows.workers.dask import DaskWorkers
from flows.workers.pool import Workers
from polywell.families import Families

Each = Callable[[Callable[[Shard], None], Sequence[Shard]], None]
"""Calls a function for every shard, several at a time, and waits for all of them."""


@dataclass(frozen=True)
class Screened:
    """The table `predictions` holds a verdict on each of so many entries: all that the source has."""

    entries: int


def screen(
    plan: Plan, pending: Pending, workers: Workers | DaskWorkers, today: date, each: Each | None = None
) -> Screened:
    """Screens all that is pending, and brings the verdicts into the table `predictions`.

    Args:
        plan: what the run is to do.
        pending: what is left to screen.
        workers: who screens.
        today: date of the run.
        each: calls a function for every shard; threads of this process by default.

    Raises:
        ShardError: a shard cannot be written.
        LakeError: the table cannot be written.
    """
    with stage("screening", "entries", pending.entries) as advance:

        def screen_one(shard: Shard) -> None:
            screen_shard(shard, workers, plan.families)
            advance(shard.count)

        (each or in_threads(2 * plan.options.workers, workers.stop))(screen_one, pending.shards)
    merge_predictions(plan.home, plan.source.name, pending, today.isoformat())
    return Screened(pending.stored)


def screen_shard(shard: Shard, workers: Workers | DaskWorkers, families: Families) -> None:
    """Screens one shard in a worker and waits for it; does nothing where an earlier run has done it."""
    if shard.is_done:
        return
    work = partial(shards.screen_batch, families=families)
    lost = partial(shards.unscreened_batch, families=families)
    done = workers.run(work, shards.RowsOf(shard.batch()), lost)
    write_shard(shard.predictions, shard.header, (some for _, some in done), table_schema())


def in_threads(count: int, stop: Callable[[], None]) -> Each:
    """So many shards at a time, each with a thread that waits for its worker.

    Args:
        count: how many.
        stop: ends the workers; called when a shard fails or the run is stopped: no other is then waited for.
    """

    def each(work: Callable[[Shard], None], some: Sequence[Shard]) -> None:
        with ThreadPoolExecutor(count) as threads:
            try:
                for _ in threads.map(work, some):
                    pass
            except BaseException:
                stop()
                raise

    return each
