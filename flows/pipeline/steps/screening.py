"""The third step of a run: what is stored without an up-to-date prediction is screened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

from catalog.store.shards import Growing, work_folder
from flows.pipeline import shards
from flows.pipeline.pending import PREDICTIONS, Pending, merge_predictions, rows_left
from flows.pipeline.plan import Plan
from flows.progress import stage
from flows.workers.dask import DaskWorkers
from flows.workers.pool import Workers


@dataclass(frozen=True)
class Screened:
    """The table `predictions` holds a verdict on each of so many entries: all that the source has."""

    entries: int


def screen(plan: Plan, pending: Pending, workers: Workers | DaskWorkers, today: date) -> Screened:
    """Screens all that is left, and brings the verdicts into the table `predictions`.

    Args:
        plan: what the run is to do.
        pending: what has no up-to-date prediction.
        workers: who screens.
        today: date of the run.

    Raises:
        ShardError: a shard cannot be written.
        LakeError: a table cannot be read or written.
    """
    source = plan.source.name
    folder = work_folder(plan.home, source) / PREDICTIONS
    made = Growing(folder, pending.header)
    work = partial(shards.screen_batch, families=plan.families)
    lost = partial(shards.unscreened_batch, families=plan.families)
    rows = map(shards.RowsOf, rows_left(plan.home, source, pending))
    with stage("screening", "entries", pending.left) as advance:
        for _, predictions in workers.map(work, rows, lost):
            made.add(predictions)
            advance(predictions.num_rows)
        made.finish()
    workers.rest()
    merge_predictions(plan.home, source, pending, made.paths, today.isoformat())
    return Screened(pending.stored)
