"""The steps of a run; `flows.screen` and `flows.plain` only call them in order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from catalog.home import Home
from catalog.lake import merge, read_rows
from catalog.predictions import predictions_schema, record_to_row, row_to_record
from catalog.publish import MANIFEST, publish
from catalog.schema import Row
from catalog.sources import Source, open_source
from catalog.structures import structures_schema
from flows import shards
from flows.manifest import Counts, build_manifest, now
from flows.progress import Advance, say, stage
from flows.settings import Settings
from flows.workers import Workers
from polywell.families import Families, load_families
from polywell.ranking import rank
from polywell.records import Outcome, ScreenRecord
from polywell.reference import reference_entries
from polywell.screening import screen
from reports.page import write_run

Item = TypeVar("Item")

SHARD_ENTRIES = 200
"""Entries that go to a worker together: enough to make the way there cheap, few enough to see progress."""


class NothingToScreenError(Exception):
    """The source holds no entry."""


@dataclass(frozen=True)
class Plan:
    """What one run is to do, checked before anything starts."""

    source: Source
    home: Home
    families: Families
    workers: int


@dataclass(frozen=True)
class Finished:
    """What a run leaves behind: its counts, the ranking, and where to look at it."""

    source: str
    counts: Counts
    ranked: tuple[Row, ...]
    failed: tuple[Row, ...]
    latest: Path
    page: Path


def make_plan(source: str, home: str | Path | None, families: str | Path | None, workers: int | None) -> Plan:
    """Opens and checks everything that a run is told; what is None comes from the environment.

    Raises:
        CatalogError: the source cannot be opened or the home not be written.
        FamilyTableError: the λ table cannot be used.
        pydantic.ValidationError: a `POLYWELL_` variable is wrong.
    """
    settings = Settings()
    opened = open_source(source)
    table = load_families(_path(families) or settings.families)
    chosen = Home.at(_path(home) or settings.home)
    chosen.prepare()
    return Plan(opened, chosen, table, workers or settings.workers)


def _path(given: str | Path | None) -> Path | None:
    return Path(given) if given is not None else None


class Run:
    """One run under way: its steps in the order of their calls, and what each hands to the next.

    A context manager: leaving it ends the worker processes.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._started = now()
        self._workers = Workers(plan.workers, preload=(shards.__name__,))
        self._entries = 0
        self._stored: list[list[Row]] = []
        self._predictions: dict[int, list[Row]] = {}
        self._records: list[ScreenRecord] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._workers.__exit__(kind, error, trace)

    @property
    def entries(self) -> int:
        """Number of entries that the source gave, those that could not be read among them."""
        return self._entries

    def pull(self) -> range:
        """Reads every entry of the source into the table `structures`.

        Returns:
            The numbers of the shards to screen.

        Raises:
            NothingToScreenError: there is no entry; what is stored of the source stays as it is.
        """
        plan, rows = self.plan, list[Row]()
        work = partial(shards.read_shard, families=plan.families)
        with stage("reading", "entries") as advance:
            for _, some in self._workers.map(work, cut(plan.source.raw_entries()), shards.unread_rows):
                rows.extend(some)
                advance(len(some))
        if not rows:
            raise NothingToScreenError(f"{plan.source.name!r} holds no entry; nothing was changed")
        self._entries = len(rows)
        failed = sum(row["error_type"] is not None for row in rows)
        say(f"structures: {len(rows)} entries = {len(rows) - failed} read + {failed} not")
        merge(plan.home.structures, rows, plan.source.name, structures_schema())
        stored = sorted(read_rows(plan.home.structures, plan.source.name), key=lambda row: str(row["id"]))
        self._stored = list(cut(stored))
        return range(len(self._stored))

    def screen_shard(self, number: int, advance: Advance) -> None:
        """Screens one shard in a worker and waits for it; safe to call from several threads."""
        work = partial(shards.screen_shard, families=self.plan.families)
        lost = partial(shards.unscreened_rows, families=self.plan.families)
        done: list[Row] = []
        for part, predictions in self._workers.run(work, self._stored[number], lost):
            done.extend(predictions)
            advance(len(part))
        self._predictions[number] = done

    def merge(self) -> Counts:
        """Merges the predictions into their table, and reads back what it then holds of the source.

        Raises:
            LostEntriesError: what comes out is not what went in.
        """
        home, source = self.plan.home, self.plan.source.name
        rows = [row for number in sorted(self._predictions) for row in self._predictions[number]]
        merge(home.predictions, rows, source, predictions_schema())
        self._records = sorted(map(row_to_record, read_rows(home.predictions, source)), key=lambda r: r.id)
        counts = Counts.of(self._entries, self._records)
        say(f"predictions: {counts.sentence}")
        return counts

    def publish(self, counts: Counts) -> None:
        """Ranks the candidates and publishes the run in the catalog."""
        plan = self.plan
        manifest = build_manifest(plan.source, plan.families, counts, self._started)
        publish(plan.home, self._ranked(), self._of(Outcome.REJECTED), self._of(Outcome.FAILED), manifest)

    def report(self, counts: Counts) -> Finished:
        """Writes the pages of the run that was just published."""
        home = self.plan.home
        ranked, rejected, failed = (
            [record_to_row(record) for record in records]
            for records in (self._ranked(), self._of(Outcome.REJECTED), self._of(Outcome.FAILED))
        )
        manifest = json.loads((home.latest / MANIFEST).read_text(encoding="utf-8"))
        measured = measured_rows(self.plan.families)
        page = write_run(home.reports / "latest", ranked, rejected, failed, manifest, measured)
        return Finished(self.plan.source.name, counts, tuple(ranked), tuple(failed), home.latest, page)

    def _ranked(self) -> list[ScreenRecord]:
        return rank(self._records)

    def _of(self, outcome: Outcome) -> list[ScreenRecord]:
        return [record for record in self._records if record.outcome is outcome]


def measured_rows(families: Families) -> list[Row]:
    """Predictions for the candidates among the reference library, whose T_c has been measured."""
    records = [screen(entry, families) for entry in reference_entries()]
    return [record_to_row(record) for record in records if record.outcome is Outcome.CANDIDATE]


def cut(items: Iterable[Item], size: int = SHARD_ENTRIES) -> Iterator[list[Item]]:
    """Cuts a stream into shards without reading ahead of them."""
    stream = iter(items)
    while shard := list(islice(stream, size)):
        yield shard
