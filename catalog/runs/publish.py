"""The published run: three Parquet files and a manifest, replaced all at once."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catalog.errors import PublishError
from catalog.home import Home
from catalog.runs.published import FILES, MANIFEST, PublishedRun, published_runs
from catalog.store.durable import file_digest, replace_durably, sync, write_json
from catalog.store.schema import conformed_table, entry_schema
from polywell.records import Outcome

_BATCH_ROWS = 50_000
"""Rows of one row group of the published files."""


def publish(
    home: Home,
    name: str,
    ranked: pa.Table,
    rejected: pa.Table,
    failed: pa.Table,
    manifest: Mapping[str, Any],
    keep_runs: int = 10,
) -> PublishedRun:
    """Writes a run and makes `home.latest` point to it; on any error the run before stays as it was.

    `latest` is a symbolic link to a folder below `home.runs`. It is replaced by a rename, so a reader sees
    the old run or the new one, whole. Files are deterministic for equal records; times stand in the
    manifest only, which gets the run's name (key `run`) and the digests of the files (key `files`).

    Args:
        home: where to publish.
        name: the run's name, as `catalog.runs.published.new_name` gave it.
        ranked: candidates in the order of their rank, with the columns of the registry.
        rejected: rejected entries, in the order of the file; may be slim (see `catalog.store.slim`).
        failed: failed entries, likewise.
        manifest: facts about the run; `entries`, `candidates`, `rejected`, `failed` must be the counts.
        keep_runs: published runs that stay on disk for each source that was screened, this one included.

    Raises:
        PublishError: counts that do not add up, an entry twice, a record in the wrong list, or a disk
            that is full or read-only.
    """
    lists = {Outcome.CANDIDATE: ranked, Outcome.REJECTED: rejected, Outcome.FAILED: failed}
    try:
        home.runs.mkdir(parents=True, exist_ok=True)
        with (home.runs / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # one process publishes at a time; the lock ends with it
            whole = _replace(home, name, lists, manifest)
            _forget_old_runs(home, name, keep_runs)
    except OSError as error:
        raise PublishError(
            f"the run cannot be written to {home.catalog} ({error.strerror or error}); the catalog published "
            "before is unchanged: make room or permissions, then run again"
        ) from error
    return PublishedRun(home, name, home.runs / name, whole)


def _replace(
    home: Home, name: str, lists: Mapping[Outcome, pa.Table], manifest: Mapping[str, Any]
) -> dict[str, Any]:
    """Writes the run under a temporary name, makes it durable, and turns the link to it."""
    for stale in home.runs.glob(".partial-*"):
        shutil.rmtree(stale, ignore_errors=True)
    partial = home.runs / f".partial-{name}"
    try:
        partial.mkdir()
        whole = _write_run(partial, lists, {**manifest, "run": name})
        sync(partial)
        partial.rename(home.runs / name)
        sync(home.runs)
        point(home, name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return whole


def _write_run(
    folder: Path, lists: Mapping[Outcome, pa.Table], manifest: Mapping[str, Any]
) -> dict[str, Any]:
    """Writes the files and the manifest; returns the manifest as it was written."""
    _check_entries(lists)
    counts: dict[Outcome, int] = {}
    digests: dict[str, str] = {}
    for outcome, table in lists.items():
        path = folder / FILES[outcome]
        counts[outcome] = write_table(path, table)
        sync(path)
        digests[path.name] = file_digest(path)
    _check_counts(counts, manifest)
    whole = {**manifest, "files": digests}
    write_json(folder / MANIFEST, whole)
    return whole


def _check_entries(lists: Mapping[Outcome, pa.Table]) -> None:
    """Checks that each entry stands in the list of its outcome, and once in all of them."""
    for outcome, table in lists.items():
        strange = table.filter(pc.not_equal(table["outcome"], outcome.value)).slice(0, 1)
        for id_, actual in zip(strange["id"].to_pylist(), strange["outcome"].to_pylist(), strict=True):
            raise PublishError(f"{id_!r} is {actual}, but stands in the list of the {outcome} entries")
    rejected = lists[Outcome.REJECTED]
    few = [_keys(table) for outcome, table in lists.items() if outcome is not Outcome.REJECTED]
    few.append(_keys(rejected.filter(_may_come_again(rejected["id"], [table["id"] for table in few]))))
    keys = pa.concat_tables(few)
    counted = keys.group_by(keys.schema.names).aggregate([([], "count_all")])
    if counted.num_rows < keys.num_rows:
        again = counted.filter(pc.greater(counted["count_all"], 1)).slice(0, 1).to_pylist()[0]
        raise PublishError(f"{again['source']}/{again['id']} came twice; every entry is counted once")


def _keys(table: pa.Table) -> pa.Table:
    names = ["source", "id"]
    return pa.table([table[name].cast(pa.string()) for name in names], names)


def _may_come_again(ids: pa.ChunkedArray, others: list[pa.ChunkedArray]) -> pa.Array:
    """Whether an id of a table in order is that of its neighbour, or of another table."""
    known = pa.chunked_array([part for each in others for part in each.chunks], pa.string())
    again = pc.is_in(ids, value_set=known).to_numpy().copy()
    alike = pc.equal(ids.slice(1), ids.slice(0, max(len(ids) - 1, 0))).to_numpy()
    again[1:] |= alike
    again[:-1] |= alike
    return pa.array(again)


def write_table(path: Path, table: pa.Table) -> int:
    """Writes the rows in groups of the same size, whatever their chunks in memory. Returns their number."""
    schema = entry_schema()
    with pq.ParquetWriter(path, schema, compression="zstd", version="2.6", store_schema=True) as writer:
        for start in range(0, table.num_rows, _BATCH_ROWS):
            part = table.slice(start, _BATCH_ROWS).combine_chunks()
            writer.write_table(conformed_table(part, schema))
    return int(table.num_rows)


def write_table_durably(path: Path, table: pa.Table) -> None:
    """Writes the rows as in a published run, in one step.

    Raises:
        OSError: the disk is full or read-only; what was at `path` is unchanged.
    """
    replace_durably(path, lambda partial: write_table(partial, table))


def _check_counts(counts: Mapping[Outcome, int], manifest: Mapping[str, Any]) -> None:
    found = {
        "candidates": counts[Outcome.CANDIDATE],
        "rejected": counts[Outcome.REJECTED],
        "failed": counts[Outcome.FAILED],
    }
    expected = {**found, "entries": sum(found.values())}
    given = {name: manifest.get(name) for name in expected}
    if given != expected:
        raise PublishError(
            f"the manifest says {given}, the records are {expected}: an entry was lost or counted twice; "
            "nothing was published"
        )


def point(home: Home, name: str) -> None:
    """Replaces the link `latest`; a real folder there (a copied catalog) moves to the runs first.

    Args:
        home: the home; held meanwhile.
        name: name of a run among the published ones.

    Raises:
        OSError: the link cannot be made.
    """
    link = home.catalog / f".latest-{name}"
    link.symlink_to(Path(home.runs.name) / name, target_is_directory=True)
    try:
        if home.latest.is_dir() and not home.latest.is_symlink():
            home.latest.rename(home.runs / f"00000000T000000Z-{secrets.token_hex(4)}")
        os.replace(link, home.latest)
    except OSError:
        link.unlink(missing_ok=True)
        raise
    sync(home.catalog)


def _forget_old_runs(home: Home, newest: str, keep_runs: int) -> None:
    runs = published_runs(home)
    source = next((run.source for run in runs if run.name == newest), None)
    others = [run for run in runs if run.source == source and run.name != newest]
    for run in others[keep_runs - 1 :]:
        shutil.rmtree(run.folder, ignore_errors=True)
