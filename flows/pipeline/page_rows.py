"""The pages of a run: its candidates, the first of the others, structures, and the references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter

from catalog.runs.published import PublishedRun
from catalog.store.delta.lake import rows_of
from catalog.store.durable import difference_from, read_json
from catalog.store.predictions import records_of
from catalog.store.schema import arrow_schema, conformed_table
from catalog.store.structures import entries_of
from polywell.evidence.anchors import reference_records
from polywell.families import Families
from polywell.records import SCREENING_COLUMNS, Candidate, Outcome, Screening
from reports.dossier.next_to_try import NextLines
from reports.dossier.page import FOLDER, given_dossiers
from reports.html.names import EVALUATION
from reports.html.writing import File
from reports.run.table import shared_places

PROGRAM = ("code_digest", "reference_digest", "library_versions")
"""What the manifest holds of all that neighbours depend on beside a structure."""


def page_files(
    run: PublishedRun,
    families: Families,
    dossiers: int,
    candidates: list[Candidate],
    rejected: pa.Table,
    failed: pa.Table,
    before: Mapping[str, NextLines] = MappingProxyType({}),
) -> Iterator[File]:
    """The pages of a run, as `reports.run.page.run_files` gives them.

    Args:
        run: the run, published; the table of its home holds the structures.
        families: the λ table, for the measured compounds beside the candidates.
        dossiers: how many of the first candidates get a page of their own (`reports.dossier.page`).
        candidates: all candidates, in order.
        rejected: the rejected entries; may be slim (see `catalog.store.slim`).
        failed: the failed entries, likewise.
        before: what `next_before` gives, where there was a run before.

    Raises:
        LakeError: the structures cannot be read.
    """
    from reports.run.page import run_files  # with matplotlib, which who explains an entry needs not

    home, keys = run.home, {one.screening.key for one in given_dossiers(candidates, dossiers)}
    return run_files(
        home.reports / "latest", candidates, _listed(rejected, "reason"), _listed(failed, "error_type"),
        run.manifest, measured_candidates(families), entries_of(rows_of(home.structures, keys)), dossiers,
        home.reports / EVALUATION, before,
    )  # fmt: skip


def _listed(table: pa.Table, reason: str) -> list[Screening]:
    reasons = table.column(reason).cast(pa.string()).dictionary_encode("encode").combine_chunks()
    places = shared_places(reasons.indices.to_numpy().tolist())
    some = conformed_table(table.take(pa.array(places, pa.int64())), arrow_schema(SCREENING_COLUMNS))
    return records_of(Screening, some)


def next_before(run: PublishedRun | None, manifest: Mapping[str, Any]) -> dict[str, NextLines]:
    """What the dossiers of the run before said to try next, by the sha256 of the CIF that they gave.

    It depends on the structure, the program and its references alone, and is half of what a dossier costs.

    Args:
        run: the run before; None where there was none.
        manifest: that of the new run; nothing is taken over from another program.
    """
    if run is None or any(run.manifest.get(name) != manifest[name] for name in PROGRAM):
        return {}
    found, lines = {}, TypeAdapter(NextLines)
    for name, digest in run.pages.items():
        path = run.home.reports / name
        if path.match(f"{FOLDER}/*.json") and difference_from(path, digest) is None:
            said = read_json(path) or {}
            found[said["cif_sha256"]] = lines.validate_python(said["next_to_try"])
    return found


def measured_candidates(families: Families) -> list[Screening]:
    """The candidates among the reference library, whose T_c has been measured."""
    return [one for one in reference_records(families) if one.outcome is Outcome.CANDIDATE]
