"""The published runs of a home, and what stands in their files: nobody else opens these."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from catalog.errors import DamagedRunError
from catalog.home import Home
from catalog.store.delta.lake import rows_of
from catalog.store.durable import difference_from, file_digest, read_json, write_json
from catalog.store.predictions import records_of
from catalog.store.schema import Row, conformed, conformed_table, entry_schema
from polywell.records import EntryKey, Outcome, Screening

MANIFEST = "manifest.json"

FILES = {
    Outcome.CANDIDATE: "ranked.parquet",
    Outcome.REJECTED: "rejected.parquet",
    Outcome.FAILED: "failed.parquet",
}
"""The files of a run, each with the entries of one outcome."""

COMPLETE = ".complete"
"""File in a run's folder, written last of all: the run is published, and so are its pages.

It holds the digests of the manifest, and of each page by its path; those of older programs are empty.
"""

NOTIFIED = ".told.json"
"""File in a run's folder: the notification blocks that have taken its news."""

_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")


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
        """Name of the source whose screening published the run."""
        return self.manifest.get("source")

    @property
    def sources(self) -> Mapping[str, Mapping[str, Any]]:
        """The sources whose entries it lists, each with its facts: version, counts, when it was screened.

        Programs that ranked each source by itself listed the one that they screened.
        """
        known: Mapping[str, Mapping[str, Any]] | None = self.manifest.get("sources")
        if known is not None:
            return known
        return {} if self.source is None else {self.source: self.manifest}

    @property
    def is_complete(self) -> bool:
        """Whether the run came to its end; runs of programs that did not mark it count as complete."""
        return (self.folder / COMPLETE).exists() or "changes" not in self.manifest

    @property
    def pages(self) -> Mapping[str, str]:
        """The digests of the pages that were written for the run, by their paths below those of the home."""
        return dict(_completion(self.folder).get("pages", {}))

    def damage(self) -> str | None:
        """What is wrong with its files, in one sentence; None where each holds what was published."""
        return next(filter(None, map(self._wrong, FILES)), None)

    def _wrong(self, outcome: Outcome) -> str | None:
        path = self.file(outcome)
        digest = (self.manifest.get("files") or {}).get(path.name)
        wrong = None if digest is None else difference_from(path, digest)
        return None if wrong is None else f"{path} {wrong}"

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
            DamagedRunError: the file is missing, or does not hold what was published.
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
        with self._opened(outcome) as path:
            stored = pq.read_schema(path)
            added = [field for field in known if field.name not in stored.names]
            dataset = ds.dataset(path, schema=pa.schema([*stored, *added]))
            found = dataset.to_table(columns=schema.names, filter=where).combine_chunks()
        return conformed_table(found, schema)

    @contextmanager
    def _opened(self, outcome: Outcome) -> Iterator[Path]:
        """The file of an outcome, which holds what was published."""
        wrong = self._wrong(outcome)
        if wrong is not None:
            raise _damaged(wrong)
        try:
            yield self.file(outcome)
        except (OSError, pa.ArrowException) as error:  # as an older program published it, without a digest
            raise _damaged(f"{self.file(outcome)} cannot be read ({str(error)[:200]})") from error

    def head(self, outcome: Outcome, count: int) -> list[Row]:
        """The first entries of an outcome; no more of the file is read than they need."""
        rows: list[Row] = []
        schema = entry_schema()
        with self._opened(outcome) as path, pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=max(1, min(count, 1000))):
                if len(rows) >= count:
                    break
                rows.extend(conformed(batch, schema).to_pylist())
        return rows[:count]

    def entries(self, id: str, source: str | None = None) -> list[Screening]:
        """What is found of the entries of this id, whatever their outcome; of one source if it is given."""
        where = pc.field("id") == id
        if source is not None:
            where &= pc.field("source") == source
        return [one for outcome in FILES for one in records_of(Screening, self.table(outcome, where=where))]

    def lacks(self, column: str) -> bool:
        """Whether the candidates have no such column: an older program did not know it."""
        with self._opened(Outcome.CANDIDATE) as path:
            return column not in pq.read_schema(path).names

    def structures(self, keys: Collection[EntryKey]) -> dict[EntryKey, Row]:
        """Rows of the structures table, as it is now; an entry that it no longer holds is left out.

        Raises:
            LakeError: a table of another schema version.
        """
        return rows_of(self.home.structures, keys)

    def mark_complete(self, pages: Iterable[Path] = ()) -> None:
        """Says that the run came to its end.

        Args:
            pages: the pages that were written for it, below those of the home.

        Raises:
            OSError: the disk is full or read-only.
        """
        digests = {str(path.relative_to(self.home.reports)): file_digest(path) for path in pages}
        whole = {MANIFEST: file_digest(self.folder / MANIFEST), "pages": digests}
        write_json(self.folder / COMPLETE, whole)

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
        source: those that list this source only.
        complete: those that came to their end only; one that was killed may never have been `latest`.
    """
    found = []
    for folder in run_folders(home):
        manifest = None if damage_of_manifest(folder) else manifest_of(folder)
        if manifest is not None:
            run = PublishedRun(home, folder.name, folder, manifest)
            if (source is None or source in run.sources) and (run.is_complete or not complete):
                found.append(run)
    return found


def newest_by_source(runs: Iterable[PublishedRun]) -> dict[str, PublishedRun]:
    """The newest run that lists each source.

    Args:
        runs: the newest first.
    """
    found: dict[str, PublishedRun] = {}
    for run in runs:
        for source in run.sources:
            found.setdefault(source, run)
    return found


def run_folders(home: Home) -> list[Path]:
    """The folders of published runs, the newest first, whatever they hold."""
    if not home.runs.is_dir():
        return []
    folders = [item for item in home.runs.iterdir() if item.is_dir() and not item.name.startswith(".")]
    return sorted(folders, key=lambda item: item.name, reverse=True)


def latest_run(home: Home) -> PublishedRun | None:
    """The run that `latest` points to.

    Raises:
        DamagedRunError: its manifest is missing, or does not hold what was published.
    """
    folder = home.latest.resolve()
    if folder.is_dir():
        check_manifests([folder])
    manifest = manifest_of(folder)
    return None if manifest is None else PublishedRun(home, folder.name, folder, manifest)


def damage_of_run(home: Home, folder: Path) -> str | None:
    """What is wrong with a run's folder, in one sentence; None where its files hold what was published."""
    wrong = damage_of_manifest(folder)
    return wrong or PublishedRun(home, folder.name, folder, manifest_of(folder) or {}).damage()


def damage_of_manifest(folder: Path) -> str | None:
    """What is wrong with the manifest of a run's folder, in one sentence; None where nothing is."""
    path = folder / MANIFEST
    digest = _completion(folder).get(MANIFEST)
    wrong = None if digest is None else difference_from(path, digest)
    if wrong is None and manifest_of(folder) is None:
        wrong = "cannot be read" if path.exists() else "is missing"
    return None if wrong is None else f"{path} {wrong}"


def check_manifests(folders: Iterable[Path]) -> None:
    """Raises the error of the first folder of which the manifest is damaged."""
    for folder in folders:
        if wrong := damage_of_manifest(folder):
            raise _damaged(wrong)


def _completion(folder: Path) -> dict[str, Any]:
    return read_json(folder / COMPLETE) or {}


def _damaged(wrong: str) -> DamagedRunError:
    return DamagedRunError(
        f"{wrong}; run `polywell repair`, then screen the source again: it is published anew from the tables"
    )


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """The manifest of a run's folder; None where there is none that can be read."""
    return read_json(folder / MANIFEST)
