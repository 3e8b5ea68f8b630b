"""Commands of an operator: `doctor`, `rollback` and `serve`.

What a command needs is imported inside it, so that each starts no slower than it must.
"""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.arguments import HomeFolder
from flows.cli.errors import one_line_errors

SOMETHING_WRONG = 1
"""Exit code of `polywell doctor` where something is not as it must be."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (doctor, rollback, serve):
        app.command()(command)


def doctor(home: HomeFolder = None) -> None:
    """Check what a run needs: versions, options, disk, home, key and Prefect's server, one line each.

    Ends with 1 where something is wrong. Nothing is changed, no service is asked but Prefect's own.
    """
    from flows.operating.doctor import findings
    from flows.progress import answer

    wrong = 0
    with one_line_errors():
        for one in findings(home):
            answer(f"{'ok   ' if one.is_well else 'WRONG'} {one.subject}: {one.text}")
            wrong += not one.is_well
    if wrong:
        raise typer.Exit(SOMETHING_WRONG)


def rollback(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Name of a published run, or its beginning: `polywell runs`.")
    ],
    home: HomeFolder = None,
) -> None:
    """Put an older published run in force again, with its pages.

    It stays until a run finds something changed since it. Tables and newer runs remain as they are.
    """
    with one_line_errors():
        from flows.operating.rollback import rollback as back_to
        from flows.options import ScreenOptions, home_at
        from flows.pipeline.finished import page_of
        from flows.progress import say

        place = home_at(home)
        now = back_to(place, run, ScreenOptions.of({"home": home}))
        say(f"in force: {now.name} of {now.manifest.get('finished')}")
        say(f"catalog: {place.latest}")
        say(f"page: {page_of(place)}")


def serve(
    home: HomeFolder = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; 0.0.0.0 is open to the network.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="Port; 0 for any free one.")
    ] = 5000,
) -> None:
    """Serve the list of a home as an OPTIMADE provider, and its pages beside it, until Ctrl-C.

    Needs the extra `serve`. Only this machine reaches it unless --host says otherwise; there is no password.
    """
    with one_line_errors():
        from flows.operating.serve import serve as served
        from flows.options import home_at

        served(home_at(home), host, port)
