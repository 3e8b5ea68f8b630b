"""Bringing a damaged table back to what is whole of it; the rest is moved aside, and made anew by a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from catalog.errors import DamagedTableError
from catalog.home import Home
from catalog.store.aside import set_aside
from catalog.store.delta import digests
from catalog.store.delta.lake import as_lake_error, files_of, first_line, unchecked_dataset, unchecked_table

Damage = tuple[Path, str]
"""A file or folder, and what is wrong with it."""


def damage(table_path: Path) -> list[Damage]:
    """What is damaged of a table: files, or the whole folder where its log cannot be read.

    There is nothing where there is no table.
    """
    if not table_path.exists():
        return []
    unreadable, kept = _kept(table_path)
    wrong = digests.wrong_log_files(table_path, kept)
    if unreadable or wrong:
        return [*unreadable, *_named(table_path, wrong)]
    table, reason = _opened(table_path)
    if table is None:
        return [(table_path, reason)] if _holds_rows(table_path, kept) else []
    return _wrong_rows(table_path, files_of(unchecked_dataset(table, table_path)), kept)


def mend(home: Home, table_path: Path) -> Iterator[str]:
    """Moves aside what is damaged of a table, until the rest can be read; the caller holds the home.

    A damaged commit goes with those after it: the table is again what it was before. Rows of a damaged file
    leave the table. Where the log cannot be read all the same, the whole table goes. The next run reads or
    screens what is missing then.

    Yields:
        A sentence for each thing that is moved.

    Raises:
        HomeError: it cannot be moved.
        LakeError: the disk is full or read-only.
    """
    if not table_path.exists():
        return
    unreadable, kept = _kept(table_path)
    yield from moved(home, unreadable)
    yield from moved(home, _from_first_wrong_commit(table_path, digests.wrong_log_files(table_path, kept)))
    table, reason = _opened(table_path)
    if table is None and kept:
        later = [name for name in digests.log_files(table_path) if name not in kept]
        yield from moved(home, [(table_path / name, "belongs to no commit of this table") for name in later])
        table, reason = _opened(table_path)
    if table is None:
        if _holds_rows(table_path, kept):
            yield from moved(home, [(table_path, reason)])
        return
    wrong = _wrong_rows(table_path, files_of(unchecked_dataset(table, table_path)), kept)
    yield from moved(home, wrong)
    folders = dict.fromkeys(path.parent for path, _ in wrong)
    yield from moved(home, [(one, "is no folder") for one in folders if one.exists() and not one.is_dir()])
    with as_lake_error(table_path):
        if wrong:
            table.repair()  # takes files that are not there out of the log
        digests.keep_digests(table_path, files_of(unchecked_dataset(unchecked_table(table_path), table_path)))


def moved(home: Home, found: Iterable[Damage]) -> Iterator[str]:
    """Moves damaged files and folders aside, and tells of each.

    Raises:
        HomeError: one cannot be moved.
    """
    for path, what in found:
        there = path.exists() or path.is_symlink()
        yield f"{path} {what}" + (f"; moved to {set_aside(home, path)}" if there else "")


def _kept(table_path: Path) -> tuple[list[Damage], dict[str, str]]:
    """The digests of a table; none, and the damage, where they cannot be read."""
    try:
        return [], digests.kept_digests(table_path)
    except DamagedTableError:
        return [(table_path / digests.DIGESTS, "cannot be read")], {}


def _opened(table_path: Path) -> tuple[DeltaTable | None, str]:
    """A table as its log has it; or why there is none."""
    try:
        return unchecked_table(table_path), ""
    except (DeltaError, OSError) as error:
        return None, f"has a log that cannot be read ({first_line(error)})"


def _holds_rows(table_path: Path, kept: dict[str, str]) -> bool:
    """Whether there is more than what a run leaves that is killed while it makes a table."""
    return bool(kept) or not table_path.is_dir() or any(table_path.rglob("*.parquet")) or any(
        digests.log_files(table_path)
    )  # fmt: skip


def _from_first_wrong_commit(table_path: Path, wrong: dict[str, str]) -> list[Damage]:
    """Wrong checkpoints, and what of the log is not older than the first wrong commit."""
    if not wrong:
        return []
    commits = [digests.version_of(name) or 0 for name in wrong if name.endswith(".json")]
    found = dict(wrong)
    for name in digests.log_files(table_path):
        if commits and (digests.version_of(name) or 0) >= min(commits):
            found.setdefault(name, "follows a commit that is damaged")
    last = f"{digests.LOG}/_last_checkpoint"
    if (table_path / last).exists():
        found[last] = "may name a checkpoint that is damaged"
    return _named(table_path, found)


def _wrong_rows(table_path: Path, names: Iterable[str], kept: dict[str, str]) -> list[Damage]:
    """Files of rows that are not as they were written; those without a digest are read from end to end."""
    names = list(names)
    wrong = digests.wrong_files(table_path, names, kept)
    for name in names:
        if name not in kept and name not in wrong and (what := _unreadable(table_path / name)):
            wrong[name] = what
    return _named(table_path, wrong)


def _unreadable(path: Path) -> str | None:
    try:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                file.read_row_group(group, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        return f"cannot be read ({first_line(error)})"
    return None


def _named(table_path: Path, wrong: dict[str, str]) -> list[Damage]:
    return [(table_path / name, what) for name, what in wrong.items()]
