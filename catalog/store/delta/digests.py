"""Digests of the files of a table: kept beside it after each commit, compared before a file is opened.

Neither Delta's log nor Parquet as deltalake writes it tells of a byte that turned, and without a word a table
whose last commit is empty or gone is the one before. Tables of older programs have no digests: of their files
it is only seen whether they can be read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from catalog.errors import DamagedTableError
from catalog.store.durable import difference_from, file_digest, read_json, write_json

DIGESTS = "_digests.json"
"""File in a table's folder, which Delta overlooks for its first letter: digests by the paths of the files."""

LOG = "_delta_log"

_OF_LOG = re.compile(rf"{LOG}/(\d{{20}})\.(json|checkpoint\..*parquet)")
"""Files of the log: commits, and checkpoints, which sum up those before."""


def kept_digests(table_path: Path) -> dict[str, str]:
    """The digests that are kept of a table; none where an older program wrote it.

    Raises:
        DamagedTableError: their file cannot be read.
    """
    path = table_path / DIGESTS
    found = read_json(path)
    if found is None and path.exists():
        raise damaged(path, "cannot be read")
    return {name: str(digest) for name, digest in (found or {}).items()}


def keep_digests(table_path: Path, active: Iterable[str]) -> None:
    """Keeps the digests of the log, and of the files that hold the current rows; those of others leave.

    Raises:
        OSError: a file cannot be read, or the digests not be written.
    """
    before = read_json(table_path / DIGESTS) or {}
    names = [name for name in (*log_files(table_path), *active) if (table_path / name).is_file()]
    digests = {name: before.get(name) or file_digest(table_path / name) for name in names}
    if digests != before:
        write_json(table_path / DIGESTS, digests)


def log_files(table_path: Path) -> list[str]:
    """What bears the name of a commit or checkpoint, in the order of their versions."""
    log = table_path / LOG
    found = [f"{LOG}/{item.name}" for item in log.iterdir()] if log.is_dir() else []
    return sorted(name for name in found if version_of(name) is not None)


def version_of(name: str) -> int | None:
    """The version of a file of the log; None of any other."""
    found = _OF_LOG.fullmatch(name)
    return None if found is None else int(found[1])


def wrong_log_files(table_path: Path, digests: dict[str, str]) -> dict[str, str]:
    """Files of the log that are not as they were written, with what is wrong.

    What is older than every commit that is left may have been removed by Delta itself.
    """
    there = log_files(table_path)
    commits = [version_of(name) or 0 for name in there if name.endswith(".json")]
    oldest = min(commits, default=0)
    kept = [name for name in digests if (version := version_of(name)) is not None and version >= oldest]
    return dict(sorted(wrong_files(table_path, {*there, *kept}, digests).items()))


def wrong_files(table_path: Path, names: Collection[str], digests: dict[str, str]) -> dict[str, str]:
    """Those of the files that are not as they were written; without a digest, those that hold nothing."""
    found = {}
    for name in names:
        path = table_path / name
        wrong = difference_from(path, digests[name]) if name in digests else _not_there(path)
        if wrong is not None:
            found[name] = wrong
    return found


def _not_there(path: Path) -> str | None:
    if not path.exists():
        return "is missing"
    if not path.is_file():
        return "is no file"
    return None if path.stat().st_size else "is empty"


def check(table_path: Path, wrong: dict[str, str]) -> None:
    """Refuses a table of which files are wrong.

    Raises:
        DamagedTableError: there are such files; the first is named.
    """
    for name, what in wrong.items():
        raise damaged(table_path / name, what)


def damaged(path: Path, what: str) -> DamagedTableError:
    """The error of a damaged table, which names the file and says what to do."""
    return DamagedTableError(f"{path} {what}; run `polywell repair`, then screen again")
