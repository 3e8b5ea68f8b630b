"""What a person sees while a run works: a bar for each stage in a terminal, plain lines elsewhere."""

from __future__ import annotations

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


def say(text: str) -> None:
    """Prints one plain line on stderr."""
    Console(stderr=True, soft_wrap=True).print(text, markup=False, highlight=False)


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
    if console.file.isatty():  # FORCE_COLOR, which notebooks set, makes a terminal of a pipe for rich
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
