"""The Prefect flow `calibrate`: the measurements of a home join its calibration, once there are new ones."""

from __future__ import annotations

from catalog.measurements.calibration import calibration_in_force
from flows.deployments.guard import flow
from flows.deployments.notify import tell_failure
from flows.options import home_at
from flows.progress import say
from flows.studies.calibrate import calibrate_home

CURRENT = "the calibration holds all measurements of this home"


@flow(name="calibrate", persist_result=False, on_failure=[tell_failure], on_crashed=[tell_failure])
def calibrate(home: str | None = None, notify: list[str] | None = None) -> str:
    """Fits the calibration of a home anew where the one in force lacks measurements or is of another program.

    The next run of any source of the home estimates by it, and its changes say so.

    Args:
        home: folder of the catalog and the pages; `POLYWELL_HOME` or that of `Home.at` if None.
        notify: notification blocks to tell when it fails, as `type/name`.

    Returns:
        What moved, in one sentence.
    """
    place = home_at(home)
    note = calibration_in_force(place).note
    if note is None:
        say(CURRENT)
        return CURRENT
    say(note)
    sentence = "; ".join(calibrate_home(place).moved)
    say(sentence)
    return sentence
