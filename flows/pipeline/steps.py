"""The steps of a run; `flows.deployments.screen` and `flows.pipeline.plain` only call them in order."""

from __future__ import annotations

import gc
import hashlib
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.errors import HomeError
from catalog.home import Home
from catalog.runs.diff import Difference, candidates_of, difference, judged, judged_in, outlines
from catalog.runs.publish import publish
from catalog.runs.published import RunError, latest_run, new_name, published_runs
from catalog.runs.record import write_record
from catalog.store.lake import SPOOLS
from catalog.store.lock import only_run
from catalog.store.predictions import table_schema
from catalog.store.schema import Row
from catalog.store.shards import forget_work, work_folder, write_shard
from flows.pipeline import shards
from flows.pipeline.dask_workers import DaskWorkers
from flows.pipeline.manifest import (
    Counts,
    LostEntriesError,
    build_manifest,
    now,
    screening_settings,
    versions,
)
from flows.pipeline.page_rows import Shown, shown
from flows.pipeline.pending import Todo, find_todo, merge_predictions, said_before
from flows.pipeline.plan import Plan, make_plan
from flows.pipeline.pull import (
    NothingToScreenError,
    delta_of,
    digest_of,
    index_of,
    merge_structures,
    read_changes,
)
from flows.pipeline.ranking import Tables, tables_of
from flows.pipeline.workers import MODULES, Workers, start_server
from flows.progress import Advance, say, stage
from polywell.evidence.anchors import reference_records
from reports.html.names import EVALUATION, EVALUATION_DATA
from reports.run.page import load_templates, write_run

COLLECTED_OBJECTS = 50_000
"""New objects after which the garbage collector looks through them, during a run."""

__all__ = ["Finished", "NothingToScreenError", "Plan", "Run", "make_plan"]


@dataclass(frozen=True)
class Finished:
    """What a run leaves behind: its counts, the published run, and where to look at it."""

    source: str
    counts: Counts
    latest: Path
    page: Path
    run: Path
    is_unchanged: bool = False
    changes: Difference | None = None

    def top(self, count: int) -> list[Row]:
        """The first rows of the ranking."""
        return _head(self.run / "ranked.parquet", count)

    def failures(self, count: int) -> list[Row]:
        """The first failed entries."""
        return _head(self.run / "failed.parquet", count)


