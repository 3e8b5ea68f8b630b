"""Files that have to stay as they are while they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from catalog.errors import SourceChangedError, SourceError
from catalog.store.durable import file_digest

Item = TypeVar("Item")
FileState = tuple[int, int, int, int]
"""Device, inode, size and time of a file: while they stay equal, so does what is known of it."""

State = tuple[FileState, ...]
"""Those of each file."""

_EVERY = 1000
"""Items between two looks at the file."""


class WatchedFile:
    """A file, or some of a folder, that may be read more than once in a run, and is the same each time.

    Its digest is taken once for each state; everything that is read after that belongs to it.

    Attributes:
        files: the file; those of a folder by name.
    """

    def __init__(self, path: Path, name: str, what: str, endings: tuple[str, ...] = ()) -> None:
        """Checks that it is a regular file, or a folder that holds such.

        Args:
            path: where it is.
            name: the source, for messages.
            what: what the file should be, for messages.
            endings: of the names of those files of a folder that are read as one; none for a file only.

        Raises:
            SourceError: no such file, or a folder, a pipe, a socket or a device.
        """
        self._name = name
        self._known: tuple[State, list[str]] | None = None
        self.files = [path]
        if endings and path.is_dir():
            self.files = sorted(
                file for file in path.glob("[!.]*") if file.name.endswith(endings) and not file.is_dir()
            )
            if not self.files:
                raise SourceError(f"{name!r}: no file in {str(path)!r} ends with {' or '.join(endings)}")
        for file in self.files:
            if file.exists() and not file.is_file():
                raise SourceError(f"{name!r}: {str(file)!r} is no regular file; give the path of {what}")
            if not file.is_file():
                raise SourceError(f"{name!r}: there is no file {str(file)!r}; give the path of {what}")

    def state(self) -> State:
        """What the file system says of each file now.

        Raises:
            SourceChangedError: one is no longer there.
        """
        return tuple(map(self._state, self.files))

    def _state(self, file: Path) -> FileState:
        try:
            status = file.stat()
        except OSError as error:
            raise SourceChangedError(
                f"{self._name!r}: the file {str(file)!r} is no longer there "
                f"({error.strerror or error}); put it back and run again, what was read of it is kept"
            ) from error
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns

    def versions(self) -> list[str]:
        """sha256 of each file, taken anew when a state has changed.

        Raises:
            SourceChangedError: a file changes while the digest is taken, or vanished.
            SourceError: it cannot be read.
        """
        now = self.state()
        if self._known is None or self._known[0] != now:
            self._known = now, list(map(self._digest, self.files, now))
        return self._known[1]

    def version(self) -> str:
        """sha256 of the file; of the names and digests where there are several."""
        return self._together(self.versions())

    def known_version(self) -> str:
        """The digest that was taken last, also where a file is gone since."""
        return self._together(self._known[1]) if self._known is not None else self.version()

    def _together(self, versions: list[str]) -> str:
        if len(versions) == 1:
            return versions[0]
        lines = (f"{file.name} {version}\n" for file, version in zip(self.files, versions, strict=True))
        return "sha256:" + hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()

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

    def _digest(self, file: Path, begun: FileState) -> str:
        try:
            found = file_digest(file)
        except OSError as error:
            raise SourceError(
                f"{self._name!r}: {str(file)!r} cannot be read ({error.strerror or error}); "
                "check its permissions"
            ) from error
        if self._state(file) != begun:
            raise self._changed(file)
        return f"sha256:{found}"

    def _check(self, begun: State) -> None:
        for file, before, now in zip(self.files, begun, self.state(), strict=True):
            if now != before:
                raise self._changed(file)

    def _changed(self, file: Path) -> SourceChangedError:
        return SourceChangedError(
            f"{self._name!r}: the file {str(file)!r} changed while it was read; run again"
        )
