"""A run without Prefect: the same steps, the same files, the same results."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from flows.pipeline.steps import Finished, Plan, Run
from flows.progress import stage


def run_plain(plan: Plan) -> Finished:
    """Screens a source from the first byte to the page.

    Raises:
        flows.pipeline.steps.NothingToScreenError: the source holds no entry.
        catalog.errors.CatalogError: the source broke off, or a table or folder cannot be written.
    """
    with Run(plan) as run:
        unchanged = run.unchanged()
        if unchanged is not None:
            return unchanged
        shards = run.pull()
        with (
            stage("screening", "entries", run.entries) as advance,
            ThreadPoolExecutor(2 * plan.workers) as threads,
        ):
            list(threads.map(lambda number: run.screen_shard(number, advance), shards))
        counts = run.merge()
        run.publish(counts)
        return run.report(counts)
