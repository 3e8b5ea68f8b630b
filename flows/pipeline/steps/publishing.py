"""The last step of a run: the catalog and the pages, with what changed since the run before."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from importlib import metadata
from logging import WARNING
from typing import Any

from catalog.errors import HomeError
from catalog.home import Home, checkout
from catalog.runs.diff import Lists, changes
from catalog.runs.publish import publish as publish_tables
from catalog.runs.published import PublishedRun, published_runs
from catalog.store.aside import set_aside
from catalog.store.delta.retention import forget_versions
from catalog.store.durable import write_files
from catalog.store.predictions import candidates_of
from catalog.store.shards import forget_work, work_folder
from flows.pipeline.finished import Counts, Finished
from flows.pipeline.page_rows import next_before, page_files
from flows.pipeline.plan import Plan
from flows.pipeline.record import Started, now
from flows.pipeline.steps.listing import Listing
from flows.pipeline.steps.ranking import Ranked
from flows.pipeline.versions import code_version, versions
from flows.progress import say
from polywell.families import Families
from reports.html.writing import File

LIBRARIES = ("numpy", "scipy", "pymatgen", "ase", "pyarrow", "deltalake", "prefect")
"""Libraries whose version can move a result or a file."""


def publish(plan: Plan, started: Started, listing: Listing, ranked: Ranked) -> Finished:
    """Publishes the run in the catalog and writes its pages; its unfinished work is then forgotten.

    Raises:
        PublishError: the catalog cannot be written; the one before stays as it was.
        HomeError: the pages cannot be written; the catalog is published.
    """
    home, source = plan.home, plan.source.name
    before, damaged = _run_before(home)
    now = Lists(ranked.ranked, ranked.rejected, ranked.failed, ranked.sources, plan.in_force.own)
    found = changes(before, now)
    manifest = _manifest(plan, started, listing, ranked) | {"changes": found.as_json()}
    run = publish_tables(
        home, started.name, ranked.ranked, ranked.rejected, ranked.failed, manifest, plan.options.keep_runs
    )
    say(f"changes: {found.sentence}")
    lacking = manifest["sources"][source]["source_description"].get("lacking")
    if lacking:
        say(f"{source}: without {lacking}")
    files = page_files(
        run, plan.families, plan.options.dossiers,
        ranked.candidates, ranked.rejected, ranked.failed, next_before(before, manifest),
    )  # fmt: skip
    _write_pages(run, files)
    forget_work(work_folder(home, source))
    for table in (home.structures, home.predictions):
        gone = forget_versions(table, plan.options.keep_days)
        if gone:
            say(f"{table.name}: {gone} files of versions older than {plan.options.keep_days} days removed")
    for one, wrong in damaged:
        say(f"{wrong}; the run was moved to {set_aside(home, one.folder)}", WARNING)
    return Finished(source, ranked.counts, home, run, changes=found)


def _run_before(home: Home) -> tuple[PublishedRun | None, list[tuple[PublishedRun, str]]]:
    """The newest run that is whole; and those after it, with what is wrong with them."""
    damaged: list[tuple[PublishedRun, str]] = []
    for run in published_runs(home, complete=True):
        wrong = run.damage()
        if wrong is None:
            return run, damaged
        damaged.append((run, wrong))
    return None, damaged


def write_pages_of(run: PublishedRun, families: Families, dossiers: int) -> None:
    """Writes the pages of a published run, in place of those of any other.

    Args:
        run: the run.
        families: the λ table, for the measured compounds beside its candidates.
        dossiers: how many of the first candidates get a page of their own.

    Raises:
        HomeError: the pages cannot be written.
        CatalogError: what they are made of cannot be read.
    """
    candidates = candidates_of(run.ranked())
    _write_pages(run, page_files(run, families, dossiers, candidates, run.rejected(), run.failed()))


def _write_pages(run: PublishedRun, files: Iterable[File]) -> None:
    home = run.home
    try:
        run.mark_complete(write_files(_with_room(home, files)))
    except OSError as error:
        raise HomeError(
            f"the pages cannot be written to {home.reports} ({error.strerror or error}); the catalog is "
            "published: make room or permissions, then run again"
        ) from error


def _with_room(home: Home, files: Iterable[File]) -> Iterator[File]:
    """The files, each when no folder lies in its place, and no file in that of its folder."""
    for path, content in files:
        if path.is_dir():
            say(f"{path} is no file; moved to {set_aside(home, path)}", WARNING)
        if path.parent.exists() and not path.parent.is_dir():
            say(f"{path.parent} is no folder; moved to {set_aside(home, path.parent)}", WARNING)
        yield path, content


def _manifest(plan: Plan, started: Started, listing: Listing, ranked: Ranked) -> dict[str, Any]:
    """What was screened, with what, when, and how many came out as what: of all sources, and of each."""
    times = {
        "started": started.at.isoformat(timespec="seconds"),
        "finished": now().isoformat(timespec="seconds"),
    }
    screened = {
        "source_version": listing.version,
        "source_description": plan.source.description(),
        **times,
        **versions(plan.families, plan.in_force),
    }
    sources = {}
    for name, one in ranked.sources.items():
        facts = screened if name == ranked.source else one.facts
        held = one.counts.as_json() | {"excluded_noncommercial": one.excluded}
        sources[name] = {key: facts.get(key) for key in screened} | held
    return {
        **listing.inputs,
        "source": ranked.source,
        "sources": sources,
        **times,
        **Counts.together(one.counts for one in ranked.sources.values()).as_json(),
        "excluded_noncommercial": sum(one.excluded for one in ranked.sources.values()),
        "correction": ranked.database.as_json(),
        "without_estimate": ranked.without_estimate(),
        "families": [row.model_dump(mode="json") for row in plan.families.rows],
        "code_version": code_version(checkout()),
        "python_version": platform.python_version(),
        "library_versions": {name: metadata.version(name) for name in LIBRARIES},
    }
