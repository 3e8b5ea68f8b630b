"""The tables of a run in the order in which they are published, made from the stored predictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from catalog.home import Home
from catalog.sources.licences import is_noncommercial
from catalog.store.lake import scan
from catalog.store.predictions import records_of, with_records
from catalog.store.schema import arrow_schema, conformed, entry_schema
from catalog.store.slim import slim, sorted_rows
from flows.pipeline.manifest import Counts
from polywell.evidence.calibration_table import built_in_calibration
from polywell.evidence.corrected_database import CorrectedDatabase
from polywell.evidence.estimates import estimated
from polywell.families import Families
from polywell.ranking import DEFAULT, RankBy, rank
from polywell.records import SCREENING_COLUMNS, Candidate, Outcome, Screening, Sighting


@dataclass(frozen=True)
class Tables:
    """Candidates by rank, the others by id; how many entries their licence kept out; the correction.

    `ranked` holds the same rows as `candidates`. The others may be all that a database holds: their tables
    are slim (see `catalog.store.slim`).
    """

    candidates: list[Candidate]
    ranked: pa.Table
    rejected: pa.Table
    failed: pa.Table
    excluded: int
    database: CorrectedDatabase

    def of(self) -> Mapping[Outcome, pa.Table]:
        """The tables by outcome."""
        return {
            Outcome.CANDIDATE: self.ranked,
            Outcome.REJECTED: self.rejected,
            Outcome.FAILED: self.failed,
        }

    def without_estimate(self) -> dict[str, int]:
        """Why candidates have no estimate of T_c, each with their number."""
        notes = (one.estimate.estimate_note for one in self.candidates)
        return dict(Counter(note for note in notes if note is not None))

    def counts(self, entries: int) -> Counts:
        """Counts what is in the tables, of a run that took in `entries` entries.

        Raises:
            LostEntriesError: an entry is missing or came twice.
        """
        names = ["reason", "error_type"]
        narrow = pa.schema([entry_schema().field(name) for name in names])
        said = {}
        for outcome, table in self.of().items():
            rows = pa.Table.from_batches([conformed(part, narrow) for part in table.to_batches()], narrow)
            for row in rows.group_by(names).aggregate([([], "count_all")]).to_pylist():
                said[outcome.value, row["reason"], row["error_type"]] = row["count_all"]
        return Counts.tally(entries - self.excluded, said)


def tables_of(
    home: Home,
    source: str,
    families: Families,
    without_noncommercial: bool = False,
    rank_by: RankBy = DEFAULT,
) -> Tables:
    """Reads the predictions of a source, corrects and estimates the candidates together, and ranks them.

    Args:
        home: where the table lies.
        source: name of the source.
        families: the λ table of the screening.
        without_noncommercial: leave out entries whose licence forbids commercial use; they take no part in
            the correction either.
        rank_by: the order of the list.
    """
    schema = arrow_schema(SCREENING_COLUMNS)
    kept: dict[Outcome, list[pa.RecordBatch]] = {outcome: [] for outcome in Outcome}
    excluded = 0
    for batch in scan(home.predictions, source, schema.names):
        some = _commercial(batch) if without_noncommercial else batch
        excluded += batch.num_rows - some.num_rows
        few = slim(some)
        for outcome, parts in kept.items():
            is_such = pc.equal(few.column("outcome"), outcome.value)
            parts.append((some if outcome is Outcome.CANDIDATE else few).filter(is_such))
    tables = {outcome: sorted_rows(parts, schema) for outcome, parts in kept.items()}
    candidates, ranked, database = _ranked(tables[Outcome.CANDIDATE].cast(schema), families, rank_by)
    return Tables(candidates, ranked, tables[Outcome.REJECTED], tables[Outcome.FAILED], excluded, database)


def _commercial(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows whose licence, as far as it is known, allows commercial use."""
    licences = batch.column("licence").unique().to_pylist()
    closed = pa.array([licence for licence in licences if is_noncommercial(licence)], pa.string())
    return batch.filter(pc.invert(pc.is_in(batch.column("licence"), value_set=closed)))


def _ranked(
    table: pa.Table, families: Families, rank_by: RankBy
) -> tuple[list[Candidate], pa.Table, CorrectedDatabase]:
    screenings = records_of(Screening, table)
    estimates, database = estimated(screenings, built_in_calibration(), families)
    found = list(zip(screenings, estimates, strict=True))
    candidates = rank(found, rank_by, records_of(Sighting, table))
    places = {screening.id: place for place, screening in enumerate(screenings)}
    order = table.take(pa.array([places[one.screening.id] for one in candidates], pa.int64()))
    schema = entry_schema()
    whole = pa.Table.from_batches([conformed(batch, schema) for batch in order.to_batches()], schema)
    ranked = with_records(whole, [one.estimate for one in candidates])
    return candidates, with_records(ranked, [one.place for one in candidates]), database