class Run:
    """One run under way: its steps in the order of their calls, and what each hands to the next.

    A context manager: it holds the home, and leaving it ends the worker processes and writes the record.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._started = now()
        self._name = ""
        self._held = ExitStack()
        self._workers: Workers | DaskWorkers = Workers(plan.workers, preload=MODULES)
        if plan.dask_address is not None:
            self._workers = DaskWorkers(plan.dask_address, self._workers)
        self._aside = ThreadPoolExecutor(1)  # for what can be done while this thread waits for others
        self._beforehand: list[Future[Any]] = []
        self._shown: Future[Shown] | None = None
        self._folder = work_folder(plan.home, plan.source.name)
        self._version: str | None = None
        self._index: pa.Table | None = None
        self._todo = Todo.nothing()
        self._tables: Tables | None = None
        self._found: Difference | None = None
        self._record: dict[str, Any] = {"outcome": "failed"}

    def __enter__(self) -> Self:
        home, source = self.plan.home, self.plan.source.name
        self._held.enter_context(only_run(home, f"screening {source}", say))
        self._name = new_name()
        self._held.enter_context(self._workers)
        self._held.enter_context(self._aside)
        _tidy(home)
        self._held.enter_context(_collecting_seldom())
        if self.plan.dask_address is None:
            start_server()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._held:
            if isinstance(error, NothingToScreenError):
                self._record["outcome"] = "nothing"
            if error is not None:
                self._record["error"] = f"{type(error).__name__}: {error}"[:2000]
            if error is None or isinstance(error, Exception):
                self._write_record(is_failing=error is not None)

    @property
    def name(self) -> str:
        """Name of the run: of its record, and of what it publishes."""
        return self._name

    @property
    def entries(self) -> int:
        """Number of entries that are left to screen."""
        return sum(task.count for task in self._todo.tasks)

    def unchanged(self) -> Finished | None:
        """What the newest run left, where neither source nor program, tables or parameters have changed.

        Raises:
            SourceError: the source does not tell its version.
        """
        plan, latest = self.plan, latest_run(self.plan.home)
        self._version = plan.source.version()
        if self._version is None:
            self._index = self._listed()
            self._version = digest_of(self._index)
        self._record |= {"source_version": self._version, **versions(plan.families)}
        page = plan.home.reports / "latest" / "index.html"
        if latest is None or self._version is None or not self._is_as(latest.manifest):
            return None
        if not (latest.is_complete and page.exists() and plan.home.structures.exists()):
            return None
        say(f"{plan.source.name}: unchanged since {latest.manifest['finished']} (version {self._version})")
        counts = Counts.of_manifest(latest.manifest)
        forget_work(self._folder)
        self._record |= {"outcome": "unchanged", "published": latest.name, "entries": counts.entries}
        return Finished(plan.source.name, counts, plan.home.latest, page, latest.folder, is_unchanged=True)

    def pull(self) -> range:
        """Reads what changed in the source into the table `structures`.

        Returns:
            The numbers of the shards to screen.

        Raises:
            NothingToScreenError: there is no entry; what is stored of the source stays as it is.
            SourceError: the source breaks off; what was read waits for the next run.
        """
        plan, source = self.plan, self.plan.source
        self._beforehand = [
            self._aside.submit(reference_records, plan.families),
            self._aside.submit(load_templates),
        ]
        if self._index is None:
            self._index = self._listed()
        if not self._index.num_rows:
            raise NothingToScreenError(f"{source.name!r} holds no entry; nothing was changed")
        settings = versions(plan.families)
        delta = delta_of(plan.home.structures, source.name, self._index, settings["reading_digest"])
        reading: dict[str, str | int] = {"reading_digest": settings["reading_digest"]}
        screening = screening_settings(plan.families)
        before = said_before(plan.home, source.name, screening)
        with stage("reading", "entries", delta.changed) as advance:
            ready, reused = read_changes(
                source, delta, self._folder / "read", self._workers, plan.families, reading, advance
            )
        merge_structures(plan.home, source.name, delta, ready)
        self._todo = find_todo(plan.home, source.name, self._folder, screening, before)
        self._record |= {
            "listed": len(self._index),
            "read": delta.changed - reused,
            "read_before": reused,
            "left_the_source": delta.withdrawn,
            "screened": self.entries,
        }
        say(
            f"structures: {self._todo.stored} entries; {delta.changed} new or changed, "
            f"{delta.withdrawn} withdrawn, {self.entries} to screen"
        )
        return range(len(self._todo.tasks))

    def screen_shard(self, number: int, advance: Advance) -> None:
        """Screens one shard in a worker and waits for it; safe to call from several threads."""
        task, families = self._todo.tasks[number], self.plan.families
        if not task.is_done:
            work = partial(shards.screen_batch, families=families)
            lost = partial(shards.unscreened_batch, families=families)
            done = self._workers.run(work, shards.RowsOf(task.batch()), lost)
            write_shard(task.predictions, task.header, (some for _, some in done), table_schema())
        advance(task.count)

    def merge(self) -> Counts:
        """Merges the predictions into their table, and reads back what it then holds of the source.

        Raises:
            LostEntriesError: what comes out is not what went in.
        """
        plan, source = self.plan, self.plan.source.name
        merge_predictions(plan.home, source, self._todo, f"{self._started:%Y-%m-%d}")
        for done in self._beforehand:
            done.result()
        self._tables = tables_of(plan.home, source, plan.families, plan.without_noncommercial, plan.rank_by)
        counts = self._tables.counts(self._todo.stored)
        say(f"predictions: {counts.sentence}")
        if self._tables.excluded:
            say(f"left out: {self._tables.excluded} entries whose licence forbids commercial use")
        say(f"correction: {self._tables.database.sentence}")
        return counts

    def publish(self, counts: Counts) -> None:
        """Publishes the run in the catalog, with what is new, changed and withdrawn since the one before."""
        plan, tables = self.plan, self._given_tables()
        self._found = changes = self._changes(tables)
        manifest = build_manifest(
            plan.source,
            plan.families,
            counts,
            self._started,
            source_version=self._version,
            without_noncommercial=plan.without_noncommercial,
            excluded_noncommercial=tables.excluded,
            dossiers=plan.dossiers,
            evaluation_digest=self._evaluation_digest(),
            rank_by=plan.rank_by.value,
            correction=tables.database.as_json(),
            changes=changes.as_json(),
        )
        to_show = (tables, plan.home, plan.source.name, plan.dossiers, plan.families)
        self._shown = self._aside.submit(shown, *to_show)
        run = publish(plan.home, self._name, tables.ranked, tables.rejected, tables.failed, manifest)
        say(f"changes: {changes.sentence}")
        self._record |= {"published": run.name, "entries": counts.entries, "changes": changes.as_json()}
        self._record |= {
            "candidates": counts.candidates,
            "rejected": counts.rejected,
            "failed": counts.failed,
            "corrected": tables.database.corrected,
            "suspect": tables.database.suspect,
            "rank_by": plan.rank_by.value,
        }

    def report(self, counts: Counts) -> Finished:
        """Writes the pages of the run that was just published; its unfinished work is then forgotten.

        Raises:
            HomeError: the pages cannot be written.
        """
        home = self.plan.home
        latest = latest_run(home)
        if latest is None:
            raise HomeError(f"{home.latest} was removed while the run worked; run again")
        if self._shown is None:
            raise LostEntriesError("the run was not published; please report this as a fault")
        rows = self._shown.result()
        try:
            page = write_run(
                home.reports / "latest", rows.ranked, rows.rejected, rows.failed, latest.manifest,
                rows.measured, rows.structures, self.plan.dossiers, home.reports / EVALUATION,
            )  # fmt: skip
            latest.mark_complete()
        except OSError as error:
            raise HomeError(
                f"the pages cannot be written to {home.reports} ({error.strerror or error}); the catalog is "
                "published: make room or permissions, then run again"
            ) from error
        forget_work(self._folder)
        self._record["outcome"] = "published"
        return Finished(self.plan.source.name, counts, home.latest, page, latest.folder, changes=self._found)

    def _listed(self) -> pa.Table:
        source = self.plan.source
        with stage("listing", "entries", source.expected_count()) as advance:
            return index_of(source, self._version, advance)

    def _given_tables(self) -> Tables:
        if self._tables is None:
            raise LostEntriesError("the predictions were not merged; please report this as a fault")
        return self._tables

    def _evaluation_digest(self) -> str | None:
        """Digest of what `polywell validate` found, which the page tells; None without any."""
        try:
            data = (self.plan.home.reports / EVALUATION / EVALUATION_DATA).read_bytes()
        except FileNotFoundError:
            return None
        return hashlib.sha256(data).hexdigest()[:16]

    def _is_as(self, manifest: Any) -> bool:
        now_ = {
            "source": self.plan.source.name,
            "source_version": self._version,
            "without_noncommercial": self.plan.without_noncommercial,
            "dossiers": self.plan.dossiers,
            "evaluation_digest": self._evaluation_digest(),
            "rank_by": self.plan.rank_by.value,
            **versions(self.plan.families),
        }
        return all(manifest.get(name) == value for name, value in now_.items())

    def _changes(self, tables: Tables) -> Difference:
        before = next(iter(published_runs(self.plan.home, self.plan.source.name, complete=True)), None)
        after = list(outlines(tables.ranked))
        if before is None:
            return difference(None, (), after, {}, {})
        old = candidates_of(before.folder)
        came = {row["id"] for row in after} - {row["id"] for row in old}
        left = {row["id"] for row in old} - {row["id"] for row in after}
        now_judged = judged(tables.rejected, "reason", "rejected", left)
        now_judged |= judged(tables.failed, "error_type", "failed", left)
        return difference(before.name, old, after, judged_in(before.folder, came), now_judged)

    def _write_record(self, is_failing: bool) -> None:
        started = self._started.isoformat(timespec="seconds")
        record = {
            **self._record,
            "run": self._name,
            "source": self.plan.source.name,
            "started": started,
            "finished": now().isoformat(timespec="seconds"),
        }
        try:
            write_record(self.plan.home, self._name, record)
        except RunError as error:
            if not is_failing:
                raise
            say(f"the run's record could not be written either: {error}")


def _tidy(home: Home) -> None:
    """Removes what killed runs left under temporary names; only for who holds the home."""
    shutil.rmtree(home.catalog / SPOOLS, ignore_errors=True)
    for folder, names in (
        (home.catalog, ".latest-*"),
        (home.records, ".*.part"),
        (home.runs, "*/.*.part"),
        (home.reports / "latest", ".*.part"),
        (home.reports / "latest", "*/.*.part"),
    ):
        for left in folder.glob(names):
            left.unlink(missing_ok=True)


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Lets the garbage collector pass over what is imported, and look seldom at what a run makes."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECTED_OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _head(path: Path, count: int) -> list[Row]:
    """The first rows of a Parquet file; no more of it is read than they need."""
    rows: list[Row] = []
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=max(1, min(count, 1000))):
            if len(rows) >= count:
                break
            rows.extend(batch.to_pylist())
    return rows[:count]
