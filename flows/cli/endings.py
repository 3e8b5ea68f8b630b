"""How a command ends: with one clear line for what the user can set right, and an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

NOTHING_READ, WRONG_USAGE = 1, 2
"""Exit codes beside 0, which is done."""


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """Ends with one line for what the user can set right; anything else is a fault and shows itself."""
    from pydantic import ValidationError

    from catalog.errors import CatalogError
    from polywell.families import FamilyTableError

    try:
        yield
    except (CatalogError, FamilyTableError) as error:
        end(str(error), WRONG_USAGE)
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(["POLYWELL", *map(str, first["loc"])]).upper()
        end(f"{name} is {first['input']!r}: {first['msg']}", WRONG_USAGE)


def end(message: str, code: int) -> NoReturn:
    """Ends the program with one line on standard error."""
    from flows.cli.terminal import harmless
    from flows.progress import say

    say(f"polywell: {harmless(message, longest=2000)}")
    raise typer.Exit(code)
