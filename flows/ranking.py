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
        names = ["outcome", "reason", "error_type"]
        together = pa.concat_tables([table.select(names) for table in self.of().values()])
        counted = together.group_by(names).aggregate([([], "count_all")]).to_pylist()
        said = {(row["outcome"], row["reason"], row["error_type"]): row["count_all"] for row in counted}
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
    whole = pa.Table.from_batches(scan(home.predictions, source, entry_schema().names), entry_schema())
    entries = whole.num_rows
    if without_noncommercial:
        licences = whole["licence"].unique().to_pylist()
        closed = pa.array([licence for licence in licences if is_noncommercial(licence)], pa.string())
        whole = whole.filter(pc.invert(pc.is_in(whole["licence"], value_set=closed)))
    excluded = entries - whole.num_rows
    order = pc.sort_indices(whole["id"])
    said = whole["outcome"].take(order)
    tables = {
        outcome: whole.take(order.filter(pc.equal(said, outcome.value).combine_chunks()))
        for outcome in Outcome
    }
    del whole
    ranked, database = _ranked(tables[Outcome.CANDIDATE], families, rank_by)
    return Tables(ranked, tables[Outcome.REJECTED], tables[Outcome.FAILED], excluded, database)


def _ranked(table: pa.Table, families: Families, rank_by: RankBy) -> tuple[pa.Table, CorrectedDatabase]:
    said, database = estimated(grouped(outlined_candidates(table)), built_in_calibration(), families)
    places = {record.id: place for place, record in enumerate(said)}
    order = rank(said, rank_by)
    result = table.take(pa.array([places[record.id] for record in order], pa.int64()))
    return with_fields(result, order, FOUND_TOGETHER), database
