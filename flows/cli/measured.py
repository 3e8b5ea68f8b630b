"""Commands on measured superconductors: `polywell measured add`, `list`, `build`, `dressing` and `forecast`.

What a command needs is imported inside it, so that each starts no slower than it must.
"""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli import own
from flows.cli.errors import one_line_errors

if TYPE_CHECKING:
    from polywell.evidence.rows.reports import Forecast


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line, below `measured`."""
    measured = typer.Typer(help="Work on the measured superconductors.", no_args_is_help=True)
    measured.command()(own.add)
    measured.command(name="list")(own.listed)
    for command in (build, dressing, forecast):
        measured.command()(command)
    app.add_typer(measured, name="measured")
    app.command()(own.scoreboard)


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
