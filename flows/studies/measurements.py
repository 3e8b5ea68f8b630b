"""`polywell measured add` and `scoreboard`: measurements of a home, and its forecasts against them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.errors import HomeError
from catalog.home import Home
from catalog.measurements.adding import add as add_to_home
from catalog.measurements.table import Added, measurements_of
from catalog.store.durable import write_files
from flows.pipeline.record import now
from polywell.evidence.own.measurement import OwnMeasurement
from polywell.evidence.own.scoreboard import scored, sentence, tallies
from polywell.families import load_families
from reports.html.names import SCOREBOARD
from reports.studies.scoreboard import scoreboard_files

NOTHING = "nothing of what this home forecast has been measured yet: `polywell measured add FILE`"


@dataclass(frozen=True)
class Scoreboard:
    """The sentences of the tally, and the page."""

    sentences: tuple[str, ...]
    page: Path


def add(home: Home, file: Path) -> Added:
    """Adds the measurements of a table to a home, and writes its scoreboard anew.

    Raises:
        MeasurementsError: the table or a row of it cannot be used; nothing was added.
        HomeError: the home cannot be written.
    """
    home.prepare()
    added = add_to_home(home, file, load_families(), now())
    scoreboard(home)
    return added


def scoreboard(home: Home) -> Scoreboard:
    """Tallies the forecasts of a home against what was measured later, and writes the page.

    Raises:
        HomeError: the home cannot be read or written.
    """
    home.prepare()
    measured = measurements_of(home)
    rows = scored(measured)
    groups = tallies(rows)
    try:
        page = write_files(scoreboard_files(home.reports / SCOREBOARD, measured, rows, groups))[-1]
    except OSError as error:
        raise HomeError(
            f"the scoreboard cannot be written to {home.reports} ({error.strerror or error}); make room or "
            "permissions, then run `polywell scoreboard`"
        ) from error
    return Scoreboard(tuple(map(sentence, groups)) or (NOTHING,), page)


def verdict_lines(measured: OwnMeasurement) -> Iterator[str]:
    """What became of the forecast of a measurement, in a sentence."""
    for one in scored([measured]):
        forecast = one.forecast
        likely = "" if forecast.probability is None else f", probability {forecast.probability:.2f}"
        known = f"; no new compound: {forecast.known}" if forecast.known else ""
        yield (
            f"{measured.formula}: {measured.seen}; forecast {forecast.expected_k:.0f} K "
            f"({forecast.low_k:.0f} to {forecast.high_k:.0f} K{likely}) {forecast.answer} by {forecast.run}: "
            f"{one.verdict}{known}"
        )
    if measured.forecast is None:
        yield f"{measured.formula}: {measured.seen}; no forecast: {measured.no_forecast}"
