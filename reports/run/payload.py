"""The typed payload of a run's page, made from its candidates, its manifest and the reference library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polywell.columns import DIGITS
from polywell.data.measured import measured_superconductors
from polywell.evidence.rows.standing import standing
from polywell.records import Candidate, EntryKey, Screening
from reports.html.cells import clipped, finite
from reports.run.advice import Advice, advice
from reports.run.chart import Chart, chart
from reports.run.correction import CorrectionTable, correction_table
from reports.run.evaluation import Evaluation
from reports.run.finding import Finding, finding
from reports.run.manifest import (
    MAX_FACT,
    NOT_LISTED,
    OWN_PLACE,
    Changes,
    Fact,
    FailureCount,
    FamilyRow,
    ReasonCount,
    SourceLine,
    changes_of,
    check_manifest,
    facts_of,
    failures_of,
    families_of,
    moment,
    order_of,
    reasons_of,
    since_last,
    sources_of,
)
from reports.run.overview import Overview, overview
from reports.run.table import CARRIED_DIGITS, Table, failed_table, ranked_table, rejected_table

TABLE_DIGITS_K = DIGITS["K"] + CARRIED_DIGITS

FAR = "far "
"""How the word for the support of an estimate begins where no measured compound is near."""

LOUD = 0.1
"""Share of failed entries from which on the page begins with it."""

SLACK = 1.1
"""A measured T_c counts as under its ceiling up to this multiple of it, as 5 % in ξ is 10 % in T_c."""


@dataclass(frozen=True)
class Envelope:
    """A plain count: measured superconductors of one family whose T_c is at most `SLACK` × ceiling."""

    family: str
    below: int
    total: int


@dataclass(frozen=True)
class NoEstimate:
    """How many candidates of a family have no estimate of T_c, and why."""

    family: str
    note: str
    candidates: int


@dataclass(frozen=True)
class AboveCeiling:
    """How many candidates are expected above their ceiling, of those with both numbers, and the furthest."""

    candidates: int
    of: int
    formula: str
    expected_k: float
    ceiling_k: float


@dataclass(frozen=True)
class RunPayload:
    """Everything the page of one run shows; `unordered` candidates lack what the list is ordered by.

    `source` is the one that was screened, `sources` all that the list holds. `since` holds places in the
    list of what is new or changed; `far` candidates are far from all measured compounds.
    """

    source: str
    started: str
    finished: str
    entries: int
    candidates: int
    rejected: int
    failed: int
    reasons: tuple[ReasonCount, ...]
    failures: tuple[FailureCount, ...]
    families: tuple[FamilyRow, ...]
    envelopes: tuple[Envelope, ...]
    built_to_published: int
    ranked_table: Table
    rejected_table: Table
    failed_table: Table
    chart: Chart
    sources: tuple[SourceLine, ...]
    run_facts: tuple[Fact, ...]
    changes: Changes | None
    since: Mapping[str, tuple[int, ...]]
    advice: Advice
    evaluation: Evaluation | None
    order: str
    unordered: int
    has_estimates: bool
    without_estimate: tuple[NoEstimate, ...]
    dossiers: int
    correction: CorrectionTable | None
    reports_known: int
    finding: Finding
    overview: Overview
    above_ceiling: AboveCeiling | None
    unestimated: int
    far: int
    stands_on: Mapping[str, int]

    @property
    def title(self) -> str:
        """What was screened, in a few words."""
        return self.source if len(self.sources) == 1 else f"{len(self.sources)} sources"

    @property
    def fails_loudly(self) -> bool:
        """Whether so many entries failed that the list cannot be taken for the whole."""
        return self.failed > 0 and self.failed >= LOUD * self.entries

    @property
    def envelope_below(self) -> int:
        """Measured superconductors of all families with T_c at most `SLACK` × ceiling."""
        return sum(envelope.below for envelope in self.envelopes)

    @property
    def envelope_total(self) -> int:
        """Measured superconductors that were compared with their ceiling."""
        return sum(envelope.total for envelope in self.envelopes)


def run_payload(
    ranked: Sequence[Candidate],
    rejected: Sequence[Screening],
    failed: Sequence[Screening],
    manifest: Mapping[str, Any],
    measured: Sequence[Screening],
    with_dossier: Collection[EntryKey] = (),
    evaluation: Evaluation | None = None,
) -> RunPayload:
    """Group and word what a run's page shows.

    Args:
        ranked: the candidates in ranked order.
        rejected: rejected entries, all or the first.
        failed: failed entries, all or the first.
        manifest: the run's manifest.
        measured: the reference library's candidates. A structure built to a published ξ lies where it was
            put, so it is neither compared nor drawn.
        with_dossier: source and id of the candidates that have a dossier.
        evaluation: what is known of how far the calibration can be believed; None where nothing is.

    Raises:
        ValueError: If the manifest lacks a key or its counts do not agree with each other or the records.
    """
    check_manifest(manifest, len(ranked), len(rejected), len(failed))
    known = [one for one in measured if _is_measured(one)]
    independent = [one for one in known if not _is_built(one)]
    families, order = manifest["families"], order_of(manifest)
    return RunPayload(
        source=clipped(manifest["source"], MAX_FACT),
        started=moment(manifest["started"]),
        finished=moment(manifest["finished"]),
        entries=int(manifest["entries"]),
        candidates=int(manifest["candidates"]),
        rejected=int(manifest["rejected"]),
        failed=int(manifest["failed"]),
        reasons=reasons_of(manifest["reasons"]),
        failures=failures_of(manifest["failures"]),
        families=families_of(families, Counter(one.screening.family for one in ranked)),
        envelopes=_envelopes(independent),
        built_to_published=len(known) - len(independent),
        ranked_table=ranked_table(ranked, with_dossier),
        rejected_table=rejected_table(rejected, int(manifest["rejected"])),
        failed_table=failed_table(failed, int(manifest["failed"])),
        chart=chart(ranked, independent, families),
        sources=sources_of(manifest["sources"]),
        run_facts=tuple(
            facts_of({key: manifest[key] for key in manifest if key not in NOT_LISTED | OWN_PLACE})
        ),
        changes=changes_of(manifest.get("changes")),
        since=since_last(manifest.get("changes"), [one.screening.key for one in ranked]),
        advice=advice(ranked, with_dossier),
        evaluation=evaluation,
        order=order.words,
        unordered=sum(order.of(one.screening, one.estimate) is None for one in ranked),
        has_estimates=any(finite(one.estimate.tc_expected_k) is not None for one in ranked),
        without_estimate=_without_estimate(ranked),
        dossiers=len(with_dossier),
        correction=correction_table(manifest.get("correction")),
        reports_known=len(measured_superconductors()),
        finding=finding(ranked),
        overview=overview(ranked),
        above_ceiling=_above_ceiling(ranked),
        unestimated=sum(finite(one.estimate.tc_expected_k) is None for one in ranked),
        far=sum((one.estimate.support_word or "").startswith(FAR) for one in ranked),
        stands_on=standing(),
    )


def _above_ceiling(ranked: Sequence[Candidate]) -> AboveCeiling | None:
    """Counted to the digits that the table of the page carries; None where there is nothing to compare."""
    both = [
        (round(expected, TABLE_DIGITS_K), round(ceiling, TABLE_DIGITS_K), one.screening)
        for one in ranked
        if (expected := finite(one.estimate.tc_expected_k)) is not None
        and (ceiling := finite(one.screening.tc_ceiling_k)) is not None
    ]
    if not both:
        return None
    above = [item for item in both if item[0] > item[1]]
    expected, ceiling, found = max(both, key=lambda item: item[0] - item[1])
    name = clipped(found.called, MAX_FACT)
    return AboveCeiling(len(above), len(both), name, expected, ceiling)


def _without_estimate(ranked: Sequence[Candidate]) -> tuple[NoEstimate, ...]:
    notes = Counter(
        (clipped(one.screening.family, MAX_FACT), clipped(one.estimate.estimate_note, MAX_FACT))
        for one in ranked
        if one.estimate.estimate_note is not None
    )
    return tuple(NoEstimate(family, note, count) for (family, note), count in notes.most_common())


def _is_measured(one: Screening) -> bool:
    measured = finite(one.provenance.tc_measured_k)
    return measured is not None and measured > 0 and one.tc_ceiling_k is not None


def _is_built(one: Screening) -> bool:
    return (one.provenance.checked or "").startswith("built to")


def _envelopes(screenings: Sequence[Screening]) -> tuple[Envelope, ...]:
    by_family: dict[str, list[bool]] = {}
    for one in screenings:
        below = (one.provenance.tc_measured_k or 0.0) <= SLACK * (one.tc_ceiling_k or 0.0)
        by_family.setdefault(str(one.family), []).append(below)
    return tuple(Envelope(name, sum(below), len(below)) for name, below in sorted(by_family.items()))
