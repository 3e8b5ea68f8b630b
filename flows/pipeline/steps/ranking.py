"""The fourth step of a run: the candidates of all sources of a home corrected, estimated and ranked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from logging import WARNING
from shlex import quote
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.home import Home
from catalog.runs.published import newest_by_source, published_runs
from catalog.sources.licences import is_noncommercial
from catalog.sources.registry import is_same_place
from catalog.store.delta.lake import row_count, scan
from catalog.store.predictions import records_of, with_records
from catalog.store.schema import arrow_schema, conformed_table, entry_schema
from catalog.store.shards import work_folder
from catalog.store.slim import slim, sorted_rows
from flows.pipeline.finished import Counts, Verdict
from flows.pipeline.pending import MADE_WITH
from flows.pipeline.plan import Plan
from flows.pipeline.steps.screening import Screened
from flows.pipeline.versions import screening_settings
from flows.progress import say
from polywell.evidence.calibration import Calibration
from polywell.evidence.corrected_database import CorrectedDatabase
from polywell.evidence.estimates import estimated
from polywell.families import Families
from polywell.ranking import RankBy
from polywell.ranking import rank as rank_candidates
from polywell.records import SCREENING_COLUMNS, Candidate, Outcome, Screening, Sighting


@dataclass(frozen=True)
class Listed:
    """One source in the list: how its entries came out, and how many of them their licence kept out.

    `facts` are those that the newest run kept of it; empty for the source that is screened by this one.
    """

    counts: Counts
    excluded: int
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Ranked:
    """The tables that are to be published: candidates by rank, the others by source and id.

    The others may be all that a database holds: their tables are slim (see `catalog.store.slim`).

    Attributes:
        candidates: the same as the rows of `ranked`.
        ranked: all candidates, in order.
        rejected: all rejected entries.
        failed: all failed entries.
        sources: the sources whose entries these are, by name.
        source: the one that was screened.
        database: the corrections of the databases, each by its own anchors.
    """

    candidates: list[Candidate]
    ranked: pa.Table
    rejected: pa.Table
    failed: pa.Table
    sources: Mapping[str, Listed]
    source: str
    database: CorrectedDatabase

    @property
    def counts(self) -> Counts:
        """How many entries of the source that was screened came out as what."""
        return self.sources[self.source].counts

    @property
    def facts(self) -> dict[str, Any]:
        """What the record of the run keeps of it."""
        return {
            "entries": self.counts.entries,
            "candidates": self.counts.candidates,
            "rejected": self.counts.rejected,
            "failed": self.counts.failed,
            "listed_candidates": len(self.candidates),
            "corrected": self.database.corrected,
            "suspect": self.database.suspect,
        }

    def without_estimate(self) -> dict[str, int]:
        """Why candidates have no estimate of T_c, each with their number."""
        notes = (one.estimate.estimate_note for one in self.candidates)
        return dict(Counter(note for note in notes if note is not None))


def rank(plan: Plan, screened: Screened) -> Ranked:
    """Reads the predictions of all sources of the home, and ranks their candidates in one list.

    Each database is corrected by its own anchors; entries of one compound, whatever their source, speak of
    one geometry. Entries that the options leave out for their licence take no part in the correction either.

    Raises:
        LostEntriesError: an entry is missing or came twice.
        LakeError: the table cannot be read.
    """
    own = plan.source.name
    facts = {own: {}, **other_sources(plan.home, own, screening_settings(plan.families))}
    tables, excluded = _by_outcome(plan, sorted(facts))
    verdicts = _verdicts(tables)
    counts = Counts.of(screened.entries - excluded[own], verdicts[own])
    say(f"predictions: {counts.sentence}")
    if excluded[own]:
        say(f"left out: {excluded[own]} entries whose licence forbids commercial use")
    sources = {own: Listed(counts, excluded[own], {})}
    for name in sorted(facts.keys() - {own}):
        of_it = verdicts[name]
        sources[name] = Listed(Counts.of(sum(of_it.values()), of_it), excluded[name], facts[name])
        say(f"beside it: {name}: {sources[name].counts.sentence}")
        if is_same_place(name, own):
            say(
                f"{name} and {own} are the same place, and its entries stand twice in the list: "
                f"`polywell forget {quote(name)}` takes one of them out",
                WARNING,
            )
    say(f"calibration: {plan.in_force.sentence}")
    if plan.in_force.note:
        say(plan.in_force.note)
    candidates, ranked, database = _ranked(
        tables[Outcome.CANDIDATE], plan.families, plan.options.rank_by, plan.in_force.calibration
    )
    say(f"correction: {database.sentence}")
    result = Ranked(
        candidates, ranked, tables[Outcome.REJECTED], tables[Outcome.FAILED], sources, own, database
    )
    for note, count in result.without_estimate().items():
        say(f"no estimate for {count} of {len(candidates)} candidates: {note}")
    return result


def other_sources(home: Home, own: str, settings: Mapping[str, str | int]) -> dict[str, Mapping[str, Any]]:
    """The other sources that stand in the home's list, with the facts of the newest run that lists each.

    One that was screened with other settings is left out until it is screened again, and one whose newest run
    was interrupted loses its version, so that its next run looks at everything.

    Args:
        home: where the tables and runs lie.
        own: the source that is screened now.
        settings: what predictions depend on beside the rows.

    Raises:
        LakeError: the table cannot be read.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for name, run in newest_by_source(published_runs(home, complete=True)).items():
        count = row_count(home.predictions, name)
        if name == own or not count:
            continue
        if not _is_made_with(scan(home.predictions, name, MADE_WITH), settings):
            say(f"{name} was screened by another program or λ table; it is listed again once it is screened")
            continue
        facts = dict(run.sources[name])
        if work_folder(home, name).exists() or row_count(home.structures, name) != count:
            say(f"the newest run of {name} was interrupted: listed as it stands; screen it again")
            facts["source_version"] = None
        found[name] = facts
    return found


