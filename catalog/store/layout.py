"""What lies in a home where it cannot be: a file in place of a folder, a folder in place of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from catalog.home import Home
from catalog.store.shards import WORK

_SHARD = re.compile(r"\d{7}\.arrow")


def misplaced(home: Home) -> Iterator[Path]:
    """Files and folders that a run would stumble over; all that stands in their places can be made anew."""
    work = home.catalog / WORK
    for folder in (home.records, home.runs, home.reports / "latest", work):
        if folder.exists() and not folder.is_dir():
            yield folder
    if (home.runs / ".lock").is_dir():
        yield home.runs / ".lock"
    if not work.is_dir():
        return
    for source in sorted(work.iterdir()):
        if not source.is_dir():
            yield source
        else:
            yield from _no_shards(source)


def _no_shards(source: Path) -> Iterator[Path]:
    """What lies among the shards of a source, or in the place of their folders."""
    for folder in sorted(source.iterdir()):
        if not folder.is_dir():
            yield folder
            continue
        for item in sorted(folder.iterdir()):
            if item.is_dir() or not (_SHARD.fullmatch(item.name) or item.name.endswith(".part")):
                yield item
