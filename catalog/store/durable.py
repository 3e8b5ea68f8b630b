"""Writing so that a crash leaves the old file or the new one: temporary name, flush, fsync, replace."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Mapping
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


def canonical_json(value: Mapping[str, Any]) -> str:
    """The one text of a JSON object, whatever the order of its keys: for digests and comparisons."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes a JSON object for people and programs to read, durably.

    Raises:
        OSError: the disk is full or read-only; what was at `path` is unchanged.
    """
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"

    def write(partial: Path) -> None:
        partial.write_text(text, encoding="utf-8")

    replace_durably(path, write)


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file; None where there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def file_digest(path: Path | str) -> str:
    """sha256 of the bytes of a file.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
