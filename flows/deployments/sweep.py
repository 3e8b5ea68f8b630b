"""The Prefect flow `sweep`: several sources, one after the other, each in a home of its own."""

from __future__ import annotations

import re
from pathlib import Path

from prefect import flow

from catalog.home import Home
from flows.cli.terminal import harmless
from flows.deployments.screen import screen
from flows.pipeline.plan import home_folder
from flows.progress import say


class SweepError(Exception):
    """Some of the sources failed; the others are done."""


@flow(name="sweep", persist_result=False, retries=0)  # each source has its own retries
def sweep(
    sources: list[str],
    home: str | None = None,
    families: str | None = None,
    workers: int | None = None,
    without_noncommercial: bool = False,
    notify: list[str] | None = None,
    notify_above_k: float = 50.0,
) -> dict[str, str]:
    """Screens several sources; one that fails does not stop the others, and the sweep then fails at its end.

    Args:
        sources: what to screen, such as `optimade:cod`.
        home: each source gets a home of its own below `sweep/` in this folder; `POLYWELL_HOME` if None.
        families: path of a λ table; the built-in one if None.
        workers: number of worker processes; one for each core if None.
        without_noncommercial: leave out entries that may not be used commercially.
        notify: notification blocks to tell about new candidates and failures, as `type/name`.
        notify_above_k: least ceiling in K of a new candidate that is worth a notification.

    Returns:
        The counts of each source, as a sentence.

    Raises:
        SweepError: a source failed.
    """
    done: dict[str, str] = {}
    failed: dict[str, str] = {}
    for source in sources:
        place = str(home_of(source, home))
        try:
            finished = screen(
                source, place, families, workers, without_noncommercial,
                notify=notify, notify_above_k=notify_above_k,
            )  # fmt: skip
        except Exception as error:  # the one place: it is told, and the sweep fails at its end
            failed[source] = f"{type(error).__name__}: {error}"
            say(f"{source}: {harmless(failed[source], 1000)}")
        else:
            done[source] = finished.counts.sentence
    if failed:
        reasons = "; ".join(f"{source}: {why}" for source, why in failed.items())
        raise SweepError(f"{len(failed)} of {len(sources)} sources failed: {harmless(reasons, 2000)}")
    return done


def home_of(source: str, home: str | None) -> Path:
    """Folder of the home of one source of a sweep."""
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", source).strip("-.") or "source"
    given = home_folder(home)
    return (given if given is not None else Home.at(None).catalog) / "sweep" / name
