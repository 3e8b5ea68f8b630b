"""The first step of a run: what the source holds, or that nothing changed since the newest run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from logging import WARNING
from typing import Any

import pyarrow as pa

from catalog.errors import DamagedRunError, DamagedTableError
from catalog.home import Home
from catalog.runs.published import latest_run
from catalog.sources import Source
from catalog.sources.base import INDEX, INDEX_ROWS
from catalog.store.aside import set_aside
from catalog.store.delta.lake import row_count
from catalog.store.durable import file_digest
from catalog.store.shards import forget_work, work_folder
from flows.pipeline.finished import Counts, Finished
from flows.pipeline.plan import Plan
from flows.pipeline.versions import versions
from flows.progress import Advance, say, stage
from polywell import ALGORITHM_VERSION
from reports.html.names import EVALUATION, EVALUATION_DATA
from reports.run.evaluation import copied_evaluation


class NothingToScreenError(Exception):
    """The source holds no entry."""


@dataclass(frozen=True)
class Listing:
    """What a source holds, with the columns `INDEX`; its version, and what else the list depends on."""

    index: pa.Table
    version: str | None
    inputs: Mapping[str, Any]

    @property
    def facts(self) -> dict[str, Any]:
        """What the record of the run keeps of it."""
        return {"source_version": self.version, **self.inputs, "listed": self.index.num_rows}


def list_source(plan: Plan) -> Listing | Finished:
    """Lists a source, unless it is unchanged.

    Returns:
        What the source holds; or what the newest run left, where neither source nor program, tables or
        options have changed since.

    Raises:
        NothingToScreenError: there is no entry; what is stored of the source stays as it is.
        SourceError: the source does not tell its version, or what it holds.
        LakeError: what is stored of the source cannot be read.
    """
    source, version, index = plan.source, plan.source.version(), None
    if version is None:
        index = _listed(source, version)
        version = digest_of(index)
    inputs = inputs_of(plan)
    finished = _unchanged(plan, version, inputs)
    if finished is not None:
        return finished
    _say_migration(plan)
    if index is None:
        index = _listed(source, version)
    if not index.num_rows:
        raise NothingToScreenError(f"{source.name!r} holds no entry; nothing was changed")
    return Listing(index, version, inputs)


def inputs_of(plan: Plan) -> dict[str, Any]:
    """What the whole list depends on beside its sources; it stands in the manifest of a run."""
    options = plan.options
    return {
        "exclude_noncommercial": options.exclude_noncommercial,
        "dossiers": options.dossiers,
        "rank_by": options.rank_by.value,
        "evaluation_digest": _evaluation_digest(plan.home),
        **versions(plan.families, plan.in_force),
    }


def _unchanged(plan: Plan, version: str | None, inputs: Mapping[str, Any]) -> Finished | None:
    """What the newest run left, where it is whole and came of the same, and the table holds the source.

    Raises:
        DamagedTableError: what is stored of the source is damaged.
    """
    home, source = plan.home, plan.source.name
    try:
        run = latest_run(home)
    except DamagedRunError:
        return None
    if run is None or version is None or not _holds(run.manifest, inputs):
        return None
    known = run.sources.get(source, {})
    if not _holds(known, {"source_version": version, **versions(plan.families, plan.in_force)}):
        return None
    if not run.is_complete or run.damage() is not None:
        return None
    if row_count(home.structures, source) != _stored(known):
        return None  # `polywell repair` took damaged files out of the table
    try:
        screened = {name: row_count(home.predictions, name) for name in run.sources}
    except DamagedTableError:
        return None  # it is mended where its rows are made
    if any(screened[name] != _stored(facts) for name, facts in run.sources.items()):
        return None  # a source was forgotten, or a run of it interrupted: the list is made anew
    say(f"{source}: unchanged since {known['finished']} (version {version})")
    forget_work(work_folder(home, source))
    return Finished(source, Counts.of_manifest(known), home, run, is_unchanged=True)


def _say_migration(plan: Plan) -> None:
    """One sentence where the source was screened by an older program last."""
    try:
        run = latest_run(plan.home)
    except DamagedRunError:
        return
    older = None if run is None else run.sources.get(plan.source.name, {}).get("algorithm_version")
    if older not in (None, ALGORITHM_VERSION):
        say(
            f"{plan.source.name}: last screened by version {older} of the algorithm, this is version "
            f"{ALGORITHM_VERSION}: all its entries are screened anew, and every place may move"
        )


def _holds(facts: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(facts.get(name) == value for name, value in wanted.items())


def _stored(facts: Mapping[str, Any]) -> int:
    """How many entries of a source the tables held when it was listed."""
    return int(facts["entries"]) + int(facts["excluded_noncommercial"])


def _evaluation_digest(home: Home) -> str | None:
    """Digest of what `polywell validate` found, which the page tells; None without any that can be used."""
    data = home.reports / EVALUATION / EVALUATION_DATA
    if not data.exists():
        return None
    try:
        copied_evaluation(data.parent, "")
        return file_digest(data)[:16]
    except (OSError, ValueError) as error:
        aside = set_aside(home, data)
        say(f"{data} cannot be used ({error}); moved to {aside}: run `polywell validate` again", WARNING)
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
    """A version made of all ids and stamps; None where an entry has no stamp."""
    if index["stamp"].null_count:
        return None
    digest = hashlib.sha256()
    for batch in index.to_batches(max_chunksize=INDEX_ROWS):
        for key in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            for part in key:
                text = b"+" + part.encode("utf-8", "surrogatepass")
                digest.update(len(text).to_bytes(8, "big") + text)
    return f"index {digest.hexdigest()[:16]}"
