"""`polywell design`: `polywell screen design:N` with its options, and the neighbours of a compound."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from flows.cli.errors import one_line_errors
from flows.cli.screen import ARGUMENT, command_with_options, screen


def derived_command() -> Any:
    """The command, with a parameter for each option of `polywell screen` but its source."""
    return command_with_options(design, leave_out=(ARGUMENT,))


def design(
    limit: Annotated[
        str | None,
        typer.Option(metavar="N|all", help="How many designs, the most cautious first.  [else 3000]"),
    ] = None,
    around: Annotated[
        str | None,
        typer.Option(
            metavar="ID-or-FORMULA",
            help="Screen nothing; list the neighbours of one compound: its series, its substitutions.",
        ),
    ] = None,
    under: Annotated[
        str | None,
        typer.Option(
            metavar="GPA-or-SUBSTRATE",
            help="Each under a pressure, such as 20GPa, or as a film on a substrate, such as SrLaAlO4.",
        ),
    ] = None,
    prefect: Annotated[
        bool | None,
        typer.Option("--prefect/--plain", help="As for `polywell screen`.", show_default=False),
    ] = None,
    top: Annotated[int, typer.Option(metavar="N", min=0, help="Rows of the list to print.")] = 20,
    **given: Any,
) -> None:
    """Screens designs as the options say, or lists the neighbours of one."""
    if around is None:
        told: dict[str, Any] = {ARGUMENT: f"design:{limit or ''}{f'@{under}' if under else ''}", **given}
        screen(prefect=prefect, top=top, **told)
        return
    with one_line_errors():
        from catalog.measurements.calibration import calibration_in_force
        from flows.cli.terminal import print_table
        from flows.options import OptionError, home_at
        from flows.progress import say
        from flows.studies.neighbours import COLUMNS, ordered_around

        options = [
            name
            for name, value in {"limit": limit, "under": under, **given}.items()
            if value not in (None, ())
        ]
        if others := [name for name in options if name != "home"]:
            raise OptionError(
                f"--around screens nothing and takes no {', '.join(sorted(others))}; leave that out"
            )
        found = ordered_around(around, calibration_in_force(home_at(given.get("home"))).calibration)
    print_table(found[: top + 1], *COLUMNS)
    if len(found) > top + 1:
        say(f"{len(found) - top - 1} more; --top N shows more of them")
