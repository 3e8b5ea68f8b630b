"""Commands on measurements of one's own: `polywell measured add` and `list`, `polywell scoreboard`.

What a command needs is imported inside it, so that each starts no slower than it must.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.arguments import HomeFolder
from flows.cli.errors import one_line_errors


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
        from flows.cli.terminal import print_table
        from flows.options import home_at
        from polywell.evidence.own.scoreboard import scored

        measured = measurements_of(home_at(home))
    if not measured:
        say("no measurement of your own yet: `polywell measured add FILE`")
        return
    verdicts = {one.measured.id: one.verdict for one in scored(measured)}
    columns = ("id", "date", "formula", "material", "GPa", "seen", "forecast/K", "verdict", "source")
    print_table(
        [(name, name == "GPa") for name in columns],
        (
            (
                one.id,
                one.date,
                one.formula,
                one.material,
                one.pressure_gpa,
                one.seen,
                one.forecast
                and f"{one.forecast.expected_k:.0f} ({one.forecast.low_k:.0f} to {one.forecast.high_k:.0f})",
                verdicts.get(one.id, one.no_forecast),
                one.source,
            )
            for one in measured
        ),
    )


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
