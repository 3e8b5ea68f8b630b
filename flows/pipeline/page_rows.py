"""What the pages of a run show: its candidates, the first of the others, structures, and the references."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from catalog.home import Home
from catalog.store.lake import rows_of
from catalog.store.predictions import records_of
from catalog.store.schema import arrow_schema, conformed
from catalog.store.structures import entries_of
from flows.pipeline.ranking import Tables
from polywell.evidence.anchors import reference_records
from polywell.families import Families
from polywell.records import SCREENING_COLUMNS, Candidate, Entry, Outcome, Screening
from reports.run.table import MAX_LISTED


@dataclass(frozen=True)
class Shown:
    """Records as `reports.run.page.run_files` takes them; of rejected and failed ones, those it lists."""

    ranked: list[Candidate]
    rejected: list[Screening]
    failed: list[Screening]
    structures: dict[str, Entry]
    measured: list[Screening]


def shown(tables: Tables, home: Home, source: str, dossiers: int, families: Families) -> Shown:
    """Gathers what the pages of a run show.

    Args:
        tables: the run's tables.
        home: where the structures lie.
        source: name of the source.
        dossiers: how many of the first candidates get a page of their own.
        families: the λ table of the screening.

    Raises:
        LakeError: the structures cannot be read.
    """
    ids = {one.screening.id for one in tables.candidates[:dossiers]}
    return Shown(
        tables.candidates,
        _first(tables.rejected),
        _first(tables.failed),
        entries_of(rows_of(home.structures, source, ids)),
        measured_candidates(families),
    )


def _first(table: pa.Table) -> list[Screening]:
    schema = arrow_schema(SCREENING_COLUMNS)
    batches = [conformed(batch, schema) for batch in table.slice(0, MAX_LISTED).to_batches()]
    return records_of(Screening, pa.Table.from_batches(batches, schema))


def measured_candidates(families: Families) -> list[Screening]:
    """The candidates among the reference library, whose T_c has been measured."""
    return [one for one in reference_records(families) if one.outcome is Outcome.CANDIDATE]