def _is_made_with(batches: Iterable[pa.RecordBatch], settings: Mapping[str, str | int]) -> bool:
    """Whether all rows were made with these settings."""
    return all(
        pc.all(pc.equal(batch.column(name), settings[name]).fill_null(False)).as_py()
        for batch in batches
        for name in MADE_WITH
    )


def _by_outcome(plan: Plan, sources: Iterable[str]) -> tuple[dict[Outcome, pa.Table], Counter[str]]:
    """The stored predictions of some sources by outcome, and how many were left out for their licence."""
    schema = arrow_schema(SCREENING_COLUMNS)
    kept: dict[Outcome, list[pa.RecordBatch]] = {outcome: [] for outcome in Outcome}
    excluded: Counter[str] = Counter()
    for source in sources:
        for batch in scan(plan.home.predictions, source, schema.names):
            some = _commercial(batch) if plan.options.exclude_noncommercial else batch
            excluded[source] += batch.num_rows - some.num_rows
            few = slim(some)
            for outcome, parts in kept.items():
                for part in [some] if outcome is Outcome.CANDIDATE else few:
                    parts.append(part.filter(pc.equal(part.column("outcome"), outcome.value)))
    tables = {outcome: sorted_rows(parts, schema) for outcome, parts in kept.items()}
    tables[Outcome.CANDIDATE] = conformed_table(tables[Outcome.CANDIDATE], schema)
    return tables, excluded


def _verdicts(tables: Mapping[Outcome, pa.Table]) -> dict[str, dict[Verdict, int]]:
    """How often each verdict was given, by source."""
    names = ["source", "reason", "error_type"]
    narrow = pa.schema([entry_schema().field(name) for name in names])
    counted: dict[str, dict[Verdict, int]] = defaultdict(dict)
    for outcome, table in tables.items():
        rows = conformed_table(table, narrow)
        for row in rows.group_by(names).aggregate([([], "count_all")]).to_pylist():
            verdict = outcome.value, row["reason"], row["error_type"]
            counted[row["source"]][verdict] = row["count_all"]
    return counted


def _commercial(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows whose licence, as far as it is known, allows commercial use."""
    licences = batch.column("licence").unique().to_pylist()
    closed = pa.array([licence for licence in licences if is_noncommercial(licence)], pa.string())
    return batch.filter(pc.invert(pc.is_in(batch.column("licence"), value_set=closed)))


def _ranked(
    table: pa.Table, families: Families, rank_by: RankBy, calibration: Calibration
) -> tuple[list[Candidate], pa.Table, CorrectedDatabase]:
    screenings = records_of(Screening, table)
    estimates, database = estimated(screenings, calibration, families)
    found = list(zip(screenings, estimates, strict=True))
    candidates = rank_candidates(found, rank_by, records_of(Sighting, table))
    places = {screening.key: place for place, screening in enumerate(screenings)}
    order = table.take(pa.array([places[one.screening.key] for one in candidates], pa.int64()))
    ranked = with_records(conformed_table(order, entry_schema()), [one.estimate for one in candidates])
    return candidates, with_records(ranked, [one.place for one in candidates]), database
