"""Commands that read a published run: `export` and `explain`.

What a command needs is imported inside it, so that each starts no slower than it must.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.arguments import HomeFolder
from flows.cli.errors import WRONG_USAGE, end, one_line_errors

RunName = Annotated[
    str, typer.Option("--run", metavar="NAME", help="Name of a published run, or its beginning.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (export, explain):
        app.command()(command)


def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go.")],
    home: HomeFolder = None,
    family: Annotated[
        str | None, typer.Option(metavar="NAME", help="Candidates of this family only.")
    ] = None,
    max_hull: Annotated[
        float | None,
        typer.Option(metavar="EV", min=0, help="At most this far above the hull, in eV per atom."),
    ] = None,
    exclude_elements: Annotated[
        str, typer.Option(metavar="SYMBOLS", help="Without these elements, for example Hg,Tl,As.")
    ] = "",
    top: Annotated[int | None, typer.Option(metavar="N", min=0, help="The first N that pass.")] = None,
    run: RunName = "latest",
) -> None:
    """Write the shortlist of a published run: CSV, workbook, CIFs, Parquet, schema."""
    with one_line_errors():
        from flows.options import home_at
        from flows.progress import say
        from flows.results.export import export as written_to
        from reports.run.shortlist import Filter, FilterError

        wanted = Filter(family, max_hull, frozenset(exclude_elements.replace(",", " ").split()), top)
        try:
            written = written_to(home_at(home), folder, wanted, run)
        except FilterError as error:
            end(str(error), WRONG_USAGE)
        say(f"{written.candidates} candidates, {written.cifs} with a structure")
        for path in written.files:
            say(f"file: {path}")


def explain(
    id: Annotated[str, typer.Argument(metavar="ID", help="Id of an entry, as its source writes it.")],
    home: HomeFolder = None,
    page: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write its dossier there too.")] = None,
    run: RunName = "latest",
) -> None:
    """Say everything that a published run knows of one entry."""
    with one_line_errors():
        from flows.options import home_at
        from flows.progress import answer
        from flows.results.explain import explain as explained

        for line in explained(home_at(home), id, run, page):
            answer(line)
