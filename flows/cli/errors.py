"""Error messages and exit codes: one clear line for what the user can set right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

NOTHING_READ, WRONG_USAGE = 1, 2
"""Exit codes beside 0, which is done."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Ends with one line for what the user can set right; anything else is a fault and shows itself."""
    from catalog.errors import CatalogError
    from polywell.families import FamilyTableError

    try:
        yield
    except (CatalogError, FamilyTableError) as error:
        end(str(error), WRONG_USAGE)


def end(message: str, code: int) -> NoReturn:
    """Ends the program with one line on standard error."""
    from flows.progress import say

    say(f"polywell: {message}")
    raise typer.Exit(code)
