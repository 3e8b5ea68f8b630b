"""The last step of a run: the catalog and the pages, with what changed since the run before."""

from __future__ import annotations

import platform
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from typing import Any

from catalog.errors import HomeError
from catalog.home import checkout
from catalog.runs.diff import changes
from catalog.runs.publish import publish as publish_tables
from catalog.runs.published import PublishedRun, published_runs
from catalog.store.durable import write_files
from catalog.store.shards import forget_work, work_folder
from flows.pipeline.finished import Finished
from flows.pipeline.listing import Listing
from flows.pipeline.page_rows import PageRows, page_rows
from flows.pipeline.plan import Plan
from flows.pipeline.ranking import Ranked
from flows.pipeline.record import Started, now
from flows.pipeline.versions import code_version
from flows.progress import say
from reports.html.names import EVALUATION
from reports.run.page import run_files

LIBRARIES = ("numpy", "scipy", "pymatgen", "ase", "pyarrow", "deltalake", "prefect")
"""Libraries whose version can move a result or a file."""


def publish(plan: Plan, started: Started, listing: Listing, ranked: Ranked) -> Finished:
    """Publishes the run in the catalog and writes its pages; its unfinished work is then forgotten.

    Raises:
        PublishError: the catalog cannot be written; the one before stays as it was.
        HomeError: the pages cannot be written; the catalog is published.
    """
    home, source = plan.home, plan.source.name
    before = next(iter(published_runs(home, source, complete=True)), None)
    found = changes(before, ranked.ranked, ranked.rejected, ranked.failed, plan.in_force.own)
    manifest = _manifest(plan, started, listing, ranked) | {"changes": found.as_json()}
    with ThreadPoolExecutor(1) as aside:  # what the pages show is gathered while the tables are written
        rows = aside.submit(page_rows, plan, ranked)
        run = publish_tables(home, started.name, ranked.ranked, ranked.rejected, ranked.failed, manifest)
        say(f"changes: {found.sentence}")
        _write_pages(plan, run, rows.result())
    forget_work(work_folder(home, source))
    return Finished(source, ranked.counts, home, run, changes=found)


def _write_pages(plan: Plan, run: PublishedRun, rows: PageRows) -> None:
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


def _manifest(plan: Plan, started: Started, listing: Listing, ranked: Ranked) -> dict[str, Any]:
    """What was screened, with what, when, and how many came out as what."""
    counts = ranked.counts
    return {
        **listing.inputs,
        "source_description": plan.source.description(),
        "started": started.at.isoformat(timespec="seconds"),
        "finished": now().isoformat(timespec="seconds"),
        "entries": counts.entries,
        "candidates": counts.candidates,
        "rejected": counts.rejected,
        "failed": counts.failed,
        "reasons": dict(counts.reasons),
        "failures": dict(counts.failures),
        "excluded_noncommercial": ranked.excluded,
        "correction": ranked.database.as_json(),
        "without_estimate": ranked.without_estimate(),
        "families": [row.model_dump(mode="json") for row in plan.families.rows],
        "code_version": code_version(checkout()),
        "python_version": platform.python_version(),
        "library_versions": {name: metadata.version(name) for name in LIBRARIES},
    }
