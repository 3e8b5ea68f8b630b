"""Which two runs a person means."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.home import Home
from catalog.runs.published import PublishedRun, RunError, find_run, published_runs


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
