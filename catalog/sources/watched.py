"""A file that has to stay as it is while it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from catalog.errors import SourceChangedError, SourceError

Item = TypeVar("Item")
State = tuple[int, int, int, int]
"""Device, inode, size and time of a file: while they stay equal, so does what is known of it."""

_EVERY = 1000
"""Items between two looks at the file."""

_CHUNK = 1_000_000


class WatchedFile:
    """A file that may be read more than once in a run, and is the same each time.

    Its digest is taken once for each state; everything that is read after that belongs to it.
    """

    def __init__(self, path: Path, name: str, what: str) -> None:
        """Checks that it is a regular file.

        Args:
            path: where it is.
            name: the source, for messages.
            what: what the file should be, for messages.

        Raises:
            SourceError: no such file, or a folder, a pipe, a socket or a device.
        """
        self._path, self._name = path, name
        self._known: tuple[State, str] | None = None
        if path.exists() and not path.is_file():
            raise SourceError(f"{name!r}: {str(path)!r} is no regular file; give the path of {what}")
        if not path.is_file():
            raise SourceError(f"{name!r}: there is no file {str(path)!r}; give the path of {what}")

    def state(self) -> State:
        """What the file system says of the file now.

        Raises:
            SourceChangedError: it is no longer there.
        """
        try:
            status = self._path.stat()
        except OSError as error:
            raise SourceChangedError(
                f"{self._name!r}: the file {str(self._path)!r} is no longer there "
                f"({error.strerror or error}); put it back and run again, what was read of it is kept"
            ) from error
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns

    def version(self) -> str:
        """sha256 of the file, taken anew when its state has changed.

        Raises:
            SourceChangedError: the file changes while the digest is taken, or vanished.
            SourceError: it cannot be read.
        """
        now = self.state()
        if self._known is None or self._known[0] != now:
            self._known = now, "sha256:" + self._digest(now)
        return self._known[1]

    def known_version(self) -> str:
        """The digest that was taken last, also where the file is gone since."""
        return self._known[1] if self._known is not None else self.version()

    def unchanged(self, items: Iterable[Item]) -> Iterator[Item]:
        """Passes on what is read of the file, and looks at it every now and then, and at the end.

        Raises:
            SourceChangedError: the file changed since its digest was taken, or since this began; or vanished.
        """
        begun = self._known[0] if self._known is not None else self.state()
        self._check(begun)
        for number, item in enumerate(items, start=1):
            yield item
            if number % _EVERY == 0:
                self._check(begun)
        self._check(begun)

    def _digest(self, begun: State) -> str:
        found = hashlib.sha256()
        try:
            with self._path.open("rb") as stream:
                while part := stream.read(_CHUNK):
                    found.update(part)
        except OSError as error:
            raise SourceError(
                f"{self._name!r}: {str(self._path)!r} cannot be read ({error.strerror or error}); "
                "check its permissions"
            ) from error
        self._check(begun)
        return found.hexdigest()

    def _check(self, begun: State) -> None:
        if self.state() != begun:
            raise SourceChangedError(
                f"{self._name!r}: the file {str(self._path)!r} changed while it was read; run again"
            )
