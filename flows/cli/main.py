"""The command line: `polywell screen`, `design`, `config`, `cages`, `diff`, `repair`, `forget` and `sources`.

The other commands stand in `flows.cli.results`, `operating`, `studies` and `measured`. What a command needs
is imported inside it, so that each starts no slower than it must.
"""

from __future__ import annotations

import json
import sys
from functools import cached_property
from operator import itemgetter
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from flows.cli import measured, operating, results, studies
from flows.cli.arguments import FamiliesFile, HomeFolder, SourceName
from flows.cli.errors import NOTHING_READ, end, one_line_errors, told_faults
from flows.cli.stopping import stoppable

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from catalog.home import checkout
        from catalog.measurements.calibration import built_in
        from flows.pipeline.versions import code_version, versions
        from polywell.families import load_families

        typer.echo(f"polywell {code_version(checkout())}")
        for name, value in versions(load_families(), built_in()).items():
            if name != "calibration_own":
                typer.echo(f"{name.replace('_', ' ')}: {value}")
        raise typer.Exit


@app.callback()
def polywell(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Say which version this is, and what results depend on.",
        ),
    ] = False,
) -> None:
    """Screens crystal structures for layered superconductors.

    Begin with `polywell screen`: the library of measured structures, offline. `polywell sources` lists the
    databases; the Materials Project wants your key in MP_API_KEY. Run a source again to screen what changed,
    `polywell diff` to see what came of it. `docs/schedule.md` tells how to run all of it on a schedule.

    Results: 0 done (failed entries are counted and listed), 1 nothing could be read, 2 wrong usage or
    something here not as it must be (a path, a table, a disk, Prefect), 3 a service is down, 4 a key is
    missing or refused, 5 an unknown id, 6 more entries failed than --fail-above, 130 stopped by Ctrl-C,
    143 by SIGTERM.
    """
    from flows.cli.terminal import tolerant_streams

    tolerant_streams()


class ScreenCommand(TyperCommand):
    """A command whose options are the fields of `flows.options.ScreenOptions`, read when it is used."""

    @cached_property
    def _derived(self) -> Any:
        from flows.cli.screen import derived_command

        return derived_command()

    def get_params(self, ctx: Any) -> Any:
        """The options, for the parser and for the help."""
        return self._derived.get_params(ctx)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        return self._derived.invoke(ctx)


@app.command(cls=ScreenCommand)
def screen() -> None:
    """Screen a source: a ranked Parquet catalog, and a page to look at.

    Only what changed since the last run is read and screened; nothing is done when nothing changed.
    """


class DesignCommand(ScreenCommand):
    """`polywell design`: its options are those of `polywell screen`, and two of its own."""

    @cached_property
    def _derived(self) -> Any:
        from flows.cli.design import derived_command

        return derived_command()


@app.command(cls=DesignCommand)
def design() -> None:
    """Design compounds from the blocks of measured ones, and screen them like any other source.

    `--limit N` is `polywell screen design:N`, with its options; `--around ID` lists the neighbours of one.
    """


@app.command()
def config(home: HomeFolder = None) -> None:
    """Print the options that are in force, and where each comes from.

    That is the environment, the file polywell.toml in the folder of the home, or its default.
    """
    with one_line_errors():
        from catalog.home import Home
        from catalog.measurements.calibration import calibration_in_force
        from flows.cli.terminal import print_table
        from flows.options import ScreenOptions
        from flows.progress import say
        from reports.studies.tables import text

        given = {} if home is None else {"home": home}
        options = ScreenOptions.of(given)
        in_force = calibration_in_force(Home.at(options.home))
    meanings = {name: field.description for name, field in ScreenOptions.model_fields.items()}
    print_table(
        options.in_force(given),
        (text("option"), itemgetter(0)),
        (text("value"), itemgetter(1)),
        (text("from"), itemgetter(2)),
        (text("meaning"), lambda row: meanings[row[0]]),
    )
    say(f"calibration: {in_force.sentence}")
    if in_force.note:
        say(in_force.note)


@app.command()
def cages(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Files, or folders to read recursively.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    families: FamiliesFile = None,
) -> None:
    """Print the cages of structures in files, without storing anything."""
    found, failed = 0, 0
    rows = []
    with one_line_errors():
        from flows.cli.cages import cages_of

        for answer in cages_of(paths, families):
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
    source: SourceName = None,
    as_json: Annotated[bool, typer.Option("--json", help="All of it as one JSON object.")] = False,
) -> None:
    """Tell which candidates are new, changed or withdrawn between two runs, and why.

    Without a name: the newest run and the one before, or that nothing changed since the newest, where its
    source was screened again. With one name: that run and the newest. With --source: its entries only.
    """
    with one_line_errors():
        from catalog.runs.diff import compare
        from catalog.runs.named import source_named, two_runs
        from flows.options import home_at

        place = home_at(home)
        wanted = None if source is None else source_named(place, source)
        before, after = two_runs(place, runs or [], wanted)
        found = compare(before, after, wanted)
    if as_json:
        sys.stdout.write(json.dumps({"run": after.name, **found.as_json(None)}, ensure_ascii=True) + "\n")
        return
    from flows.cli.terminal import print_changes
    from flows.progress import say

    if before.name == after.name:
        say(f"{after.source}: nothing changed since {after.manifest.get('finished')} (run {after.name})")
        return
    say(f"{before.name} -> {after.name}: {found.sentence}")
    print_changes(found)


@app.command()
def repair(
    home: HomeFolder = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is damaged.")] = False,
) -> None:
    """Move what is damaged of a home aside, so that the next run makes it anew.

    Nothing is deleted: it lies in a dated folder below `damaged`, beside the tables. Afterwards, screen the
    sources of the home again.
    """
    with one_line_errors():
        from catalog.runs.repair import damaged, repaired
        from flows.options import home_at
        from flows.progress import say

        place = home_at(home)
        found = 0
        for sentence in damaged(place) if dry_run else repaired(place, say):
            say(sentence)
            found += 1
        end_of_it = "`polywell repair` moves it aside" if dry_run else "screen the sources of this home again"
        say(end_of_it if found else "nothing is damaged")


@app.command()
def forget(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Its name, or the beginning of it.")],
    home: HomeFolder = None,
) -> None:
    """Take a source out of a home; it leaves the list with the next run of any other."""
    with one_line_errors():
        from catalog.runs.forget import forget as forgotten
        from catalog.runs.named import source_named
        from flows.options import home_at
        from flows.progress import say

        place = home_at(home)
        name = source_named(place, source)
        count = forgotten(place, name, say)
        say(f"{name}: {count} entries taken out; the next run of another source lists without them")


@app.command()
def sources() -> None:
    """List the sources that can be screened, each with an example."""
    from catalog.sources.registry import SOURCES
    from flows.cli.terminal import print_table
    from reports.studies.tables import text

    print_table(
        SOURCES,
        (text("source"), lambda kind: kind.form),
        (text("example"), lambda kind: f"polywell screen {kind.example}"),
        (text("what"), lambda kind: kind.meaning),
        (text("needs"), lambda kind: kind.needs),
    )


results.add_to(app)
operating.add_to(app)
studies.add_to(app)
measured.add_to(app)


def main() -> None:
    """The program: the command line, which signals can stop."""
    with stoppable(), told_faults():
        app()


if __name__ == "__main__":
    main()
