"""Files that nobody needs after the process that made them: in a folder of its own, which goes with it."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

PREFIX = "polywell-"
OWNED = ".owned-by-a-process"
"""The file in such a folder that its process locks; a folder without it is someone else's, and stays."""


@cache
def scratch() -> Path:
    """The folder of this process in `tempfile.gettempdir()`; it is removed at the end of the process.

    The process locks it. What a killed one has left, whose lock is free, the next one that asks removes.
    """
    shared = Path(tempfile.gettempdir())
    for mark in shared.glob(f"{PREFIX}*/{OWNED}"):
        with suppress(OSError):  # of another user, alive, or removed by someone else meanwhile
            _remove_dead(mark)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=shared))
        mark = folder / OWNED
        fcntl.flock(os.open(mark, os.O_RDONLY | os.O_CREAT, 0o600), fcntl.LOCK_EX)  # until the process ends
        if mark.exists():  # else it was taken for that of a dead one before it had its lock
            # After multiprocessing has removed its own folder, which may lie in this one; not in a fork.
            Finalize(None, shutil.rmtree, (folder,), {"ignore_errors": True}, exitpriority=-1000)
            return folder


def _remove_dead(mark: Path) -> None:
    descriptor = os.open(mark, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_uid == os.geteuid():
            shutil.rmtree(mark.parent)
    finally:
        os.close(descriptor)
