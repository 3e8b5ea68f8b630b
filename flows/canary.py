"""The Prefect flow `canary`: the reference library's ranking may move only with the algorithm version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from prefect import flow

from catalog.diff import candidates_of
from catalog.durable import write_json
from catalog.home import Home
from flows.notify import tell_failure
from flows.plan import home_folder
from flows.screen import screen
from flows.steps import Finished
from polywell import ALGORITHM_VERSION

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
    given = home_folder(home)
    place = (given if given is not None else Home.at(None).catalog) / "canary"
    finished = screen("reference", str(place), None, workers)
    watch(finished.run, place / BASELINE)
    return finished


def watch(run: Path, baseline: Path) -> None:
    """Compares a published run of the reference library with the baseline, and renews the baseline.

    Structures that the library changed, added or dropped since are no movement, nor is another λ table.

    Raises:
        CanaryError: the ranking moved although the algorithm version did not.
    """
    now = ranking_of(run)
    if baseline.exists():
        before = json.loads(baseline.read_text(encoding="utf-8"))
        if before["algorithm_version"] == ALGORITHM_VERSION:
            moved = movements(before["ranking"], now)
            if moved:
                raise CanaryError(
                    f"the ranking of the reference library moved at {', '.join(moved[:5])}"
                    f"{' ...' if len(moved) > 5 else ''} ({len(moved)} in all), and the algorithm version is "
                    f"still {ALGORITHM_VERSION}; raise it, or find out why. The old ranking is in {baseline}"
                )
    write_json(baseline, {"algorithm_version": ALGORITHM_VERSION, "ranking": now})


def ranking_of(run: Path) -> list[list[Any]]:
    """Id, structure, λ table and ceiling of the candidates, in the order of their rank."""
    names = ("id", "structure_digest", "families_digest", "tc_ceiling_k")
    return [[row[name] for name in names] for row in candidates_of(run)]


def movements(before: list[list[Any]], now: list[list[Any]]) -> list[str]:
    """Ids whose ceiling or whose place among the others moved, though structure and λ table did not."""
    inputs = {row[0]: tuple(row[1:3]) for row in now}
    gone = {row[0] for row in before} - inputs.keys()
    same = {row[0] for row in before if inputs.get(row[0]) == tuple(row[1:3])}
    old = [row for row in before if row[0] in same]
    new = [row for row in now if row[0] in same]
    return [a[0] for a, b in zip(old, new, strict=True) if a != b] + sorted(gone)
