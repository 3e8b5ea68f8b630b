"""Commands on measurements of one's own: `polywell measured add` and `list`, `polywell scoreboard`.

What a command needs is imported inside it, so that each starts no slower than it must.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.arguments import HomeFolder
from flows.cli.errors import one_line_errors

if TYPE_CHECKING:
    from polywell.evidence.own.measurement import OwnMeasurement


def add(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV or xlsx; docs/measurements.md names the columns.")
    ],
    home: HomeFolder = None,
) -> None:
    """Add measurements of yours to the home; those of listed candidates are held against their forecasts."""
    from flows.progress import answer, say

    with one_line_errors():
        from catalog.measurements.calibration import calibration_in_force
        from flows.options import home_at
        from flows.studies.measurements import add as added_to
        from flows.studies.measurements import verdict_lines

        place = home_at(home)
        added = added_to(place, file)
        note = calibration_in_force(place).note
    for one in added.new:
        for line in verdict_lines(one):
            answer(line)
    say(f"measurements added: {len(added.new)}, known already: {added.known}")
    if note:
        say(note)


def listed(home: HomeFolder = None) -> None:
    """List the measurements of the home, and what had been forecast of each."""
    from flows.progress import say

    with one_line_errors():
        from catalog.measurements.table import measurements_of
        from flows.cli.terminal import plain, print_table
        from flows.options import home_at
        from polywell.evidence.own.scoreboard import scored
        from reports.studies.tables import number, text

        measured = measurements_of(home_at(home))
    if not measured:
        say("no measurement of your own yet: `polywell measured add FILE`")
        return
    verdicts = {one.measured.id: one.verdict for one in scored(measured)}
    print_table(
        measured,
        (text("id"), lambda one: one.id),
        (text("date"), lambda one: one.date),
        (text("formula"), lambda one: one.formula),
        (text("material"), lambda one: one.material),
        (number("GPa"), lambda one: plain(one.pressure_gpa)),
        (text("seen"), lambda one: one.seen),
        (text("forecast/K"), _forecast),
        (text("verdict"), lambda one: verdicts.get(one.id, one.no_forecast)),
        (text("source"), lambda one: one.source),
    )


def _forecast(one: OwnMeasurement) -> str:
    said = one.forecast
    return "" if said is None else f"{said.expected_k:.0f} ({said.low_k:.0f} to {said.high_k:.0f})"


def scoreboard(home: HomeFolder = None) -> None:
    """Tally the forecasts of the home against what was measured later."""
    from flows.progress import answer, say

    with one_line_errors():
        from flows.options import home_at
        from flows.studies.measurements import scoreboard as tallied

        found = tallied(home_at(home))
    for sentence in found.sentences:
        answer(sentence)
    say(f"data: {found.page.with_name('scoreboard.json')}")
    say(f"page: {found.page}")
