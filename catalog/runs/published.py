"""The runs of a home: those that were published, and the record that every run leaves."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.errors import CatalogError
from catalog.home import Home
from catalog.store.durable import replace_durably, write_json

MANIFEST = "manifest.json"

COMPLETE = ".complete"
"""File in a run's folder, written last of all: the run is published, and so are its pages."""

KEPT_RECORDS = 1000
"""Run records that stay on disk, the newest included: nearly three years of nights."""


class RunError(CatalogError):
    """There is no such run, or its record cannot be written."""


def new_name() -> str:
    """A name for a run that begins now: names sort as the runs came."""
    second, nanosecond = divmod(time.time_ns(), 10**9)
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(second))}-{nanosecond:08x}"


@dataclass(frozen=True)
class PublishedRun:
    """One published run: its name (the time, to the nanosecond), its folder and its manifest."""

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
            run = PublishedRun(folder.name, folder, manifest)
            if run.is_complete or not complete:
                found.append(run)
    return found


def mark_complete(run: PublishedRun) -> None:
    """Says that the run came to its end.

    Raises:
        OSError: the disk is full or read-only.
    """
    replace_durably(run.folder / COMPLETE, lambda partial: partial.touch())


def latest_run(home: Home) -> PublishedRun | None:
    """The run that `latest` points to."""
    manifest = manifest_of(home.latest)
    folder = home.latest.resolve()
    return None if manifest is None else PublishedRun(folder.name, folder, manifest)


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """The manifest of a run's folder; None where there is none that can be read."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


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


def write_record(home: Home, name: str, record: Mapping[str, Any]) -> Path:
    """Writes the record of a run; the oldest ones beyond `KEPT_RECORDS` are removed.

    Raises:
        RunError: the disk is full or read-only.
    """
    path = home.records / f"{name}.json"
    try:
        home.records.mkdir(parents=True, exist_ok=True)
        write_json(path, record)
        old = sorted(item for item in home.records.glob("*.json"))[:-KEPT_RECORDS]
        for item in old:
            item.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(
            f"the record of the run cannot be written to {home.records} ({error.strerror or error}); "
            "make room or permissions"
        ) from error
    return path
