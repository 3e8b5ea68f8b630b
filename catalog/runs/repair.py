"""`polywell repair`: what is damaged of a home is moved aside, so that the next runs make it anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from catalog.errors import HomeError
from catalog.home import Home
from catalog.runs.published import damage_of_run, run_folders
from catalog.store.delta.mending import Damage, damage, mend, moved
from catalog.store.layout import misplaced
from catalog.store.lock import only_run


def damaged(home: Home) -> Iterator[str]:
    """Says what is damaged of a home, and leaves it as it is.

    Raises:
        HomeError: there is no home.
    """
    _check(home)
    tables = (*damage(home.structures), *damage(home.predictions))
    for path, what in (*_misplaced(home), *tables, *_runs(home)):
        yield f"{path} {what}"


def repaired(home: Home, say: Callable[[str], None]) -> Iterator[str]:
    """Moves aside what is damaged of a home: of the tables as little as can be, of published runs all.

    Pages need no repair: a run compares them with their digests, and writes them again.

    Args:
        home: the home; held meanwhile.
        say: told whom this waits for.

    Yields:
        A sentence for each thing that is moved, before the next one is.

    Raises:
        HomeError: there is no home, another run holds it, or something cannot be moved.
        LakeError: a table cannot be written.
    """
    _check(home)
    home.prepare()
    with only_run(home, "repairing", say):
        yield from moved(home, _misplaced(home))
        for table in (home.structures, home.predictions):
            yield from mend(home, table)
        yield from moved(home, _runs(home))
        if home.latest.is_symlink() and not home.latest.exists():
            home.latest.unlink()
            yield f"{home.latest} named a run that is no longer there; removed"


def _check(home: Home) -> None:
    if not home.catalog.is_dir():
        raise HomeError(f"{home.catalog} is no folder: there is no home; give another one with --home DIR")


def _misplaced(home: Home) -> list[Damage]:
    return [(path, "is out of place") for path in misplaced(home)]


def _runs(home: Home) -> list[Damage]:
    """Folders of published runs of which a file does not hold what was published."""
    found = ((folder, damage_of_run(home, folder)) for folder in run_folders(home))
    return [(folder, f"is no whole run: {wrong}") for folder, wrong in found if wrong is not None]
