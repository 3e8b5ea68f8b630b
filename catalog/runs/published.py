"""The published runs of a home, and what stands in their files: nobody else opens these."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from catalog.errors import CatalogError
from catalog.home import Home
from catalog.store.durable import read_json, replace_durably, write_json
from catalog.store.lake import rows_of
from catalog.store.predictions import records_of
from catalog.store.schema import Row, conformed, conformed_table, entry_schema
from polywell.records import Outcome, Screening

MANIFEST = "manifest.json"

FILES = {
    Outcome.CANDIDATE: "ranked.parquet",
    Outcome.REJECTED: "rejected.parquet",
    Outcome.FAILED: "failed.parquet",
}
"""The files of a run, each with the entries of one outcome."""

COMPLETE = ".complete"
"""File in a run's folder, written last of all: the run is published, and so are its pages."""

NOTIFIED = ".told.json"
"""File in a run's folder: the notification blocks that have taken its news."""

_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")


class RunError(CatalogError):
    """There is no such run, or its record cannot be written."""


@dataclass(frozen=True)
class PublishedRun:
    """One published run: its name (the time, to the nanosecond), its folder and its manifest.

    The tables have the columns of the registry; those that an older program did not know are null.
    """

    home: Home
    name: str
    folder: Path
    manifest: Mapping[str, Any]

    @property
    def source(self) -> str | None:
        """Name of the source that was screened."""
        return self.manifest.get("source")

    @property
    def is_complete(self) -> bool:
        """Whether the run came to its end; runs of programs that did not mark it count as complete."""
        return (self.folder / COMPLETE).exists() or "changes" not in self.manifest

    def file(self, outcome: Outcome) -> Path:
        """Where the entries of an outcome stand, for people who open it with a program of their own."""
        return self.folder / FILES[outcome]

    def ranked(self, columns: Sequence[str] | None = None, where: pc.Expression | None = None) -> pa.Table:
        """The candidates in the order of their rank.

        Args:
            columns: the columns to give, in this order; all of the registry if None.
            where: those for which this holds; all if None.

        Raises:
            KeyError: a column that the registry does not have.
        """
        return self.table(Outcome.CANDIDATE, columns, where)

    def rejected(self, columns: Sequence[str] | None = None, where: pc.Expression | None = None) -> pa.Table:
        """The rejected entries in the order of their id; arguments as for `ranked`."""
        return self.table(Outcome.REJECTED, columns, where)

    def failed(self, columns: Sequence[str] | None = None, where: pc.Expression | None = None) -> pa.Table:
        """The failed entries in the order of their id; arguments as for `ranked`."""
        return self.table(Outcome.FAILED, columns, where)

    def table(
        self, outcome: Outcome, columns: Sequence[str] | None = None, where: pc.Expression | None = None
    ) -> pa.Table:
        """The entries of an outcome; arguments as for `ranked`."""
        known = entry_schema()
        schema = known if columns is None else pa.schema([known.field(name) for name in columns])
        stored = pq.read_schema(self.file(outcome))
        added = [field for field in known if field.name not in stored.names]
        dataset = ds.dataset(self.file(outcome), schema=pa.schema([*stored, *added]))
        found = dataset.to_table(columns=schema.names, filter=where).combine_chunks()
        return conformed_table(found, schema)

    def head(self, outcome: Outcome, count: int) -> list[Row]:
        """The first entries of an outcome; no more of the file is read than they need."""
        rows: list[Row] = []
        schema = entry_schema()
        with pq.ParquetFile(self.file(outcome)) as file:
            for batch in file.iter_batches(batch_size=max(1, min(count, 1000))):
                if len(rows) >= count:
                    break
                rows.extend(conformed(batch, schema).to_pylist())
        return rows[:count]

    def entry(self, id: str) -> Screening | None:
        """What is found of one entry, whatever its outcome; None where the run holds no entry of this id."""
        for outcome in FILES:
            for one in records_of(Screening, self.table(outcome, where=pc.field("id") == id)):
                return one
        return None

    def lacks(self, column: str) -> bool:
        """Whether the candidates have no such column: an older program did not know it."""
        return column not in pq.read_schema(self.file(Outcome.CANDIDATE)).names

    def structures(self, ids: Collection[str]) -> dict[str, Row]:
        """Rows of the structures table, by id, as it is now; an id that it no longer holds is left out.

        Raises:
            LakeError: a table of another schema version.
        """
        return rows_of(self.home.structures, str(self.source), ids)

    def mark_complete(self) -> None:
        """Says that the run came to its end.

        Raises:
            OSError: the disk is full or read-only.
        """
        replace_durably(self.folder / COMPLETE, lambda partial: partial.touch())

    def notified(self) -> list[str]:
        """The notification blocks that have taken the news of this run."""
        return list((read_json(self.folder / NOTIFIED) or {}).get("blocks", ()))

    def mark_notified(self, blocks: Sequence[str]) -> None:
        """Keeps the notification blocks that have taken the news.

        Raises:
            OSError: the disk is full or read-only.
        """
        write_json(self.folder / NOTIFIED, {"blocks": list(blocks)})


