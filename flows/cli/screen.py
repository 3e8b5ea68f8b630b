"""The command `polywell screen`, whose options are made of `flows.options.ScreenOptions`."""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import nullcontext
from logging import WARNING
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic.fields import FieldInfo

from catalog.home import Home
from flows import options
from flows.cli.errors import NOTHING_READ, TOO_MANY_FAILED, end, one_line_errors
from flows.cli.terminal import print_ranking
from flows.options import Metavar, OptionError, ScreenOptions, flag, variable
from flows.progress import answer, from_level, harmless, say, silent

if TYPE_CHECKING:
    from flows.pipeline.finished import Finished

FAILURES_LISTED = 20

ARGUMENT = "source"
"""The option that stands without its name."""


def derived_command() -> Any:
    """The command, with a parameter for each option."""
    return command_with_options(screen)


def command_with_options(function: Callable[..., None], leave_out: Collection[str] = ()) -> Any:
    """A command of a function that takes options as keywords: a parameter for each but those left out."""
    own = inspect.signature(function, eval_str=True).parameters.values()
    kept = [
        one.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for one in own
        if one.kind is not inspect.Parameter.VAR_KEYWORD
        and one.name not in options.ScreenOptions.model_fields
    ]
    derived = [one for one in _parameters() if one.name not in leave_out]
    function.__signature__ = inspect.Signature([*derived, *kept])  # type: ignore[attr-defined]
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(function)
    return typer.main.get_command(app)


def _parameters() -> Iterator[inspect.Parameter]:
    """A parameter for each option: a text, which the options check, or a flag; None unless it is given."""
    for name, field in options.ScreenOptions.model_fields.items():
        common: Any = {"help": _help(name, field), "show_default": False}
        is_flag = field.annotation is bool
        if name == ARGUMENT:
            declared: Any = typer.Argument(metavar=name.upper(), **common)
        elif is_flag:
            declared = typer.Option(f"{flag(name)}/--no-{flag(name).removeprefix('--')}", **common)
        else:
            metavar = next((one.text for one in field.metadata if isinstance(one, Metavar)), None)
            declared = typer.Option(flag(name), metavar=metavar, **common)
        type_: Any = bool if is_flag else str
        yield inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[type_ | None, declared]
        )


def _help(name: str, field: FieldInfo) -> str:
    has_default = field.default_factory is None and field.default not in (None, (), False)
    default = f", else {field.default}" if has_default else ""
    return f"{field.description}  [${variable(name)}{default}]"


def screen(
    prefect: Annotated[
        bool | None,
        typer.Option(
            "--prefect/--plain",
            help="Whether Prefect watches over the run, else only where its server is named"
            " ($PREFECT_API_URL) or one of its blocks is asked for; the steps are the same.",
            show_default=False,
        ),
    ] = None,
    top: Annotated[int, typer.Option(metavar="N", min=0, help="Rows of the ranking to print.")] = 20,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print one line of what came of it, and what failed.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what came of it as one JSON object, not as a table.")
    ] = False,
    **given: Any,
) -> None:
    """Screens as the options say, and prints what came of it."""
    with one_line_errors():
        chosen = options.ScreenOptions.of(given)
    with from_level(chosen.log_level):
        if chosen.home is None and not quiet:
            say(f"home: {Home.at().catalog.parent} (--home DIR and POLYWELL_HOME name another)")
        _screen(chosen, given, prefect, top, quiet, as_json)


def _screen(
    chosen: ScreenOptions, given: dict[str, Any], prefect: bool | None, top: int, quiet: bool, as_json: bool
) -> None:
    with one_line_errors():
        from flows.pipeline.finished import TooManyFailedError
        from flows.pipeline.steps.listing import NothingToScreenError

        too_many: TooManyFailedError | None = None
        try:
            with silent() if quiet else nullcontext():
                finished = (
                    _with_prefect(chosen, given)
                    if is_watched(chosen, prefect, os.environ)
                    else _plain(chosen)
                )
        except NothingToScreenError as error:
            end(str(error), NOTHING_READ)
        except TooManyFailedError as error:
            finished, too_many = error.finished, error
    if as_json:
        sys.stdout.write(json.dumps(finished.summary(), ensure_ascii=True, allow_nan=False) + "\n")
    elif quiet:
        answer(f"{finished.source}: {finished.headline}")
    elif top:
        print_ranking(finished.top(top))
        for line in finished.new_lines():
            say(line)
    _say_failures(finished)
    if not quiet:
        _say_counts(finished)
    if not finished.counts.entries:
        end("nothing is left: the licence of every entry forbids commercial use", NOTHING_READ)
    if finished.counts.failed == finished.counts.entries:
        end("nothing could be read: every entry failed", NOTHING_READ)
    if too_many is not None:
        end(str(too_many), TOO_MANY_FAILED)


def is_watched(chosen: ScreenOptions, prefect: bool | None, environment: Mapping[str, str]) -> bool:
    """Whether Prefect runs the steps: as told, else where there is a server to tell or a block to open."""
    blocks = bool(chosen.notify) or chosen.key_block is not None
    if prefect is False and blocks:
        raise OptionError(
            "blocks of Prefect (--notify, --key-block) are out of reach with --plain; leave it out"
        )
    return blocks or bool(environment.get("PREFECT_API_URL")) if prefect is None else prefect


def _plain(chosen: ScreenOptions) -> Finished:
    from flows.pipeline.finished import checked
    from flows.pipeline.plan import make_plan
    from flows.pipeline.run import run

    return checked(run(make_plan(chosen)), chosen.fail_above)


def _with_prefect(chosen: ScreenOptions, given: dict[str, Any]) -> Finished:
    from flows.deployments.engine import check_engine, prefect_defaults
    from flows.pipeline.plan import make_plan

    if chosen.key_block is None:
        make_plan(chosen)  # what is wrong is said before Prefect starts
    with prefect_defaults(os.environ):
        check_engine()
        from flows.deployments.screen import screen as flow

        finished: Finished = flow(
            **{name: getattr(chosen, name) for name, value in given.items() if value is not None}
        )
    return finished


def _say_failures(finished: Finished) -> None:
    for row in finished.failures(FAILURES_LISTED):
        say(f"failed: {harmless(row['id'])}: {row['error_type']}: {harmless(row['message'])}", WARNING)
    latest, more = finished.home.latest, finished.counts.failed - FAILURES_LISTED
    if more > 0:
        say(f"failed: {more} more, all in {latest / 'failed.parquet'}", WARNING)


def _say_counts(finished: Finished) -> None:
    latest = finished.home.latest
    for reason, count in finished.counts.reasons.items():
        say(f"rejected: {count} {reason}")
    say(finished.counts.sentence)
    if len(finished.run.sources) > 1:
        manifest = finished.run.manifest
        say(f"list: {manifest['candidates']} candidates of {len(finished.run.sources)} sources")
    say(f"catalog: {latest}")
    say(f"page: {finished.page}")
