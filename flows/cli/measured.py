"""Commands on measured superconductors: `polywell measured add`, `list`, `build`, `dressing` and `forecast`.

What a command needs is imported inside it, so that each starts no slower than it must.
"""

from __future__ import annotations

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

        done = built(raw)
    print_table(
        (("what", False), ("number", True)), ((name, str(count)) for name, count in done.counts.items())
    )
    say(f"{'written' if done.changed else 'unchanged'}: {done.path}")


def dressing() -> None:
    """Measure what dressing a prototype errs in ξ, over the structures of the reference library."""
    with one_line_errors():
        from flows.cli.terminal import print_table
        from polywell.evidence.rows.noise import noise_lines
        from polywell.families import load_families

        lines = noise_lines(load_families())
    columns = ("family", "geometry", "cell", "structures", "smallest cage/%", "largest cage/%")
    print_table(
        [(name, place > 2) for place, name in enumerate(columns)],
        ((*line[:4], f"{line[4]:.1f}", f"{line[5]:.1f}") for line in lines),
    )


def forecast() -> None:
    """Score reports of 2025 and 2026 that trained nothing: expected beside measured, by the calibration."""
    with one_line_errors():
        from flows.cli.terminal import print_table
        from flows.progress import say
        from polywell.evidence.calibration_table import built_in_calibration
        from polywell.evidence.rows.reports import forecasts
        from polywell.families import load_families

        calibration = built_in_calibration()
        found = forecasts(load_families(), calibration.predict)
    columns = (
        "report",
        "formula",
        "GPa",
        "T_c/K",
        "expected/K",
        "80 % of it",
        "probability",
        "within",
        "read",
    )
    print_table([(name, name in columns[2:5]) for name in columns], (_forecast_row(one) for one in found))
    say(f"calibration: {calibration.training_digest}")


def _forecast_row(one: Forecast) -> tuple[object, ...]:
    report, expected = one.report, one.expected
    row = (report.id, report.formula, report.pressure_gpa, report.tc_k or "none")
    if expected is None:
        return (*row, None, None, None, None, report.read)
    likely = expected.superconducting_probability
    return (
        *row,
        f"{expected.tc_expected_k:.0f}",
        f"{expected.tc_low_k:.0f} to {expected.tc_high_k:.0f}",
        None if likely is None else f"{likely:.2f}",
        {True: "yes", False: "no", None: ""}[one.within],
        report.read,
    )
