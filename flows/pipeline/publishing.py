"""The last step of a run: the catalog and the pages, with what changed since the run before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from catalog.errors import HomeError
from catalog.runs.diff import changes
from catalog.runs.publish import publish as publish_tables
from catalog.runs.published import PublishedRun, published_runs
from catalog.store.durable import write_files
from catalog.store.shards import forget_work, work_folder
from flows.pipeline.finished import Finished
from flows.pipeline.listing import Listing
from flows.pipeline.manifest import build_manifest
from flows.pipeline.page_rows import Shown, shown
from flows.pipeline.plan import Plan
from flows.pipeline.ranked import Ranked
from flows.pipeline.record import Started
from flows.progress import say
from reports.html.names import EVALUATION
from reports.run.page import run_files


def publish(plan: Plan, started: Started, listing: Listing, ranked: Ranked) -> Finished:
    """Publishes the run in the catalog and writes its pages; its unfinished work is then forgotten.

    Raises:
        PublishError: the catalog cannot be written; the one before stays as it was.
        HomeError: the pages cannot be written; the catalog is published.
    """
    home, source, tables = plan.home, plan.source.name, ranked.tables
    before = next(iter(published_runs(home, source, complete=True)), None)
    found = changes(before, tables.ranked, tables.rejected, tables.failed)
    manifest = build_manifest(
        plan,
        listing.inputs,
        ranked.counts,
        started.at,
        excluded_noncommercial=tables.excluded,
        correction=tables.database.as_json(),
        without_estimate=tables.without_estimate(),
        changes=found.as_json(),
    )
    with ThreadPoolExecutor(1) as aside:  # what the pages show is gathered while the tables are written
        rows = aside.submit(shown, tables, home, source, plan.options.dossiers, plan.families)
        run = publish_tables(home, started.name, tables.ranked, tables.rejected, tables.failed, manifest)
        say(f"changes: {found.sentence}")
        _write_pages(plan, run, rows.result())
    forget_work(work_folder(home, source))
    return Finished(source, ranked.counts, home, run, changes=found)


def _write_pages(plan: Plan, run: PublishedRun, rows: Shown) -> None:
    home = plan.home
    try:
        write_files(run_files(
            home.reports / "latest", rows.ranked, rows.rejected, rows.failed, run.manifest,
            rows.measured, rows.structures, plan.options.dossiers, home.reports / EVALUATION,
        ))  # fmt: skip
        run.mark_complete()
    except OSError as error:
        raise HomeError(
            f"the pages cannot be written to {home.reports} ({error.strerror or error}); the catalog is "
            "published: make room or permissions, then run again"
        ) from error
