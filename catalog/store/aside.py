"""Moving what is damaged out of the way: into a dated folder of the home, never into nothing."""

from __future__ import annotations

import os
import shutil
import time
from itertools import count
from pathlib import Path

from catalog.errors import HomeError
from catalog.home import Home

ASIDE = "damaged"
"""Folder below the catalog, with a folder for each time: no run reads it, and whoever likes may delete it."""


def set_aside(home: Home, path: Path) -> Path:
    """Moves a file or folder of a home to the same place below a folder of the present time.

    Args:
        home: the home; the caller holds it.
        path: what is damaged, below the catalog or the pages of the home.

    Returns:
        Where it lies now.

    Raises:
        HomeError: the disk is full or read-only.
    """
    in_pages = not path.is_relative_to(home.catalog)
    place = Path("reports") / path.relative_to(home.reports) if in_pages else path.relative_to(home.catalog)
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    goal = next(free for number in count() if _is_free(free := _goal(home, now, number, place)))
    try:
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, goal)
    except OSError as error:
        raise HomeError(
            f"{path} is damaged and cannot be moved to {goal} ({error.strerror or error}); make room or "
            "permissions, then run again"
        ) from error
    return goal


def _goal(home: Home, now: str, number: int, place: Path) -> Path:
    return home.catalog / ASIDE / (f"{now}-{number}" if number else now) / place


def _is_free(goal: Path) -> bool:
    """Whether nothing lies there, nor a file where one of its folders must be."""
    above = [folder for folder in goal.parents if folder.name != ASIDE]
    return not os.path.lexists(goal) and not any(folder.is_file() for folder in above)
