"""A run: list, read, screen, rank, publish. The same five functions run plain, and as tasks of Prefect."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

from flows.options import ScreenOptions
from flows.pipeline.finished import Finished
from flows.pipeline.listing import Listing, list_source
from flows.pipeline.pending import Pending
from flows.pipeline.plan import Plan
from flows.pipeline.publishing import publish, restore_pages
from flows.pipeline.ranking import Ranked, rank
from flows.pipeline.reading import Stored, read
from flows.pipeline.record import Started, recorded
from flows.pipeline.screening import Screened, screen
from flows.workers.dask import DaskWorkers
from flows.workers.pool import Workers
from flows.workers.worker import MODULES, start_server
from polywell.evidence.anchors import reference_records
from reports.run.page import load_templates

AnyWorkers = Workers | DaskWorkers


@dataclass(frozen=True)
class Steps:
    """The five functions of a run, in the order of their calls."""

    list: Callable[[Plan], Listing | Finished] = list_source
    read: Callable[[Plan, Listing, AnyWorkers], Stored] = read
    screen: Callable[[Plan, Pending, AnyWorkers, date], Screened] = screen
    rank: Callable[[Plan, Screened], Ranked] = rank
    publish: Callable[[Plan, Started, Listing, Ranked], Finished] = publish


PLAIN = Steps()
"""The functions as they are, without Prefect."""


def run(plan: Plan, steps: Steps = PLAIN) -> Finished:
    """Screens a source from the first byte to the page.

    Args:
        plan: what to do.
        steps: the five functions; plain by default.

    Raises:
        NothingToScreenError: the source holds no entry.
        CatalogError: the source broke off, or a table or folder cannot be written.
    """
    with (
        recorded(plan.home, plan.source.name) as (started, facts),
        workers_of(plan.options) as workers,
        ThreadPoolExecutor(1) as aside,
    ):
        listing = steps.list(plan)
        facts.update(listing.facts)
        if isinstance(listing, Finished):
            restore_pages(plan, listing.run)
            return listing
        # Ranking needs the references, the pages their templates: made while others read and screen.
        references = aside.submit(reference_records, plan.families)
        templates = aside.submit(load_templates)
        stored = steps.read(plan, listing, workers)
        facts.update(stored.facts)
        screened = steps.screen(plan, stored.pending, workers, started.at.date())
        references.result()
        templates.result()
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
