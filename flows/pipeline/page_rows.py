"""What the pages of a run show: rows of its tables, structures of its first candidates, the references."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from catalog.home import Home
from catalog.store.lake import rows_of
from catalog.store.predictions import record_to_row
from catalog.store.schema import Row
from flows.pipeline.ranking import Tables
from polywell.evidence.anchors import reference_records
from polywell.families import Families
from polywell.records import Outcome
from reports.run.table import FAILED_SHOWN, MAX_LISTED, REJECTED_SHOWN


@dataclass(frozen=True)
class Shown:
    """Rows as `reports.run.page.run_files` takes them; of rejected and failed ones, the columns it lists."""

    ranked: list[Row]
    rejected: list[Row]
    failed: list[Row]
    structures: dict[str, Row]
    measured: list[Row]


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
    ranked = tables.ranked.to_pylist()
    return Shown(
        ranked,
        _first(tables.rejected, REJECTED_SHOWN),
        _first(tables.failed, FAILED_SHOWN),
        rows_of(home.structures, source, {str(row["id"]) for row in ranked[:dossiers]}),
        measured_rows(families),
    )


def _first(table: pa.Table, names: Sequence[str]) -> list[Row]:
    return list(table.select(names).slice(0, MAX_LISTED).to_pylist())


def measured_rows(families: Families) -> list[Row]:
    """Predictions for the candidates among the reference library, whose T_c has been measured."""
    records = reference_records(families)
    return [record_to_row(record) for record in records if record.outcome is Outcome.CANDIDATE]
