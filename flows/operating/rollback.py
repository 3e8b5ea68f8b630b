"""`polywell rollback`: an older run is in force again, with its pages."""

from __future__ import annotations

from catalog.errors import DamagedRunError, RunError
from catalog.home import Home
from catalog.runs.named import find_run
from catalog.runs.publish import point
from catalog.runs.published import PublishedRun, new_name
from catalog.runs.record import ROLLED_BACK
from catalog.store.lock import only_run
from flows.options import ScreenOptions
from flows.pipeline.record import Started, now, write_run_record
from flows.pipeline.steps.publishing import write_pages_of
from flows.progress import say
from polywell.families import load_families


def rollback(home: Home, name: str, options: ScreenOptions) -> PublishedRun:
    """Makes `latest` point to a published run that is whole, and writes its pages.

    The tables stay as they are, and so do the runs after it: the next run of a source that finds something
    changed since that run publishes a list made of the tables again. A record tells of it, as of a run.

    Args:
        home: the home; held meanwhile.
        name: name of the run, or its beginning.
        options: of the home: λ table and number of dossiers.

    Returns:
        The run that is in force now.

    Raises:
        RunError: no such run, or several, or one that never came to its end.
        DamagedRunError: a file of it is missing, or does not hold what was published.
        HomeError: another run holds the home, or it cannot be written.
        FamilyTableError: the λ table cannot be used.
    """
    families = load_families(options.families)
    with only_run(home, f"going back to {name}", say):
        started = Started(new_name(home), now())
        run = find_run(home, name)
        if not run.is_complete:
            raise RunError(
                f"{run.name} never came to its end; expected a run that `polywell runs` calls kept"
            )
        if "sources" not in run.manifest:
            raise RunError(
                f"{run.name} was published by an older polywell, whose list this one cannot show; expected a "
                "run since"
            )
        wrong = run.damage()
        if wrong is not None:
            raise DamagedRunError(f"{wrong}; `latest` stays as it was: name another run (`polywell runs`)")
        try:
            point(home, run.name)
        except OSError as error:
            raise RunError(
                f"{home.latest} cannot be replaced ({error.strerror or error}); make room or permissions"
            ) from error
        write_pages_of(run, families, int(run.manifest.get("dossiers", options.dossiers)))
        facts = {"outcome": ROLLED_BACK, "published": run.name, "entries": run.manifest["entries"]}
        write_run_record(home, str(run.source), started, facts)
    return run
