"""Which published runs a name, a source, or no word at all stands for."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.errors import RunError
from catalog.home import Home
from catalog.runs.published import (
    PublishedRun,
    check_manifests,
    latest_run,
    newest_by_source,
    published_runs,
    run_folders,
)
from catalog.runs.record import run_records


def find_run(home: Home, name: str, source: str | None = None) -> PublishedRun:
    """The run of this name, or of the only name that begins so; `latest` is the newest published one.

    Args:
        home: where the runs are.
        name: name of the run, its beginning, or `latest`.
        source: look among the runs that list this source only.

    Raises:
        RunError: no such run, or several.
        DamagedRunError: the manifest of one that may be meant is missing, or not what was published.
    """
    if source is not None:
        if name == "latest":
            newest = next(iter(published_runs(home, source, complete=True)), None)
            since = "" if newest is None else newest.name
            check_manifests(folder for folder in run_folders(home) if folder.name > since)
            if newest is None:
                raise RunError(f"no run of {source!r} came to its end yet; screen it again")
            return newest
    elif name == "latest":
        run = latest_run(home)
        if run is None:
            raise RunError(f"{home.catalog} holds no published run yet; screen a source first")
        return run
    check_manifests(folder for folder in run_folders(home) if folder.name.startswith(name))
    runs = published_runs(home, source)
    found = [run for run in runs if run.name == name] or [run for run in runs if run.name.startswith(name)]
    if len(found) != 1:
        known = ", ".join(run.name for run in runs) or "none yet"
        raise RunError(f"{name!r} names {len(found)} runs of {home.catalog}; expected one of: {known}")
    return found[0]


def source_named(home: Home, name: str) -> str:
    """The source of this name, or the only one whose name begins so, of those that the home's runs list.

    Raises:
        RunError: no such source, or several.
    """
    known = sorted(newest_by_source(published_runs(home)))
    found = [one for one in known if one == name] or [one for one in known if one.startswith(name)]
    if len(found) != 1:
        expected = ", ".join(known) or "none yet"
        raise RunError(
            f"{name!r} names {len(found)} sources with a run in {home.catalog}; expected one of: {expected}"
        )
    return found[0]


def two_runs(
    home: Home, names: Sequence[str], source: str | None = None
) -> tuple[PublishedRun, PublishedRun]:
    """The older and the newer run that the names stand for.

    Args:
        home: where the runs are.
        names: none for the newest run and the one before it, or that run twice where its source was screened
            since and had not changed; one for that run and the newest; or both.
        source: without a name, the newest run that screened this source and the one before that did; with
            names, runs that list it.

    Raises:
        RunError: no such runs, runs that have no source in common, or more than two names.
    """
    if len(names) > 2:
        raise RunError(f"{len(names)} runs given; expected two at most")
    if names:
        older = find_run(home, names[0], source)
        newer = find_run(home, names[1] if len(names) == 2 else "latest", source)
        if not older.sources.keys() & newer.sources.keys():
            raise RunError(
                f"{older.name} is a run of {_listed(older)}, {newer.name} of {_listed(newer)}; expected two "
                "runs with a source in common"
            )
        return older, newer
    runs = published_runs(home, source, complete=True)
    newer = find_run(home, "latest") if source is None else _screened(runs, source)
    if is_unchanged_since(newer):
        return newer, newer
    before = [
        run
        for run in runs
        if run.name < newer.name
        and run.sources.keys() & newer.sources.keys()
        and (source is None or run.source == source)
    ]
    since = before[0].name if before else ""
    check_manifests(folder for folder in run_folders(home) if since < folder.name < newer.name)
    if not before:
        raise RunError(f"{newer.name} is the only published run of {_listed(newer)}; screen it again first")
    return before[0], newer


def _listed(run: PublishedRun) -> str:
    return " and ".join(map(repr, run.sources))


def _screened(runs: Sequence[PublishedRun], source: str) -> PublishedRun:
    """The newest of the runs that was published when the source was screened."""
    newest = next((run for run in runs if run.source == source), None)
    if newest is None:
        raise RunError(f"no run of {source!r} is left; screen it again")
    return newest


def is_unchanged_since(run: PublishedRun) -> bool:
    """Whether the newest run of its source that came to its end found nothing changed since."""
    ended = (
        record for record in run_records(run.home) if record.get("outcome") in ("published", "unchanged")
    )
    newest = next((record for record in ended if record.get("source") == run.source), {})
    return newest.get("outcome") == "unchanged" and str(newest.get("published")) >= run.name
