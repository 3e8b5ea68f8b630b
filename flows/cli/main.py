"""The command line: `polywell screen`, `cages`, `diff` and `sources`.

The other commands stand in `flows.cli.results` and `flows.cli.studies`. What a command needs is imported
inside it, so that each starts no slower than it must.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli import results as handover
from flows.cli import studies
from flows.cli.endings import NOTHING_READ, end, told_in_one_line
from flows.cli.options import FamiliesFile, HomeFolder

if TYPE_CHECKING:
    from flows.pipeline.steps import Finished

FAILURES_LISTED = 20

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from catalog.home import checkout
        from flows.pipeline.manifest import code_version

        typer.echo(f"polywell {code_version(checkout())}")
        raise typer.Exit


@app.callback()
def polywell(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say which version this is."),
    ] = False,
) -> None:
    """Screens crystal structures for layered superconductors.

    Begin with `polywell screen`: the library of measured structures, offline. `polywell sources` lists the
    databases; the Materials Project wants your key in MP_API_KEY. Run a source again to screen what changed,
    `polywell diff` to see what came of it. `docs/schedule.md` tells how to run all of it on a schedule.

    Results: 0 done (failed entries are counted and listed), 1 nothing could be read, 2 wrong usage.
    """
    from flows.cli.terminal import tolerant_streams

    tolerant_streams()


@app.command()
def screen(
    source: Annotated[
        str,
        typer.Argument(
            metavar="[SOURCE]",
            help="reference, files:DIR, parquet:FILE, materials-project ...; `polywell sources` lists them",
        ),
    ] = "reference",
    home: HomeFolder = None,
    families: FamiliesFile = None,
    plain: Annotated[bool, typer.Option("--plain", help="The same steps without Prefect.")] = False,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=1024, help="Worker processes; one for each core by default."),
    ] = None,
    top: Annotated[int, typer.Option(metavar="N", min=0, help="Rows of the ranking to print.")] = 20,
    engine: Annotated[
        str, typer.Option(metavar="local|dask", help="Processes of this machine, or a Dask cluster.")
    ] = "local",
    dask_address: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler, such as tcp://10.0.0.1:8786.")
    ] = None,
    rank_by: Annotated[
        str | None,
        typer.Option(
            metavar="ceiling|outer|expected|low",
            help="Order of the list; by the low end of the calibrated estimate by default.",
        ),
    ] = None,
    without_noncommercial: Annotated[
        bool,
        typer.Option("--exclude-noncommercial", help="Leave out entries that may not be used commercially."),
    ] = False,
    dossiers: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Candidates that get a page of their own; 50 by default."),
    ] = None,
) -> None:
    """Screen a source: a ranked Parquet catalog, and a page to look at.

    Only what changed since the last run is read and screened; nothing is done when nothing changed.
    """
    if engine == "local":
        from flows.pipeline.workers import start_server

        start_server()  # and import beside it
    with told_in_one_line():
        from flows.pipeline.steps import NothingToScreenError, make_plan

        plan = make_plan(
            source, home, families, workers, without_noncommercial,
            engine=engine, dask_address=dask_address, dossiers=dossiers, rank_by=rank_by,
        )  # fmt: skip
        try:
            if plain:
                from flows.pipeline.plain import run_plain

                finished = run_plain(plan)
            else:
                from flows.deployments.engine import prefect_defaults

                with prefect_defaults(os.environ):
                    from flows.deployments.screen import screen as flow

                    finished = flow(
                        source, _text(home), _text(families), workers, without_noncommercial,
                        engine=engine, dask_address=dask_address, dossiers=dossiers, rank_by=rank_by,
                    )  # fmt: skip
        except NothingToScreenError as error:
            end(str(error), NOTHING_READ)
    _show(finished, top)
    if not finished.counts.entries:
        end("nothing is left: the licence of every entry forbids commercial use", NOTHING_READ)
    if finished.counts.failed == finished.counts.entries:
        end("nothing could be read: every entry failed", NOTHING_READ)


@app.command()
def cages(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Files, or folders to read recursively.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    families: FamiliesFile = None,
) -> None:
    """Look at the cages of structures in files, without storing anything."""
    found, failed = 0, 0
    rows = []
    with told_in_one_line():
        from flows.cli.quick_look import look_at

        for answer in look_at(paths, families):
            found += 1
            failed += answer["outcome"] == "failed"
            if as_json:
                sys.stdout.write(json.dumps(answer, ensure_ascii=True, allow_nan=False) + "\n")
                sys.stdout.flush()
            else:
                rows.append(answer)
    if rows:
        from flows.cli.terminal import print_cages

        print_cages(rows)
    if failed == found:
        end(f"nothing could be read: {found} files, {failed} failed", NOTHING_READ)


@app.command()
def diff(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN] [RUN]", help="Names of published runs, or their beginnings."),
    ] = None,
    home: HomeFolder = None,
    as_json: Annotated[bool, typer.Option("--json", help="All of it as one JSON object.")] = False,
) -> None:
    """Tell which candidates are new, changed or withdrawn between two runs, and why.

    Without a name: the newest run and the one before of the same source. With one name: that run and the
    newest.
    """
    with told_in_one_line():
        from catalog.home import Home
        from catalog.runs.diff import compare
        from catalog.runs.published import two_runs
        from flows.pipeline.settings import Settings

        before, after = two_runs(Home.at(home or Settings().home), runs or [])
        found = compare(before.folder, after.folder)
    if as_json:
        sys.stdout.write(json.dumps({"run": after.name, **found.as_json(None)}, ensure_ascii=True) + "\n")
        return
    from flows.cli.terminal import print_changes
    from flows.progress import say

    say(f"{before.name} -> {after.name}: {found.sentence}")
    print_changes(found)


@app.command()
def sources() -> None:
    """List the sources that can be screened, each with an example."""
    from catalog.sources.listing import SOURCES
    from flows.cli.terminal import print_table

    print_table(
        (("source", False), ("example", False), ("what", False), ("needs", False)),
        ((kind.form, f"polywell screen {kind.example}", kind.meaning, kind.needs) for kind in SOURCES),
    )


def _show(finished: Finished, top: int) -> None:
    from flows.cli.terminal import harmless, print_ranking
    from flows.progress import say

    if top:
        print_ranking(finished.top(top))
    for row in finished.failures(FAILURES_LISTED):
        say(f"failed: {harmless(row['id'])}: {row['error_type']}: {harmless(row['message'])}")
    more = finished.counts.failed - FAILURES_LISTED
    if more > 0:
        say(f"failed: {more} more, all in {finished.latest / 'failed.parquet'}")
    for reason, count in finished.counts.reasons.items():
        say(f"rejected: {count} {reason}")
    say(finished.counts.sentence)
    say(f"catalog: {finished.latest}")
    say(f"page: {finished.page}")


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


handover.add_to(app)
studies.add_to(app)

if __name__ == "__main__":
    app()
