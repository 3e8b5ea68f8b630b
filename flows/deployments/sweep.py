"""The Prefect flow `sweep`: several sources, one after the other, each in a home of its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from flows.deployments.guard import flow
from flows.deployments.parameters import takes_options
from flows.deployments.screen import screen
from flows.options import folder_below
from flows.progress import harmless, say


class SweepError(Exception):
    """Some of the sources failed; the others are done."""


@flow(name="sweep", persist_result=False, retries=0)  # each source has its own retries
@takes_options(leave_out=("source",))
def sweep(sources: list[str], **given: Any) -> dict[str, str]:
    """Screens several sources; one that fails does not stop the others, and the sweep then fails at its end.

    Each source gets a home of its own below `sweep/` in the home that is given.

    Returns:
        The counts of each source, as a sentence.

    Raises:
        SweepError: a source failed.

    Args:
        sources: what to screen, such as `optimade:cod`.
        **given: the options of each run but its source.
    """
    done: dict[str, str] = {}
    failed: dict[str, str] = {}
    for source in sources:
        try:
            finished = screen(**given | {"source": source, "home": home_of(source, given["home"])})
        except Exception as error:  # the one place: it is told, and the sweep fails at its end
            failed[source] = f"{type(error).__name__}: {error}"
            say(f"{source}: {harmless(failed[source], 1000)}")
        else:
            done[source] = finished.counts.sentence
    if failed:
        reasons = "; ".join(f"{source}: {why}" for source, why in failed.items())
        raise SweepError(f"{len(failed)} of {len(sources)} sources failed: {harmless(reasons, 2000)}")
    return done


def home_of(source: str, home: Path | str | None) -> Path:
    """Folder of the home of one source of a sweep."""
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", source).strip("-.") or "source"
    return folder_below(home) / "sweep" / name
