"""A folder of structure files, or a single one, as a source."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from catalog.errors import FileAccessError, SourceError
from catalog.readers.filetext import open_regular
from catalog.readers.limits import LIMITS
from catalog.sources.base import Asked, RawEntry, Source, Stamp, UniqueIds, asked_for, in_batches

_CHUNK = 1_000_000


def opened(asked: Asked) -> Source:
    """The folder or file that is asked for."""
    return FilesSource(asked.path, asked.name)


class FilesSource(Source):
    """Every file below a folder, sorted by path; the id of a file is its path relative to the folder.

    Hidden files and folders (a name that begins with a dot: .git, .DS_Store) are left out, as are
    pipes, sockets and devices. Symbolic links are followed; a folder that is reached twice is read
    once, under its own path if that lies inside the folder. A link that leads nowhere and a folder
    that may not be listed are entries that fail.
    """

    def __init__(self, path: Path, name: str) -> None:
        """Checks that the path exists.

        Raises:
            SourceError: no such file or folder.
        """
        self.name = name
        self._path = path
        if not path.exists():
            raise SourceError(f"{name!r}: there is no file or folder {str(path)!r}; give an existing path")

    def raw_entries(self, ids: Collection[str] | None = None) -> Iterator[RawEntry]:
        """The files in the order of their ids."""
        return asked_for(self._all_entries(), ids, self.name)

    @in_batches
    def index(self) -> Iterator[Stamp]:
        """The files with the sha256 of what a reader takes of them; None for one that cannot be read."""
        for raw in self._all_entries():
            yield raw.id, _digest(str(raw.payload)) if raw.kind == "path" else None

    def _all_entries(self) -> Iterator[RawEntry]:
        if not self._path.is_dir():
            yield RawEntry(self.name, shown(self._path.name), "path", os.path.abspath(self._path))
            return
        root = os.path.abspath(self._path)
        found, closed = _walk(root)
        found.sort(key=lambda relative: (shown(relative), relative))
        paths = set(found)
        ids = UniqueIds()
        for relative in found:
            id_, _ = ids.take(shown(_apart(relative, paths)))
            yield RawEntry(self.name, id_, "path", os.path.join(root, relative))
        for relative, message in sorted(closed):
            id_, _ = ids.take(shown(relative) + "/")
            yield RawEntry(self.name, id_, "error", FileAccessError(message))

    def description(self) -> dict[str, str]:
        """Spec of the folder; the number of files is not known before they are read."""
        return {"spec": self.name, "kind": "structure files"}


def _digest(path: str) -> str | None:
    """sha256 of what a reader takes of the file, and its size and time where there is more of it.

    None for a file that cannot be read, or changed meanwhile.
    """
    found, left = hashlib.sha256(), LIMITS.text_bytes + 1
    try:
        with open_regular(path) as stream:
            before = os.fstat(stream.fileno())
            while left and (part := stream.read(min(left, _CHUNK))):
                found.update(part)
                left -= len(part)
            after = os.fstat(stream.fileno())
    except (OSError, FileAccessError):
        return None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        return None
    rest = "" if left else f", {after.st_size} bytes of {after.st_mtime_ns}"
    return f"sha256:{found.hexdigest()}{rest}"


def shown(path: str) -> str:
    r"""The path as text that any table can hold: forward slashes, undecodable bytes written as \xNN."""
    posix = path.replace(os.sep, "/")
    return posix.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _apart(relative: str, paths: set[str]) -> str:
    """Keeps a file named `x.cif#2` or `x.json#mp-1` apart from the structure of that id in another file."""
    marks = (place for place, character in enumerate(relative) if character == "#")
    return f"{relative}#1" if any(relative[:place] in paths for place in marks) else relative


def _walk(root: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Relative paths of the files below `root`, and the folders that could not be listed, with why."""
    files: list[str] = []
    closed: list[tuple[str, str]] = []
    seen: set[tuple[int, int]] = set()
    own: list[str] = [""]
    links: list[str] = []
    while own or links:
        folder = own.pop() if own else links.pop(0)
        full = os.path.join(root, folder)
        try:
            status = os.stat(full)
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(full) as items:
                names = sorted(
                    (item for item in items if not item.name.startswith(".")), key=lambda i: i.name
                )
        except OSError as error:
            closed.append(
                (folder, f"the folder cannot be listed ({error.strerror or error}); check its permissions")
            )
            continue
        for item in names:
            relative = os.path.join(folder, item.name)
            mode = _mode(item)
            if mode is None:
                files.append(relative)
            elif stat.S_ISDIR(mode):
                (links if item.is_symlink() else own).append(relative)
            elif stat.S_ISREG(mode):
                files.append(relative)
    return files, closed


def _mode(item: os.DirEntry[str]) -> int | None:
    """File mode behind an item, links followed; None for a link that leads nowhere or runs in a circle."""
    try:
        return item.stat().st_mode
    except OSError:
        return None
