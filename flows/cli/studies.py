"""Commands that study the relation and the designs: `validate`, `calibrate`, `reproduce` and others.

What a command needs is imported inside it, so that each starts no slower than it must.
"""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.arguments import FamiliesFile, HomeFolder, PotentialName, SourceName
from flows.cli.errors import NOTHING_READ, end, one_line_errors


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (validate, calibrate, reproduce, ceiling, pressure, relax):
        app.command()(command)
    for of_designs in (design_blocks, design_errors, design_history):
        app.command()(of_designs)


def validate(
    against: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Data of yours: csv:FILE with the columns path and tc, or 3dsc:DIR with 3DSC_MP.csv.",
        ),
    ] = None,
    home: HomeFolder = None,
    families: FamiliesFile = None,
) -> None:
    """Show how well the calibration predicts compounds that it has not seen, beside simpler baselines."""
    from flows.progress import answer, say

    with one_line_errors():
        from flows.studies.validate import NothingToEvaluateError, verdict_of
        from flows.studies.validate import validate as evaluated

        try:
            page = evaluated(home, families, against)
        except NothingToEvaluateError as error:
            end(str(error), NOTHING_READ)
    for sentence in verdict_of(page):
        answer(sentence)
    say(f"data: {page.with_name('validation.json')}")
    say(f"page: {page}")


def calibrate(
    home: HomeFolder = None,
    built_in: Annotated[
        bool, typer.Option("--built-in", help="Fit the table that comes with polywell, into the checkout.")
    ] = False,
) -> None:
    """Fit the calibration anew: with the measurements of the home where it has any, else the checkout's."""
    from flows.progress import say

    with one_line_errors():
        from catalog.measurements.table import measurements_of
        from flows.options import home_at
        from flows.studies.calibrate import calibrate as recalibrated
        from flows.studies.calibrate import calibrate_home

        place = home_at(home)
        own = not built_in and measurements_of(place)
        done = calibrate_home(place) if own else recalibrated()
    for sentence in done.moved:
        say(sentence)
    say(f"{'written' if done.changed else 'unchanged'}: {done.path}")


def reproduce(home: HomeFolder = None) -> None:
    """Recompute the proposal's numbers from structures: printed beside computed, and why they differ."""
    from flows.progress import say

    with one_line_errors():
        from catalog.store.durable import write_files
        from flows.options import home_at
        from polywell.proposal.reproduction.reproduce import reproduce as reproduced
        from reports.html.names import REPRODUCTION
        from reports.studies.reproduction.page import reproduction_files

        place = home_at(home)
        place.prepare()
        say("recomputing every number of the proposal from the reference library ...")
        page = write_files(reproduction_files(place.reports / REPRODUCTION, reproduced()))[-1]
    say(f"data: {page.with_suffix('.json')}")
    say(f"page: {page}")


def ceiling(
    home: HomeFolder = None,
    relax: Annotated[
        bool,
        typer.Option("--relax", help="Relax structures under pressure; needs the extra `relax`."),
    ] = False,
    potential: PotentialName = "chgnet",
) -> None:
    """Weigh the claim that nickelates will not exceed 100 K against the relation and the measurements."""
    from flows.progress import answer, say

    with one_line_errors():
        from flows.studies.nickelates import weigh
        from reports.studies.nickelate_claim.words import headline

        analysis, page = weigh(home, relax, potential)
    answer(headline(analysis.verdict))
    say(f"data: {page.with_suffix('.json')}")
    say(f"page: {page}")


def pressure(
    structure: Annotated[
        str, typer.Argument(metavar="ID-or-FILE", help="Id in the reference library, or a structure file.")
    ],
    up_to: Annotated[float, typer.Option(metavar="GPA", min=0.1, help="Highest pressure.")] = 30.0,
    relax: Annotated[
        bool, typer.Option("--relax", help="Relax it under pressure; needs the extra `relax`.")
    ] = False,
    potential: PotentialName = "chgnet",
) -> None:
    """Tell T_c under pressure by the relation, from a measured compressibility or a relaxation."""
    with one_line_errors():
        from flows.progress import answer
        from flows.studies.pressure import under_pressure

        for line in under_pressure(structure, up_to, relax, potential):
            answer(line)


def design_blocks(
    home: HomeFolder = None,
    candidates: Annotated[
        bool,
        typer.Option("--candidates", help="Cut every candidate of the home's newest list, too."),
    ] = False,
) -> None:
    """Cut the reference structures at their sheets into blocks: a page with pictures, and a table."""
    with one_line_errors():
        from flows.options import home_at
        from flows.progress import answer, say
        from flows.studies.blocks import blocks

        made = blocks(home_at(home), candidates)
    found = made.found
    answer(
        f"{len(found.rows)} blocks of {len(found.kinds)} kinds in {found.crystals} crystals; "
        f"{len(found.missing)} crystals were not cut, the page names each with its reason"
    )
    say(f"table: {made.table}")
    say(f"page: {made.page}")


def design_errors() -> None:
    """Design every reference compound without itself, and tell by how much its cages are missed."""
    with one_line_errors():
        from flows.progress import answer
        from flows.studies.design import lines

        for line in lines():
            answer(line)


def design_history() -> None:
    """Design from what was published before each of twelve years, and tell which later compounds come out."""
    with one_line_errors():
        from flows.progress import answer, say
        from flows.studies.design_history import all_judged, lines

        say("designing from the library of each year; a few minutes on two cores ...")
        for line in lines(all_judged()):
            answer(line)


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
        from reports.studies.relaxed import COLUMNS, sentences

        asked = Asked(tuple(ids or ()), source, limit, potential, anchors, fetch_phases)
        found = relaxed(home_at(home), asked)
    for sentence in sentences(found.rows, found.missed):
        answer(sentence)
    print_table(found.rows, *COLUMNS)
    say(f"page: {found.page}")
