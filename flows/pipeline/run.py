"""A run: list, read, screen, rank, publish. The same five functions run plain, and as tasks of Prefect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from flows.options import ScreenOptions
from flows.pipeline.finished import Finished, wrong_page
from flows.pipeline.plan import Plan
from flows.pipeline.record import Started, recorded
from flows.pipeline.steps.listing import Listing, list_source
from flows.progress import say
from flows.workers.dask import DaskWorkers
from flows.workers.pool import Workers
from flows.workers.worker import MODULES, start_server, stop_server

if TYPE_CHECKING:
    from flows.pipeline.pending import Pending
    from flows.pipeline.steps.ranking import Ranked
    from flows.pipeline.steps.reading import Stored
    from flows.pipeline.steps.screening import Screened

AnyWorkers = Workers | DaskWorkers
List = Callable[[Plan], Listing | Finished]


@dataclass(frozen=True)
class Steps:
    """The four functions that follow where a source has changed, in the order of their calls."""

    read: Callable[[Plan, Listing, AnyWorkers], Stored]
    screen: Callable[[Plan, Pending, AnyWorkers, date], Screened]
    rank: Callable[[Plan, Screened], Ranked]
    publish: Callable[[Plan, Started, Listing, Ranked], Finished]


def plain() -> Steps:
    """The functions as they are, without Prefect."""
    from flows.pipeline.steps.publishing import publish
    from flows.pipeline.steps.ranking import rank
    from flows.pipeline.steps.reading import read
    from flows.pipeline.steps.screening import screen

    return Steps(read, screen, rank, publish)


def run(plan: Plan, list_: List = list_source, steps_of: Callable[[], Steps] = plain) -> Finished:
    """Screens a source from the first byte to the page.

    What an unchanged source does not need is not imported, and no worker starts for it.

    Args:
        plan: what to do.
        list_: lists the source.
        steps_of: gives the functions that follow, once there is something to do.

    Raises:
        NothingToScreenError: the source holds no entry.
        CatalogError: the source broke off, or a table or folder cannot be written.
    """
    with recorded(plan.home, plan.source.name) as (started, facts):
        listing = list_(plan)
        facts.update(listing.facts)
        if isinstance(listing, Finished):
            if wrong := wrong_page(listing.run):
                from flows.pipeline.steps.publishing import write_pages_of

                say(f"{wrong}: the pages are written again")
                write_pages_of(listing.run, plan.families, plan.options.dossiers)
            return listing
        with workers_of(plan.options) as workers:
            steps = steps_of()
            stored = steps.read(plan, listing, workers)
            facts.update(stored.facts)
            screened = steps.screen(plan, stored.pending, workers, started.at.date())
        stop_server()
        ranked = steps.rank(plan, screened)
        facts.update(ranked.facts)
        finished = steps.publish(plan, started, listing, ranked)
        facts.update(finished.facts)
        return finished


def workers_of(options: ScreenOptions) -> AnyWorkers:
    """Who reads and screens: processes of this machine, which start now, or a Dask cluster."""
    here = Workers(options.workers, preload=MODULES)
    if options.dask_address is not None:
        return DaskWorkers(options.dask_address, here)
    start_server()
    return here
