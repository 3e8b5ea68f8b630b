"""The Prefect flow `screen`. Its tasks are thin: each calls one step of `flows.pipeline.steps.Run`.

Prefect's result cache stays off: it cannot see a changed table or library, and would serve stale science.
"""

from __future__ import annotations

from prefect import flow, task
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows.deployments.notify import secret_of, tell_failure, teller
from flows.deployments.summary import counts_markdown, page_link, top_rows
from flows.pipeline.manifest import Counts
from flows.pipeline.plan import Plan, make_plan
from flows.pipeline.steps import Finished, Run
from flows.progress import Advance, stage


@task(name="pull", cache_policy=NO_CACHE, persist_result=False)
def pull(run: Run) -> range:
    """Reads the source into the table `structures`."""
    return run.pull()


@task(name="screen-shard", task_run_name="screen-shard-{number}", cache_policy=NO_CACHE, persist_result=False)
def screen_shard(run: Run, number: int, advance: Advance) -> None:
    """Screens one shard in the shared worker processes."""
    run.screen_shard(number, advance)


@task(name="merge", cache_policy=NO_CACHE, persist_result=False)
def merge(run: Run) -> Counts:
    """Merges the predictions into their table and checks that no entry is lost."""
    return run.merge()


@task(name="publish", cache_policy=NO_CACHE, persist_result=False)
def publish(run: Run, counts: Counts) -> None:
    """Publishes the ranked catalog."""
    run.publish(counts)


@task(name="report", cache_policy=NO_CACHE, persist_result=False)
def report(run: Run, counts: Counts) -> Finished:
    """Writes the pages, and the artifacts that Prefect shows."""
    finished = run.report(counts)
    create_table_artifact(top_rows(finished), key="polywell-ranking", description="The top of the ranking")
    create_markdown_artifact(counts_markdown(finished), key="polywell-counts")
    create_link_artifact(page_link(finished), "The page of this run", key="polywell-page")
    return finished


@flow(name="screen", persist_result=False, on_failure=[tell_failure], on_crashed=[tell_failure])
def screen(
    source: str = "reference",
    home: str | None = None,
    families: str | None = None,
    workers: int | None = None,
    without_noncommercial: bool = False,
    key_block: str | None = None,
    notify: list[str] | None = None,
    notify_above_k: float = 50.0,
    engine: str = "local",
    dask_address: str | None = None,
    dossiers: int | None = None,
    rank_by: str | None = None,
) -> Finished:
    """Screens a source from the first byte to the page.

    Args:
        source: one of the forms that `polywell sources` lists.
        home: folder of the catalog and the pages; `POLYWELL_HOME` or that of `Home.at` if None.
        families: path of a λ table; `POLYWELL_FAMILIES` or the built-in one if None.
        workers: number of worker processes; `POLYWELL_WORKERS` or one for each core if None.
        without_noncommercial: leave out entries that may not be used commercially.
        key_block: name of the Prefect Secret block that holds the user's key for the source; the key
            itself is never a parameter. None takes it from the environment (`MP_API_KEY`).
        notify: notification blocks to tell about new candidates and failures, as `type/name`, such as
            `slack-webhook/lab`.
        notify_above_k: least ceiling in K of a new candidate that is worth a notification.
        engine: `local` or `dask`.
        dask_address: address of the Dask scheduler, for the engine `dask`.
        dossiers: how many of the first candidates get a page of their own; `POLYWELL_DOSSIERS` or 50 if None.
        rank_by: order of the list: `ceiling`, `outer`, `expected` or `low`; `POLYWELL_RANK_BY` or `low` if
            None.

    Returns:
        What the run leaves behind.
    """
    tell = teller(notify or (), notify_above_k)
    key = None if key_block is None else secret_of(key_block)
    plan = make_plan(
        source, home, families, workers, without_noncommercial, key, engine, dask_address, dossiers, rank_by
    )
    finished = _screen(plan)
    tell(finished)
    return finished


def _screen(plan: Plan) -> Finished:
    with Run(plan) as run:
        unchanged = run.unchanged()
        if unchanged is not None:
            return unchanged
        shards = pull(run)
        with stage("screening", "entries", run.entries) as advance:
            screened = [screen_shard.submit(run, number, advance) for number in shards]
            for future in screened:
                future.result()
        counts = merge(run)
        publish(run, counts)
        return report(run, counts)
