"""The first step of a run: what the source holds, or that nothing changed since the newest run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from catalog.home import Home
from catalog.runs.published import latest_run
from catalog.sources import Source
from catalog.sources.base import INDEX, INDEX_ROWS
from catalog.store.durable import file_digest
from catalog.store.shards import forget_work, keys_digest, work_folder
from flows.pipeline.finished import Counts, Finished, page_of
from flows.pipeline.plan import Plan
from flows.pipeline.versions import versions
from flows.progress import Advance, say, stage
from reports.html.names import EVALUATION, EVALUATION_DATA


class NothingToScreenError(Exception):
    """The source holds no entry."""


@dataclass(frozen=True)
class Listing:
    """What a source holds, with the columns `INDEX`, and all that the results of this run depend on."""

    index: pa.Table
    inputs: Mapping[str, Any]

    @property
    def facts(self) -> dict[str, Any]:
        """What the record of the run keeps of it."""
        return {**self.inputs, "listed": self.index.num_rows}


def list_source(plan: Plan) -> Listing | Finished:
    """Lists a source, unless it is unchanged.

    Returns:
        What the source holds; or what the newest run left, where neither source nor program, tables or
        options have changed since.

    Raises:
        NothingToScreenError: there is no entry; what is stored of the source stays as it is.
        SourceError: the source does not tell its version, or what it holds.
    """
    source, version, index = plan.source, plan.source.version(), None
    if version is None:
        index = _listed(source, version)
        version = digest_of(index)
    inputs = inputs_of(plan, version)
    finished = _unchanged(plan, inputs)
    if finished is not None:
        return finished
    if index is None:
        index = _listed(source, version)
    if not index.num_rows:
        raise NothingToScreenError(f"{source.name!r} holds no entry; nothing was changed")
    return Listing(index, inputs)


def inputs_of(plan: Plan, version: str | None) -> dict[str, Any]:
    """All that the results of a run depend on; they stand in its manifest."""
    options = plan.options
    return {
        "source": plan.source.name,
        "source_version": version,
        "exclude_noncommercial": options.exclude_noncommercial,
        "dossiers": options.dossiers,
        "rank_by": options.rank_by.value,
        "evaluation_digest": _evaluation_digest(plan.home),
        **versions(plan.families, plan.in_force),
    }


def _unchanged(plan: Plan, inputs: Mapping[str, Any]) -> Finished | None:
    """What the newest run left, where it is whole and came of the same."""
    home, run = plan.home, latest_run(plan.home)
    if run is None or inputs["source_version"] is None:
        return None
    if any(run.manifest.get(name) != value for name, value in inputs.items()):
        return None
    if not (run.is_complete and page_of(home).exists() and home.structures.exists()):
        return None
    version = inputs["source_version"]
    say(f"{plan.source.name}: unchanged since {run.manifest['finished']} (version {version})")
    forget_work(work_folder(home, plan.source.name))
    return Finished(plan.source.name, Counts.of_manifest(run.manifest), home, run, is_unchanged=True)


def _evaluation_digest(home: Home) -> str | None:
    """Digest of what `polywell validate` found, which the page tells; None without any."""
    try:
        return file_digest(home.reports / EVALUATION / EVALUATION_DATA)[:16]
    except FileNotFoundError:
        return None


def _listed(source: Source, version: str | None) -> pa.Table:
    with stage("listing", "entries", source.expected_count()) as advance:
        return index_of(source, version, advance)


def index_of(source: Source, version: str | None, advance: Advance) -> pa.Table:
    """The index of a source; its version stands in for the stamps that it lacks.

    Args:
        source: where to look.
        version: of the source, where it has one.
        advance: told of each entry that is listed.

    Returns:
        A table with the columns `INDEX`, each in one piece.

    Raises:
        SourceError: the source cannot be read.
    """
    fallback = None if version is None else f"version {version}"
    parts = []
    for batch in source.index():
        stamps = batch.column("stamp")
        known = stamps if fallback is None else stamps.fill_null(fallback)
        parts.append(pa.RecordBatch.from_arrays([batch.column("id"), known], schema=INDEX))
        advance(batch.num_rows)
    return pa.Table.from_batches(parts, INDEX).combine_chunks()


def digest_of(index: pa.Table) -> str | None:
    """A version made of all stamps; None where an entry has none."""
    return None if index["stamp"].null_count else "index " + keys_digest(keys_of(index))[:16]


def keys_of(index: pa.Table) -> Iterator[tuple[str, str | None]]:
    """Id and stamp of each entry of an index."""
    for batch in index.to_batches(max_chunksize=INDEX_ROWS):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
