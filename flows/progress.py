"""What a person sees: lines in which nothing from outside can act on the terminal, and a bar a stage."""

from __future__ import annotations

import logging
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

Advance = Callable[[int], None]

_ACTING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories that move the cursor, turn the writing direction, break a line or show nothing."""


def harmless(text: object, longest: int = 200) -> str:
    """The text with every character that could act on a terminal written as an escape, cut at `longest`."""
    shown = "".join(
        char.encode("unicode_escape").decode("ascii") if unicodedata.category(char) in _ACTING else char
        for char in str(text)[: longest + 1]
    )
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


LONGEST = 2000
"""Characters of a line, at most: the message of an error can hold a whole file."""


def harmless_lines(text: str) -> str:
    """A text of several lines, each made harmless."""
    return "\n".join(harmless(line, LONGEST) for line in text.split("\n"))


LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
"""The levels of a line: what happens; what went wrong of an entry or a file; what ends a run."""

Hear = Callable[[int, str], None]
"""Is told each line that a person is, with its level."""


class _Listeners:
    """Who is told, beside stderr or in its place."""

    def __init__(self) -> None:
        self.hearing: list[Hear] = []
        self.silenced = 0
        self.least = logging.INFO


_listeners = _Listeners()


@contextmanager
def heard_by(hear: Hear) -> Iterator[None]:
    """Tells a function, too, what `say` prints during the block; within a block of the kind, it alone."""
    _listeners.hearing.append(hear)
    try:
        yield
    finally:
        _listeners.hearing.remove(hear)


@contextmanager
def from_level(name: str) -> Iterator[None]:
    """Leaves out lines below a level of `LEVELS` during the block, for everybody."""
    before, _listeners.least = _listeners.least, LEVELS[name]
    try:
        yield
    finally:
        _listeners.least = before


@contextmanager
def silent() -> Iterator[None]:
    """Keeps `say` and the bars off stderr during the block; whoever hears them still does."""
    _listeners.silenced += 1
    try:
        yield
    finally:
        _listeners.silenced -= 1


def say(text: str, level: int = logging.INFO) -> None:
    """Prints one plain line on stderr, what happens and what goes wrong."""
    if level < _listeners.least:
        return
    line = harmless(text, LONGEST)
    if _listeners.hearing:
        _listeners.hearing[-1](level, line)
    if not _listeners.silenced:
        Console(stderr=True, soft_wrap=True).print(line, markup=False, highlight=False)


def answer(text: str) -> None:
    """Prints one plain line on stdout, a part of what was asked for."""
    sys.stdout.write(harmless(text, LONGEST) + "\n")


@contextmanager
def stage(title: str, unit: str, total: int | None = None) -> Iterator[Advance]:
    """Shows one stage of a run on stderr.

    Args:
        title: what is done, such as "reading".
        unit: what is counted, in the plural.
        total: how many there will be, where that is known.

    Yields:
        A function to call with the number that was just done; any thread may call it.
    """
    console = Console(stderr=True)
    if (
        console.file.isatty() and not _listeners.silenced
    ):  # FORCE_COLOR, which notebooks set, makes a terminal of a pipe for rich
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(unit, markup=False),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console) as bars:
            bar = bars.add_task(title, total=total)
            yield lambda count: bars.advance(bar, count)
            bars.update(bar, total=bars.tasks[0].completed)
    else:
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count

        yield advance
        say(f"{title}: {done} {unit}")
