"""Commands on measured superconductors: `polywell measured build`.

What a command needs is imported inside it, so that each starts no slower than it must.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.errors import one_line_errors


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line, below `measured`."""
    measured = typer.Typer(help="Work on the measured superconductors.", no_args_is_help=True)
    for command in (build,):
        measured.command()(command)
    app.add_typer(measured, name="measured")


def build(
    raw: Annotated[
        Path, typer.Argument(metavar="RAW.csv", help="The file of MDR SuperCon (doi 10.48505/nims.3837).")
    ],
) -> None:
    """Clean the raw file of SuperCon, print what was found, and write the table into the checkout."""
    from flows.progress import say

    with one_line_errors():
        from flows.cli.terminal import print_table
        from flows.studies.measured import build as built

        done = built(raw)
    print_table(
        (("what", False), ("number", True)), ((name, str(count)) for name, count in done.counts.items())
    )
    say(f"{'written' if done.changed else 'unchanged'}: {done.path}")
