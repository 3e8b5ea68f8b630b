"""The tables of a run in the order in which they are published, made from the stored predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from catalog.home import Home
from catalog.lake import scan
from catalog.predictions import FOUND_TOGETHER, outlined_candidates, with_fields
from catalog.schema import entry_schema
from catalog.sources.licences import is_noncommercial
from flows.manifest import Counts
from polywell.compounds import grouped
from polywell.evidence.calibration_text import built_in_calibration
from polywell.evidence.corrected_database import CorrectedDatabase
from polywell.evidence.estimates import estimated
from polywell.families import Families
from polywell.ranking import DEFAULT, RankBy, rank
from polywell.records import Outcome


@dataclass(frozen=True)
class Tables:
    """Candidates by rank, the others by id; how many entries their licence kept out; the correction."""

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

    def counts(self, entries: int) -> Counts:
        """Counts what is in the tables, of a run that took in `entries` entries.

        Raises:
            LostEntriesError: an entry is missing or came twice.
        """
        said = (
            row
            for table in self.of().values()
            for batch in table.select(["outcome", "reason", "error_type"]).to_batches()
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        )
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
    excluded = 0
    tables: dict[Outcome, pa.Table] = {}
    for outcome in Outcome:
        table = _read(home, source, outcome)
        if without_noncommercial:
            licences = table["licence"].unique().to_pylist()
            closed = pa.array([licence for licence in licences if is_noncommercial(licence)], pa.string())
            kept = table.filter(pc.invert(pc.is_in(table["licence"], value_set=closed)))
            excluded += table.num_rows - kept.num_rows
            table = kept
        tables[outcome] = table.take(pc.sort_indices(table["id"]))
    ranked, database = _ranked(tables[Outcome.CANDIDATE], families, rank_by)
    return Tables(ranked, tables[Outcome.REJECTED], tables[Outcome.FAILED], excluded, database)


def _read(home: Home, source: str, outcome: Outcome) -> pa.Table:
    schema = entry_schema()
    return pa.Table.from_batches(scan(home.predictions, source, schema.names, outcome.value), schema)


def _ranked(table: pa.Table, families: Families, rank_by: RankBy) -> tuple[pa.Table, CorrectedDatabase]:
    said, database = estimated(grouped(outlined_candidates(table)), built_in_calibration(), families)
    places = {record.id: place for place, record in enumerate(said)}
    order = rank(said, rank_by)
    result = table.take(pa.array([places[record.id] for record in order], pa.int64()))
    return with_fields(result, order, FOUND_TOGETHER), database
