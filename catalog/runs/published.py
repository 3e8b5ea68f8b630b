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

from catalog.errors import DamagedRunError, RunError
from catalog.home import Home
from catalog.runs.record import run_records
from catalog.store.durable import difference_from, file_digest, read_json, write_json
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
        """Name of the source that was screened."""
        return self.manifest.get("source")

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
        wrong = (self._wrong(outcome) for outcome in FILES)
        return next((one for one in wrong if one is not None), None)

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

    def entry(self, id: str) -> Screening | None:
        """What is found of one entry, whatever its outcome; None where the run holds no entry of this id."""
        for outcome in FILES:
            for one in records_of(Screening, self.table(outcome, where=pc.field("id") == id)):
                return one
        return None

    def lacks(self, column: str) -> bool:
        """Whether the candidates have no such column: an older program did not know it."""
        with self._opened(Outcome.CANDIDATE) as path:
            return column not in pq.read_schema(path).names

    def structures(self, ids: Collection[str]) -> dict[str, Row]:
        """Rows of the structures table, by id, as it is now; an id that it no longer holds is left out.

        Raises:
            LakeError: a table of another schema version.
        """
        return rows_of(self.home.structures, str(self.source), ids)

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
        source: those of this source only.
        complete: those that came to their end only; one that was killed may never have been `latest`.
    """
    found = []
    for folder in run_folders(home):
        manifest = None if damage_of_manifest(folder) else manifest_of(folder)
        if manifest is not None and (source is None or manifest.get("source") == source):
            run = PublishedRun(home, folder.name, folder, manifest)
            if run.is_complete or not complete:
                found.append(run)
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
        _check_manifests([folder])
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


def _check_manifests(folders: Iterable[Path]) -> None:
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


def find_run(home: Home, name: str, source: str | None = None) -> PublishedRun:
    """The run of this name, or of the only name that begins so; `latest` is the newest published one.

    Args:
        home: where the runs are.
        name: name of the run, its beginning, or `latest`.
        source: look among the runs of this source only, or of the only one whose name begins so.

    Raises:
        RunError: no such run, or several; no such source, or several.
        DamagedRunError: the manifest of one that may be meant is missing, or not what was published.
    """
    if source is not None:
        source = _source_of(home, source)
        if name == "latest":
            newest = next(iter(published_runs(home, source, complete=True)), None)
            _check_manifests(_newer_folders(home, newest))
            if newest is None:
                raise RunError(f"no run of {source!r} came to its end yet; screen it again")
            return newest
    elif name == "latest":
        run = latest_run(home)
        if run is None:
            raise RunError(f"{home.catalog} holds no published run yet; screen a source first")
        return run
    _check_manifests(folder for folder in run_folders(home) if folder.name.startswith(name))
    runs = published_runs(home, source)
    found = [run for run in runs if run.name == name] or [run for run in runs if run.name.startswith(name)]
    if len(found) != 1:
        known = ", ".join(run.name for run in runs) or "none yet"
        raise RunError(f"{name!r} names {len(found)} runs of {home.catalog}; expected one of: {known}")
    return found[0]


def _source_of(home: Home, name: str) -> str:
    """The source of this name, or the only one whose name begins so, of those that the home has runs of."""
    known = sorted({run.source for run in published_runs(home) if run.source is not None})
    found = [one for one in known if one == name] or [one for one in known if one.startswith(name)]
    if len(found) != 1:
        expected = ", ".join(known) or "none yet"
        raise RunError(
            f"{name!r} names {len(found)} sources with a run in {home.catalog}; expected one of: {expected}"
        )
    return found[0]


def _newer_folders(home: Home, run: PublishedRun | None) -> Iterator[Path]:
    """The folders of runs that came after one; all if None."""
    return (folder for folder in run_folders(home) if run is None or folder.name > run.name)


def two_runs(
    home: Home, names: Sequence[str], source: str | None = None
) -> tuple[PublishedRun, PublishedRun]:
    """The older and the newer run that the names stand for.

    Args:
        home: where the runs are.
        names: none for the newest run and the one before it of the same source, or that run twice where the
            source was screened since and had not changed; one for that run and the newest of its source; or
            both.
        source: look among the runs of this source only, or of the only one whose name begins so.

    Raises:
        RunError: no such runs, runs of two sources, or more than two names.
    """
    if len(names) > 2:
        raise RunError(f"{len(names)} runs given; expected two at most")
    if names:
        older = find_run(home, names[0], source)
        newer = find_run(
            home, names[1] if len(names) == 2 else "latest", older.source if len(names) == 1 else source
        )
        if older.source != newer.source:
            raise RunError(
                f"{older.name} is a run of {older.source!r}, {newer.name} of {newer.source!r}; expected two "
                "runs of one source"
            )
        return older, newer
    newer = find_run(home, "latest", source)
    if is_unchanged_since(newer):
        return newer, newer
    before = [run for run in published_runs(home, newer.source, complete=True) if run.name < newer.name]
    since = before[0].name if before else ""
    _check_manifests(folder for folder in run_folders(home) if since < folder.name < newer.name)
    if not before:
        raise RunError(f"{newer.name} is the only published run of {newer.source!r}; screen it again first")
    return before[0], newer


def is_unchanged_since(run: PublishedRun) -> bool:
    """Whether the newest run of its source that came to its end found nothing changed since this one."""
    ended = (
        record for record in run_records(run.home) if record.get("outcome") in ("published", "unchanged")
    )
    newest = next((record for record in ended if record.get("source") == run.source), {})
    return newest.get("outcome") == "unchanged" and newest.get("published") == run.name
