"""Commands that read published runs and their records: `export`, `explain` and `runs`.

What a command needs is imported inside it, so that each starts no slower than it must.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.arguments import HomeFolder, SourceName
from flows.cli.errors import WRONG_USAGE, end, one_line_errors

RunName = Annotated[
    str, typer.Option("--run", metavar="NAME", help="Name of a published run, or its beginning.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (export, explain, runs):
        app.command()(command)
    app.command(name="history", help="The same as `runs`.")(runs)


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
    mail: Annotated[
        bool,
        typer.Option("--mail", help="One page to mail too: list and dossiers in a file without scripts."),
    ] = False,
    run: RunName = "latest",
    source: SourceName = None,
) -> None:
    """Write the shortlist of a published run: CSV, workbook, CIFs, Parquet, schema; a page to mail."""
    with one_line_errors():
        from flows.options import home_at
        from flows.progress import say
        from flows.results.export import export as written_to
        from reports.run.exports.shortlist import Filter, FilterError

        wanted = Filter(family, max_hull, frozenset(exclude_elements.replace(",", " ").split()), top)
        try:
            written = written_to(home_at(home), folder, wanted, run, source, mail)
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
    source: SourceName = None,
) -> None:
    """Say everything that a published run knows of one entry."""
    with one_line_errors():
        from flows.options import home_at
        from flows.progress import answer
        from flows.results.explain import explain as explained

        for line in explained(home_at(home), id, run, page, source):
            answer(line)


def runs(
    home: HomeFolder = None,
    source: SourceName = None,
    as_json: Annotated[bool, typer.Option("--json", help="The records, one JSON object a line.")] = False,
) -> None:
    """List the runs of a home, the newest first, also those that published nothing."""
    with one_line_errors():
        from catalog.runs.published import latest_run, run_folders
        from catalog.runs.record import run_records
        from flows.cli.terminal import print_runs
        from flows.options import home_at
        from flows.progress import say

        place = home_at(home)
        records = [one for one in run_records(place) if str(one.get("source")).startswith(source or "")]
        if as_json:
            for record in records:
                sys.stdout.write(json.dumps(record, ensure_ascii=True) + "\n")
            return
        newest = latest_run(place)
        print_runs(
            records, {folder.name for folder in run_folders(place)}, None if newest is None else newest.name
        )
        if not records:
            say(f"{place.records} holds no record of a run")
