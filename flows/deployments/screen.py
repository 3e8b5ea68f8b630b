"""The Prefect flow `screen`. Its tasks are functions of `flows.pipeline`.

Prefect's result cache stays off: it cannot see a changed table or library, and would serve stale science.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from prefect import task
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from catalog.home import Home
from flows.deployments.guard import flow
from flows.deployments.identity import artifact_key, tag_run
from flows.deployments.notify import secret_of, tell_failure, teller
from flows.deployments.parameters import takes_options
from flows.deployments.summary import address_of, counts_markdown, page_words, top_rows
from flows.options import ScreenOptions
from flows.pipeline import run
from flows.pipeline.finished import Finished, checked
from flows.pipeline.plan import Plan, make_plan
from flows.pipeline.record import Started
from flows.pipeline.steps import listing, publishing, ranking, reading, screening
from flows.pipeline.steps.listing import Listing
from flows.pipeline.steps.ranking import Ranked
from flows.progress import from_level

list_source = task(name="list", cache_policy=NO_CACHE, persist_result=False)(listing.list_source)
read = task(name="read", cache_policy=NO_CACHE, persist_result=False)(reading.read)
screen_pending = task(name="screen", cache_policy=NO_CACHE, persist_result=False)(screening.screen)
rank = task(name="rank", cache_policy=NO_CACHE, persist_result=False)(ranking.rank)


@task(name="publish", cache_policy=NO_CACHE, persist_result=False)
def publish(plan: Plan, started: Started, listed: Listing, ranked: Ranked) -> Finished:
    """Publishes the catalog and the pages, and the artifacts that Prefect shows."""
    finished = publishing.publish(plan, started, listed, ranked)
    ranking_key, counts_key, page_key = (
        artifact_key(kind, finished.home, finished.source) for kind in ("ranking", "counts", "page")
    )
    create_table_artifact(top_rows(finished), key=ranking_key, description="The top of the ranking")
    pages_url = plan.options.pages_url
    create_markdown_artifact(counts_markdown(finished, pages_url), key=counts_key)
    link = address_of(finished.page, finished.home, pages_url)
    if link is None:
        create_markdown_artifact(page_words(finished.page, finished.home, None), key=page_key)
    else:
        create_link_artifact(link, "The page of this run", key=page_key)
    return finished


TASKS = run.Steps(read, screen_pending, rank, publish)


@flow(
    told=attrgetter("headline"),
    name="screen",
    persist_result=False,
    validate_parameters=False,  # the options do it, as the first step of the run: such an error is final
    on_failure=[tell_failure],
    on_crashed=[tell_failure],
)
@takes_options()
def screen(**given: Any) -> Finished:
    """Screens a source from the first byte to the page.

    Returns:
        What the run leaves behind.

    Raises:
        TooManyFailedError: more entries failed than `fail_above` allows; the run is published.
    """
    options = ScreenOptions.of(given)
    tag_run(options.source, Home.at(options.home))
    tell = teller(options)
    key = None if options.key_block is None else secret_of(options.key_block)
    with from_level(options.log_level):
        finished = run.run(make_plan(options, key), list_source, lambda: TASKS)
        tell(finished)
    return checked(finished, options.fail_above)
