"""The fourth step of a run: the candidates of a source corrected, estimated and ranked together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.sources.licences import is_noncommercial
from catalog.store.lake import scan
from catalog.store.predictions import records_of, with_records
from catalog.store.schema import arrow_schema, conformed_table, entry_schema
from catalog.store.slim import slim, sorted_rows
from flows.pipeline.finished import Counts, Verdict
from flows.pipeline.plan import Plan
from flows.pipeline.screening import Screened
from flows.progress import say
from polywell.evidence.calibration import Calibration
from polywell.evidence.corrected_database import CorrectedDatabase
from polywell.evidence.estimates import estimated
from polywell.families import Families
from polywell.ranking import RankBy
from polywell.ranking import rank as rank_candidates
from polywell.records import SCREENING_COLUMNS, Candidate, Outcome, Screening, Sighting


@dataclass(frozen=True)
class Ranked:
    """The tables that are to be published: candidates by rank, the others by id.

    The others may be all that a database holds: their tables are slim (see `catalog.store.slim`).

    Attributes:
        candidates: the same as the rows of `ranked`.
        ranked: all candidates, in order.
        rejected: all rejected entries.
        failed: all failed entries.
        excluded: how many entries their licence kept out.
        database: the correction of the database.
        counts: how many entries came out as what.
    """

    candidates: list[Candidate]
    ranked: pa.Table
    rejected: pa.Table
    failed: pa.Table
    excluded: int
    database: CorrectedDatabase
    counts: Counts

    @property
    def facts(self) -> dict[str, Any]:
        """What the record of the run keeps of it."""
        return {
            "entries": self.counts.entries,
            "candidates": self.counts.candidates,
            "rejected": self.counts.rejected,
            "failed": self.counts.failed,
            "corrected": self.database.corrected,
            "suspect": self.database.suspect,
        }

    def without_estimate(self) -> dict[str, int]:
        """Why candidates have no estimate of T_c, each with their number."""
        notes = (one.estimate.estimate_note for one in self.candidates)
        return dict(Counter(note for note in notes if note is not None))


def rank(plan: Plan, screened: Screened) -> Ranked:
    """Reads the predictions of a source, corrects and estimates the candidates together, and ranks them.

    Entries that the options leave out for their licence take no part in the correction either.

    Raises:
        LostEntriesError: an entry is missing or came twice.
        LakeError: the table cannot be read.
    """
    tables, excluded = _by_outcome(plan)
    counts = Counts.of(screened.entries - excluded, _verdicts(tables))
    say(f"predictions: {counts.sentence}")
    if excluded:
        say(f"left out: {excluded} entries whose licence forbids commercial use")
    say(f"calibration: {plan.in_force.sentence}")
    if plan.in_force.note:
        say(plan.in_force.note)
    candidates, ranked, database = _ranked(
        tables[Outcome.CANDIDATE], plan.families, plan.options.rank_by, plan.in_force.calibration
    )
    say(f"correction: {database.sentence}")
    result = Ranked(
        candidates, ranked, tables[Outcome.REJECTED], tables[Outcome.FAILED], excluded, database, counts
    )
    for note, count in result.without_estimate().items():
        say(f"no estimate for {count} of {counts.candidates} candidates: {note}")
    return result


def _by_outcome(plan: Plan) -> tuple[dict[Outcome, pa.Table], int]:
    """The stored predictions of the source by outcome, and how many were left out for their licence."""
    schema = arrow_schema(SCREENING_COLUMNS)
    kept: dict[Outcome, list[pa.RecordBatch]] = {outcome: [] for outcome in Outcome}
    excluded = 0
    for batch in scan(plan.home.predictions, plan.source.name, schema.names):
        some = _commercial(batch) if plan.options.exclude_noncommercial else batch
        excluded += batch.num_rows - some.num_rows
        few = slim(some)
        for outcome, parts in kept.items():
            is_such = pc.equal(few.column("outcome"), outcome.value)
            parts.append((some if outcome is Outcome.CANDIDATE else few).filter(is_such))
    tables = {outcome: sorted_rows(parts, schema) for outcome, parts in kept.items()}
    tables[Outcome.CANDIDATE] = tables[Outcome.CANDIDATE].cast(schema)
    return tables, excluded


def _verdicts(tables: Mapping[Outcome, pa.Table]) -> dict[Verdict, int]:
    """How often each verdict was given."""
    names = ["reason", "error_type"]
    narrow = pa.schema([entry_schema().field(name) for name in names])
    counted = {}
    for outcome, table in tables.items():
        rows = conformed_table(table, narrow)
        for row in rows.group_by(names).aggregate([([], "count_all")]).to_pylist():
            counted[outcome.value, row["reason"], row["error_type"]] = row["count_all"]
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
    places = {screening.id: place for place, screening in enumerate(screenings)}
    order = table.take(pa.array([places[one.screening.id] for one in candidates], pa.int64()))
    ranked = with_records(conformed_table(order, entry_schema()), [one.estimate for one in candidates])
    return candidates, with_records(ranked, [one.place for one in candidates]), database
