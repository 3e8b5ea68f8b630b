"""The Prefect flow `canary`: the reference library's ranking may move only with the algorithm version."""

from __future__ import annotations

import json
from operator import itemgetter
from pathlib import Path
from typing import Any

from catalog.runs.published import PublishedRun
from catalog.store.durable import write_json
from flows.deployments.guard import flow
from flows.deployments.notify import tell_failure
from flows.deployments.screen import screen
from flows.options import folder_below
from flows.pipeline.finished import Finished
from polywell import ALGORITHM_VERSION
from polywell.ranking import RankBy

BASELINE = "baseline.json"


class CanaryError(Exception):
    """The ranking of the reference library moved, and the algorithm version did not."""


@flow(name="canary", persist_result=False, on_failure=[tell_failure], on_crashed=[tell_failure])
def canary(home: str | None = None, workers: int | None = None, notify: list[str] | None = None) -> Finished:
    """Screens the reference library and compares its ranking with the one before.

    Args:
        home: the canary's own home is `canary/` in this folder; `POLYWELL_HOME` if None.
        workers: number of worker processes; one for each core if None.
        notify: notification blocks to tell when it fails, as `type/name`.

    Raises:
        CanaryError: the ranking moved although the algorithm version did not. It stays so until the
            version is raised or the ranking is back.
    """
    place = folder_below(home) / "canary"
    finished = screen(source="reference", home=place, workers=workers, rank_by=RankBy.CEILING, notify=())
    watch(finished.run, place / BASELINE)
    return finished


def watch(run: PublishedRun, baseline: Path) -> None:
    """Compares a published run of the reference library with the baseline, and renews the baseline.

    Structures that the library changed, added or dropped since are no movement, nor is another λ table or
    calibration.

    Raises:
        CanaryError: the ranking moved although the algorithm version did not.
    """
    now = lists_of(run)
    if baseline.exists():
        before = json.loads(baseline.read_text(encoding="utf-8"))
        if before["algorithm_version"] == ALGORITHM_VERSION:
            moved = list(dict.fromkeys(id_ for name in now for id_ in movements(before[name], now[name])))
            if moved:
                raise CanaryError(
                    f"the ranking of the reference library moved at {', '.join(moved[:5])}"
                    f"{' ...' if len(moved) > 5 else ''} ({len(moved)} in all), and the algorithm version is "
                    f"still {ALGORITHM_VERSION}; raise it, or find out why. The old ranking is in {baseline}"
                )
    write_json(baseline, {"algorithm_version": ALGORITHM_VERSION, **now})


def lists_of(run: PublishedRun) -> dict[str, list[list[Any]]]:
    """The candidates by the published relation (`ranking`) and by their estimate (`estimates`), in order.

    Each row holds the id, what the value was made from, and the value: the ceiling, or the low end.
    """
    given = ("structure_digest", "families_digest", "geometry_suspect")
    lists = {
        "ranking": ("rank_published", given, "tc_ceiling_k"),
        "estimates": ("rank_calibrated", (*given, "calibration_digest"), "tc_low_k"),
    }
    names = {"id", *given, *(name for place, more, value in lists.values() for name in (place, *more, value))}
    rows = run.ranked(sorted(names)).to_pylist()
    return {
        name: [
            [row["id"], *(row[one] for one in more), row[value]]
            for row in sorted((row for row in rows if row[place] is not None), key=itemgetter(place))
        ]
        for name, (place, more, value) in lists.items()
    }


def movements(before: list[list[Any]], now: list[list[Any]]) -> list[str]:
    """Ids whose value or whose place among the others moved, though all that it was made from did not."""
    inputs = {row[0]: row[1:-1] for row in now}
    gone = {row[0] for row in before} - inputs.keys()
    same = {row[0] for row in before if inputs.get(row[0]) == row[1:-1]}
    old = [row for row in before if row[0] in same]
    new = [row for row in now if row[0] in same]
    return [a[0] for a, b in zip(old, new, strict=True) if a != b] + sorted(gone)
