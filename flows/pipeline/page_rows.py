"""What the pages of a run show: its candidates, the first of the others, structures, and the references."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from catalog.home import Home
from catalog.store.lake import rows_of
from catalog.store.predictions import records_of
from catalog.store.schema import arrow_schema, conformed_table
from catalog.store.structures import entries_of
from polywell.evidence.anchors import reference_records
from polywell.families import Families
from polywell.records import SCREENING_COLUMNS, Candidate, Entry, EntryKey, Outcome, Screening
from reports.dossier.page import given_dossiers
from reports.run.table import shared_places


@dataclass(frozen=True)
class PageRows:
    """Records as `reports.run.page.run_files` takes them; of rejected and failed ones, those it lists."""

    ranked: list[Candidate]
    rejected: list[Screening]
    failed: list[Screening]
    structures: dict[EntryKey, Entry]
    measured: list[Screening]


def page_rows(
    home: Home,
    families: Families,
    dossiers: int,
    candidates: list[Candidate],
    rejected: pa.Table,
    failed: pa.Table,
) -> PageRows:
    """Gathers what the pages of a run show.

    Args:
        home: whose table holds the structures.
        families: the λ table.
        dossiers: how many of the first candidates get a page of their own (`reports.dossier.page`).
        candidates: all candidates, in order.
        rejected: the rejected entries; may be slim (see `catalog.store.slim`).
        failed: the failed entries, likewise.

    Raises:
        LakeError: the structures cannot be read.
    """
    keys = {one.screening.key for one in given_dossiers(candidates, dossiers)}
    return PageRows(
        candidates,
        _listed(rejected, "reason"),
        _listed(failed, "error_type"),
        entries_of(rows_of(home.structures, keys)),
        measured_candidates(families),
    )


def _listed(table: pa.Table, reason: str) -> list[Screening]:
    reasons = table.column(reason).cast(pa.string()).dictionary_encode("encode").combine_chunks()
    places = shared_places(reasons.indices.to_numpy().tolist())
    some = conformed_table(table.take(pa.array(places, pa.int64())), arrow_schema(SCREENING_COLUMNS))
    return records_of(Screening, some)


def measured_candidates(families: Families) -> list[Screening]:
    """The candidates among the reference library, whose T_c has been measured."""
    return [one for one in reference_records(families) if one.outcome is Outcome.CANDIDATE]
