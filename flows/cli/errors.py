"""Error messages and exit codes: one clear line for what the user can set right."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

FAULT = NOTHING_READ = 1
WRONG_USAGE = 2
SERVICE_DOWN = 3
KEY_REFUSED = 4
UNKNOWN_ID = 5
TOO_MANY_FAILED = 6
"""Exit codes beside 0, which is done."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Ends with one line for what the user can set right; anything else is a fault and shows itself."""
    from catalog.errors import CatalogError
    from polywell.families import FamilyTableError

    try:
        yield
    except (CatalogError, FamilyTableError) as error:
        end(str(error), code_of(error))


def code_of(error: Exception) -> int:
    """The exit code of an error that the user, or time, can set right."""
    from catalog.errors import (
        SourceChangedError,
        SourceRefusedError,
        SourceUnreachableError,
        UnknownIdError,
    )

    if isinstance(error, SourceUnreachableError | SourceChangedError):
        return SERVICE_DOWN
    if isinstance(error, SourceRefusedError):
        return KEY_REFUSED
    return UNKNOWN_ID if isinstance(error, UnknownIdError) else WRONG_USAGE


@contextmanager
def told_faults() -> Iterator[None]:
    """Ends the program with the traceback of an error that should not happen, freed of control characters."""
    try:
        yield
    except Exception:
        from flows.progress import say

        for line in traceback.format_exc().rstrip().split("\n"):
            say(line)
        sys.exit(FAULT)


def end(message: str, code: int) -> NoReturn:
    """Ends the program with one line on standard error."""
    from flows.progress import say

    say(f"polywell: {message}", logging.ERROR)
    raise typer.Exit(code)
