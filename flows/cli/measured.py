"""Commands on measured superconductors, those of one's own first: `polywell measured`, `polywell scoreboard`.

What a command needs is imported inside it, so that each starts no slower than it must.
"""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.arguments import HomeFolder
from flows.cli.errors import one_line_errors

if TYPE_CHECKING:
    from polywell.evidence.own.measurement import OwnMeasurement
    from polywell.evidence.rows.reports import Forecast


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line, below `measured`."""
    measured = typer.Typer(help="Work on the measured superconductors.", no_args_is_help=True)
    measured.command()(add)
    measured.command(name="list")(listed)
    for command in (build, dressing, forecast):
        measured.command()(command)
    app.add_typer(measured, name="measured")
    app.command()(scoreboard)


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


def build(
    raw: Annotated[
        Path, typer.Argument(metavar="RAW", help="The file of MDR SuperCon (doi 10.48505/nims.3837).")
    ],
) -> None:
    """Clean the raw file of SuperCon, print what was found, and write the table into the checkout."""
    from flows.progress import say

    with one_line_errors():
        from flows.cli.terminal import print_table
        from flows.studies.measured import build as built
        from reports.studies.tables import number, text

        done = built(raw)
    print_table(
        done.counts.items(), (text("what"), itemgetter(0)), (number("number", digits=0), itemgetter(1))
    )
    say(f"{'written' if done.changed else 'unchanged'}: {done.path}")


def dressing() -> None:
    """Measure what dressing a prototype errs in ξ, over the structures of the reference library."""
    with one_line_errors():
        from flows.cli.terminal import print_table
        from polywell.evidence.rows.noise import noise_lines
        from polywell.families import load_families
        from reports.studies.tables import number, text

        lines = noise_lines(load_families())
    print_table(
        lines,
        (text("family"), itemgetter(0)),
        (text("geometry"), itemgetter(1)),
        (text("cell"), itemgetter(2)),
        (number("structures", digits=0), itemgetter(3)),
        (number("smallest cage/%", digits=1), itemgetter(4)),
        (number("largest cage/%", digits=1), itemgetter(5)),
    )


def forecast() -> None:
    """Score reports of 2025 and 2026 that trained nothing: expected beside measured, by the calibration."""
    with one_line_errors():
        from flows.cli.terminal import plain, print_table
        from flows.progress import say
        from polywell.evidence.calibration_table import built_in_calibration
        from polywell.evidence.rows.reports import forecasts
        from polywell.families import load_families
        from reports.studies.tables import number, text

        calibration = built_in_calibration()
        found = forecasts(load_families(), calibration.predict)
    within = {True: "yes", False: "no", None: ""}
    print_table(
        found,
        (text("report"), lambda one: one.report.id),
        (text("formula"), lambda one: one.report.formula),
        (number("GPa"), lambda one: plain(one.report.pressure_gpa)),
        (number("T_c/K"), lambda one: plain(one.report.tc_k) or "none"),
        (number("expected/K"), lambda one: _said(one)[0]),
        (text("80 % of it"), lambda one: _said(one)[1]),
        (text("probability"), lambda one: _said(one)[2]),
        (text("within"), lambda one: within[one.within]),
        (text("read"), lambda one: one.report.read),
    )
    say(f"calibration: {calibration.training_digest}")


def _said(one: Forecast) -> tuple[str, str, str]:
    """Expected T_c, its interval and the probability, as far as the calibration says them."""
    expected = one.expected
    if expected is None:
        return "", "", ""
    likely = expected.superconducting_probability
    return (
        f"{expected.tc_expected_k:.0f}",
        f"{expected.tc_low_k:.0f} to {expected.tc_high_k:.0f}",
        "" if likely is None else f"{likely:.2f}",
    )
