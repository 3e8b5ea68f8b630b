"""The Prefect flow `sweep`: several sources, one after the other, in one list."""

from __future__ import annotations

from typing import Any

from flows.deployments.guard import flow
from flows.deployments.parameters import takes_options
from flows.deployments.screen import screen
from flows.progress import harmless, say


class SweepError(Exception):
    """Some of the sources failed; the others are done."""


@flow(name="sweep", persist_result=False, retries=0)  # each source has its own retries
@takes_options(leave_out=("source",))
def sweep(sources: list[str], **given: Any) -> dict[str, str]:
    """Screens several sources; one that fails does not stop the others, and the sweep then fails at its end.

    All go into the list of the home that is given; a source that failed keeps its entries there as they were.

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
            finished = screen(**given | {"source": source})
        except Exception as error:  # the one place: it is told, and the sweep fails at its end
            failed[source] = f"{type(error).__name__}: {error}"
            say(f"{source}: {harmless(failed[source], 1000)}")
        else:
            done[source] = finished.counts.sentence
    if failed:
        reasons = "; ".join(f"{source}: {why}" for source, why in failed.items())
        raise SweepError(f"{len(failed)} of {len(sources)} sources failed: {harmless(reasons, 2000)}")
    return done
