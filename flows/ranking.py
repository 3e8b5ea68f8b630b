"""The tables of a run in the order in which they are published, made from the stored predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from catalog.home import Home
from catalog.lake import scan
from catalog.predictions import OUTLINE, row_to_outline
from catalog.schema import entry_schema
from catalog.sources.licences import is_noncommercial
from flows.manifest import Counts
from polywell.ranking import rank
from polywell.records import Outcome


@dataclass(frozen=True)
class Tables:
    """Candidates by rank, the others by id; and how many entries their licence kept out."""

    ranked: pa.Table
    rejected: pa.Table
    failed: pa.Table
    excluded: int

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


def tables_of(home: Home, source: str, without_noncommercial: bool) -> Tables:
    """Reads the predictions of a source and ranks the candidates.

    Args:
        home: where the table lies.
        source: name of the source.
        without_noncommercial: leave out entries whose licence forbids commercial use.
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
    ranked = _ranked(tables[Outcome.CANDIDATE])
    return Tables(ranked, tables[Outcome.REJECTED], tables[Outcome.FAILED], excluded)


def _read(home: Home, source: str, outcome: Outcome) -> pa.Table:
    schema = entry_schema()
    return pa.Table.from_batches(scan(home.predictions, source, schema.names, outcome.value), schema)


def _ranked(table: pa.Table) -> pa.Table:
    outlines = [row_to_outline(row) for row in table.select(OUTLINE).to_pylist()]
    places = {record.id: place for place, record in enumerate(outlines)}
    order = rank(outlines)
    result = table.take(pa.array([places[record.id] for record in order], pa.int64()))
    for name in ("rank", "rank_calibrated", "rank_in_compound"):
        field = result.schema.field(name)
        values = pa.array([getattr(record, name) for record in order], field.type)
        result = result.set_column(result.schema.get_field_index(name), field, values)
    return result
