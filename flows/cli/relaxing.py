"""`polywell relax`: candidates of the list relaxed with a potential, and weighed against what competes."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.arguments import HomeFolder, PotentialName, SourceName
from flows.cli.errors import one_line_errors


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(relax)


def relax(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Candidates of the newest list; else its first designs."),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="How many, without ids.")] = 20,
    source: SourceName = None,
    potential: PotentialName = "chgnet",
    anchors: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, help="Measured compounds of each kind of cage that calibrate the potential."
        ),
    ] = 12,
    fetch_phases: Annotated[
        bool,
        typer.Option(
            "--fetch-phases",
            help="Ask the Materials Project for competing phases that the home does not keep; needs a key.",
        ),
    ] = False,
    home: HomeFolder = None,
) -> None:
    """Relax candidates with a potential: ξ and T_c corrected by measured structures, energy over the hull.

    Needs the extra `relax`. A run that was ended goes on where it stopped.
    """
    with one_line_errors():
        from flows.cli.terminal import print_table
        from flows.options import home_at
        from flows.progress import answer, say
        from flows.relaxing.relax import Asked
        from flows.relaxing.relax import relax as relaxed
        from reports.studies.relaxed import HEADS, cells, sentences

        asked = Asked(tuple(ids or ()), source, limit, potential, anchors, fetch_phases)
        found = relaxed(home_at(home), asked)
    for sentence in sentences(found.rows, found.missed):
        answer(sentence)
    print_table(HEADS, (cells(row) for row in found.rows))
    say(f"page: {found.page}")