def new_name(home: Home) -> str:
    """A name for a run that begins now, once it holds its home: names sort as the runs came.

    It is the time, or, where an earlier run was under a clock ahead of this one, the next name after that.
    """
    second, nanosecond = divmod(time.time_ns(), 10**9)
    name = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(second))}-{nanosecond:08x}"
    taken = (path.name.removesuffix(".json") for path in (*home.runs.glob("*"), *home.records.glob("*.json")))
    newest = max(filter(_NAME.fullmatch, taken), default="")
    if name > newest:
        return name
    time_, number = newest.split("-")
    return f"{time_}-{int(number, 16) + 1:08x}"


def published_runs(home: Home, source: str | None = None, complete: bool = False) -> list[PublishedRun]:
    """The published runs that are still on disk, the newest first.

    Args:
        home: where to look.
        source: those of this source only.
        complete: those that came to their end only; one that was killed may never have been `latest`.
    """
    if not home.runs.is_dir():
        return []
    folders = [item for item in home.runs.iterdir() if item.is_dir() and not item.name.startswith(".")]
    found = []
    for folder in sorted(folders, key=lambda item: item.name, reverse=True):
        manifest = manifest_of(folder)
        if manifest is not None and (source is None or manifest.get("source") == source):
            run = PublishedRun(home, folder.name, folder, manifest)
            if run.is_complete or not complete:
                found.append(run)
    return found


def latest_run(home: Home) -> PublishedRun | None:
    """The run that `latest` points to."""
    manifest = manifest_of(home.latest)
    folder = home.latest.resolve()
    return None if manifest is None else PublishedRun(home, folder.name, folder, manifest)


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """The manifest of a run's folder; None where there is none that can be read."""
    return read_json(folder / MANIFEST)


def find_run(home: Home, name: str) -> PublishedRun:
    """The run of this name, or of the only name that begins so; `latest` is the newest published one.

    Raises:
        RunError: no such run, or several.
    """
    if name == "latest":
        run = latest_run(home)
        if run is None:
            raise RunError(f"{home.catalog} holds no published run yet; screen a source first")
        return run
    runs = published_runs(home)
    found = [run for run in runs if run.name == name] or [run for run in runs if run.name.startswith(name)]
    if len(found) != 1:
        known = ", ".join(run.name for run in runs) or "none yet"
        raise RunError(f"{name!r} names {len(found)} runs of {home.catalog}; expected one of: {known}")
    return found[0]


def two_runs(home: Home, names: Sequence[str]) -> tuple[PublishedRun, PublishedRun]:
    """The older and the newer run that the names stand for.

    Args:
        home: where the runs are.
        names: none for the newest run and the one before it of the same source; one for that run and the
            newest; or both.

    Raises:
        RunError: no such runs, or more than two names.
    """
    if len(names) > 2:
        raise RunError(f"{len(names)} runs given; expected two at most")
    newer = find_run(home, names[1] if len(names) == 2 else "latest")
    if names:
        return find_run(home, names[0]), newer
    before = [run for run in published_runs(home, newer.source, complete=True) if run.name < newer.name]
    if not before:
        raise RunError(f"{newer.name} is the only published run of {newer.source!r}; screen it again first")
    return before[0], newer
