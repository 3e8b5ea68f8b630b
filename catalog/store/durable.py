"""Writing so that a crash leaves the old file or the new one: temporary name, flush, fsync, replace."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any


def sync(path: Path) -> None:
    """Makes a file or folder durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_durably(path: Path, write: Callable[[Path], object]) -> None:
    """Lets `write` make a file under a temporary name in the same folder and gives it its name when whole.

    Args:
        path: the file to make or replace; its folder exists.
        write: writes the whole file at the path that it is given.

    Raises:
        OSError: the disk is full or read-only; what was at `path` is unchanged.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        write(partial)
        sync(partial)
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync(path.parent)


def write_files(files: Iterable[tuple[Path, bytes | None]]) -> list[Path]:
    """Writes files one after the other, each durably and whole; what was there before stays until then.

    Args:
        files: where each goes, and its bytes; its folder is made if it is missing. With None a file that was
            there is removed.

    Returns:
        The paths of those that were written, in their order.

    Raises:
        OSError: the disk is full or read-only; the files before the one that failed are written.
    """
    written = []
    for path, content in files:
        if content is None:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace_bytes(path, content)
        written.append(path)
    return written


def _replace_bytes(path: Path, content: bytes) -> None:
    replace_durably(path, lambda partial: partial.write_bytes(content))


def canonical_json(value: Mapping[str, Any]) -> str:
    """The one text of a JSON object, whatever the order of its keys: for digests and comparisons."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes a JSON object for people and programs to read, durably.

    Raises:
        OSError: the disk is full or read-only; what was at `path` is unchanged.
    """
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    _replace_bytes(path, text.encode("utf-8"))


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file; None where there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def text_digest(text: str) -> str:
    """sha256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path | str) -> str:
    """sha256 of the bytes of a file.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def difference_from(path: Path, digest: str) -> str | None:
    """What is wrong with a file that was written with this sha256; None where nothing is.

    A process reads a file once, as long as its size, its times and its place on the disk stay the same.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return "is no file"
        known = _digest_of(str(path), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    if known == digest:
        return None
    return "is damaged: it does not hold what was written" if found.st_size else "is empty"


@lru_cache(maxsize=4096)
def _digest_of(path: str, *_: int) -> str:
    return file_digest(path)
