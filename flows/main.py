"""The command line: `polywell screen` and `polywell cages`.

What a command needs is imported inside it, so that each starts no slower than it must.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from flows.steps import Finished

NOTHING_READ, WRONG_USAGE = 1, 2
FAILURES_LISTED = 20

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

FamiliesFile = Annotated[
    Path | None, typer.Option("--families", metavar="FILE", help="A λ table of your own (TOML).")
]


def _print_version(wanted: bool) -> None:
    if wanted:
        from flows.manifest import CHECKOUT, code_version

        typer.echo(f"polywell {code_version(CHECKOUT)}")
        raise typer.Exit


@app.callback()
def polywell(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say which version this is."),
    ] = False,
) -> None:
    """Screens crystal structures for layered superconductors.

    Results: 0 done (failed entries are counted and listed), 1 nothing could be read, 2 wrong usage.
    """
    from flows.terminal import tolerant_streams

    tolerant_streams()


@app.command()
def screen(
    source: Annotated[
        str, typer.Argument(metavar="[SOURCE]", help="reference, files:DIR or parquet:FILE")
    ] = "reference",
    home: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the catalog and the pages.  [$POLYWELL_HOME]"),
    ] = None,
    families: FamiliesFile = None,
    plain: Annotated[bool, typer.Option("--plain", help="The same steps without Prefect.")] = False,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=1024, help="Worker processes; one for each core by default."),
    ] = None,
    top: Annotated[int, typer.Option(metavar="N", min=0, help="Rows of the ranking to print.")] = 20,
) -> None:
    """Screen a source: a ranked Parquet catalog, and a page to look at."""
    with _told_in_one_line():
        from flows.steps import NothingToScreenError, make_plan

        plan = make_plan(source, home, families, workers)
        try:
            if plain:
                from flows.plain import run_plain

                finished = run_plain(plan)
            else:
                from flows.engine import prefect_defaults

                with prefect_defaults(os.environ):
                    from flows.screen import screen as flow

                    finished = flow(source, _text(home), _text(families), workers)
        except NothingToScreenError as error:
            _end(str(error), NOTHING_READ)
    _show(finished, top)
    if finished.counts.failed == finished.counts.entries:
        _end("nothing could be read: every entry failed", NOTHING_READ)


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
    with _told_in_one_line():
        from flows.look import look_at

        for answer in look_at(paths, families):
            found += 1
            failed += answer["outcome"] == "failed"
            if as_json:
                sys.stdout.write(json.dumps(answer, ensure_ascii=True, allow_nan=False) + "\n")
                sys.stdout.flush()
            else:
                rows.append(answer)
    if rows:
        from flows.terminal import print_cages

        print_cages(rows)
    if failed == found:
        _end(f"nothing could be read: {found} files, {failed} failed", NOTHING_READ)


def _show(finished: Finished, top: int) -> None:
    from flows.progress import say
    from flows.terminal import harmless, print_ranking

    if top:
        print_ranking(finished.ranked[:top])
    for row in finished.failed[:FAILURES_LISTED]:
        say(f"failed: {harmless(row['id'])}: {row['error_type']}: {harmless(row['message'])}")
    more = finished.counts.failed - FAILURES_LISTED
    if more > 0:
        say(f"failed: {more} more, all in {finished.latest / 'failed.parquet'}")
    for reason, count in finished.counts.reasons.items():
        say(f"rejected: {count} {reason}")
    say(finished.counts.sentence)
    say(f"catalog: {finished.latest}")
    say(f"page: {finished.page}")


@contextmanager
def _told_in_one_line() -> Iterator[None]:
    """Ends with one line for what the user can set right; anything else is a fault and shows itself."""
    from pydantic import ValidationError

    from catalog.errors import CatalogError
    from polywell.families import FamilyTableError

    try:
        yield
    except (CatalogError, FamilyTableError) as error:
        _end(str(error), WRONG_USAGE)
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(["POLYWELL", *map(str, first["loc"])]).upper()
        _end(f"{name} is {first['input']!r}: {first['msg']}", WRONG_USAGE)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _end(message: str, code: int) -> NoReturn:
    from flows.progress import say
    from flows.terminal import harmless

    say(f"polywell: {harmless(message, longest=2000)}")
    raise typer.Exit(code)


if __name__ == "__main__":
    app()
