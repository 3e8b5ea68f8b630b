"""The typed payload of a run's page, made from catalog rows, the manifest and the reference library."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from polywell.data.measured import measured_superconductors
from polywell.ranking import RankBy
from polywell.records import REASON_MEANING, Reason
from reports.run.advice import Advice, advice
from reports.run.chart import Chart, chart
from reports.run.correction import CorrectionTable, correction_table
from reports.run.evaluation import Evaluation
from reports.run.table import Row, Table, clipped, failed_table, finite, ranked_table, rejected_table

SLACK = 1.1
"""A measured T_c counts as under its ceiling up to this multiple of it, as 5 % in ξ is 10 % in T_c."""

NOT_LISTED = frozenset(
    "source source_description started finished entries candidates rejected failed "
    "reasons failures families".split()
)
"""Keys of the manifest that have a place of their own on the page."""

OWN_PLACE = frozenset({"changes", "correction", "without_estimate"})
"""Keys that a manifest may lack, and that have a place of their own when it has them."""

MAX_FACT = 400
MAX_CHANGES = 12
"""Changes of each kind that the page names; the manifest beside the catalog holds more."""


@dataclass(frozen=True)
class ReasonCount:
    """How many entries one reason of the closed list rejected, with its sentence."""

    reason: str
    meaning: str
    count: int


@dataclass(frozen=True)
class FailureCount:
    """How many entries one type of error ended."""

    error_type: str
    count: int


@dataclass(frozen=True)
class FamilyRow:
    """One row of the λ table that the run used; λ and its spread in K·Å²."""

    name: str
    metal: str
    cages: str
    ligands: str
    lambda_k_ang2: float
    spread_k_ang2: float
    source: str
    candidates: int


@dataclass(frozen=True)
class Envelope:
    """A plain count: measured superconductors of one family whose T_c is at most `SLACK` × ceiling."""

    family: str
    below: int
    total: int


@dataclass(frozen=True)
class Fact:
    """One line of the manifest, as text."""

    name: str
    value: str


@dataclass(frozen=True)
class ChangeLine:
    """One candidate that came, moved or left, its ceiling in K, and why."""

    formula: str
    id: str
    tc_ceiling_k: float | None
    why: str


@dataclass(frozen=True)
class Changes:
    """What differs from the last run of the same source: kind, how many, and the first of them."""

    since: str
    kinds: tuple[tuple[str, int, tuple[ChangeLine, ...]], ...]


@dataclass(frozen=True)
class RunPayload:
    """Everything the page of one run shows."""

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
    source_facts: tuple[Fact, ...]
    run_facts: tuple[Fact, ...]
    changes: Changes | None
    advice: Advice
    evaluation: Evaluation | None
    order: str
    has_estimates: bool
    dossiers: int
    correction: CorrectionTable | None
    reports_known: int

    @property
    def envelope_below(self) -> int:
        """Measured superconductors of all families with T_c at most `SLACK` × ceiling."""
        return sum(envelope.below for envelope in self.envelopes)

    @property
    def envelope_total(self) -> int:
        """Measured superconductors that were compared with their ceiling."""
        return sum(envelope.total for envelope in self.envelopes)


def run_payload(
    ranked: Sequence[Row],
    rejected: Sequence[Row],
    failed: Sequence[Row],
    manifest: Mapping[str, Any],
    measured: Sequence[Row],
    with_dossier: Collection[str] = (),
    evaluation: Evaluation | None = None,
) -> RunPayload:
    """Group and word what a run's page shows.

    Args:
        ranked: rows of the candidates in ranked order, with the columns of `polywell.columns`.
        rejected: rows of the rejected entries.
        failed: rows of the failed entries.
        manifest: the run's manifest.
        measured: rows of the reference library's candidates: id, formula, family, xi_ceiling_ang,
            tc_ceiling_k, tc_measured_k, tc_measured_kind, checked. A structure built to a published ξ
            lies where it was put, so it is neither compared nor drawn.
        with_dossier: ids of the candidates that have a dossier.
        evaluation: what is known of how far the calibration can be believed; None where nothing is.

    Raises:
        ValueError: If the manifest lacks a key or its counts do not agree with each other or the rows.
        KeyError: If a row lacks a column.
    """
    _check_manifest(manifest, len(ranked), len(rejected), len(failed))
    known = [row for row in measured if _is_measured(row)]
    independent = [row for row in known if not _is_built(row)]
    families, failures = manifest["families"], manifest["failures"]
    return RunPayload(
        source=clipped(manifest["source"], MAX_FACT),
        started=_moment(manifest["started"]),
        finished=_moment(manifest["finished"]),
        entries=int(manifest["entries"]),
        candidates=int(manifest["candidates"]),
        rejected=int(manifest["rejected"]),
        failed=int(manifest["failed"]),
        reasons=_reasons(manifest["reasons"]),
        failures=tuple(FailureCount(clipped(name, MAX_FACT), n) for name, n in _by_count(failures)),
        families=tuple(_family(row, ranked) for row in families),
        envelopes=_envelopes(independent),
        built_to_published=len(known) - len(independent),
        ranked_table=ranked_table(ranked, with_dossier),
        rejected_table=rejected_table(rejected, int(manifest["rejected"])),
        failed_table=failed_table(failed, int(manifest["failed"])),
        chart=chart(ranked, independent, families),
        source_facts=tuple(_facts(manifest["source_description"])),
        run_facts=tuple(
            _facts({key: manifest[key] for key in manifest if key not in NOT_LISTED | OWN_PLACE})
        ),
        changes=_changes(manifest.get("changes")),
        advice=advice(ranked, with_dossier),
        evaluation=evaluation,
        order=order_of(manifest),
        dossiers=len(with_dossier),
        correction=correction_table(manifest.get("correction")),
        reports_known=len(measured_superconductors()),
        has_estimates=any(finite(row.get("tc_expected_k")) is not None for row in ranked),
    )


def order_of(manifest: Mapping[str, Any]) -> str:
    """What the list is ordered by; runs that do not say it were ordered by the ceiling."""
    return RankBy(manifest.get("rank_by", RankBy.CEILING)).words


def _check_manifest(manifest: Mapping[str, Any], ranked: int, rejected: int, failed: int) -> None:
    missing = sorted(NOT_LISTED - set(manifest))
    if missing:
        raise ValueError(f"the manifest lacks {', '.join(missing)}: pass the manifest of a published run")
    total = manifest["candidates"] + manifest["rejected"] + manifest["failed"]
    if manifest["entries"] != total:
        raise ValueError(
            f"the manifest counts {manifest['entries']} entries, but its candidates, rejected and failed "
            f"sum to {total}: publish the run again"
        )
    for name, rows in (("candidates", ranked), ("rejected", rejected), ("failed", failed)):
        count = manifest[name]
        if rows > count or (name == "candidates" and rows != count):
            raise ValueError(f"{rows} rows for {count} {name} of the manifest: pass the rows of the same run")


def _moment(iso: str) -> str:
    """Write an ISO time for reading; a time without a zone is taken as UTC, as the manifest keeps it."""
    moment = datetime.fromisoformat(iso)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def _reasons(counts: Mapping[str, int]) -> tuple[ReasonCount, ...]:
    meanings = {reason.value: meaning for reason, meaning in REASON_MEANING.items()}
    unknown = sorted(set(counts) - set(meanings))
    if unknown:
        allowed = ", ".join(reason.value for reason in Reason)
        raise ValueError(f"the manifest counts unknown reasons {unknown}; expected some of {allowed}")
    return tuple(ReasonCount(name, meanings[name], count) for name, count in _by_count(counts))


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(((name, n) for name, n in counts.items() if n), key=lambda item: (-item[1], item[0]))


def _family(row: Mapping[str, Any], ranked: Sequence[Row]) -> FamilyRow:
    return FamilyRow(
        name=clipped(row["name"], MAX_FACT),
        metal=clipped(row["metal"], MAX_FACT),
        cages=clipped(", ".join(row["cages"]), MAX_FACT),
        ligands=clipped(", ".join(row["ligands"]), MAX_FACT),
        lambda_k_ang2=float(row["lambda_k_ang2"]),
        spread_k_ang2=float(row["spread_k_ang2"]),
        source=clipped(row["source"], MAX_FACT),
        candidates=sum(1 for entry in ranked if entry["family"] == row["name"]),
    )


def _is_measured(row: Row) -> bool:
    measured = finite(row["tc_measured_k"])
    return measured is not None and measured > 0 and finite(row["tc_ceiling_k"]) is not None


def _is_built(row: Row) -> bool:
    return str(row["checked"] or "").startswith("built to")


def _envelopes(rows: Sequence[Row]) -> tuple[Envelope, ...]:
    by_family: dict[str, list[bool]] = {}
    for row in rows:
        below = row["tc_measured_k"] <= SLACK * row["tc_ceiling_k"]
        by_family.setdefault(str(row["family"]), []).append(below)
    return tuple(Envelope(name, sum(below), len(below)) for name, below in sorted(by_family.items()))


def _changes(said: Mapping[str, Any] | None) -> Changes | None:
    """Changes since an earlier run; None where there was none to compare with."""
    if not said or not said.get("since"):
        return None
    kinds = tuple(
        (
            kind,
            int(said[kind]),
            tuple(
                ChangeLine(
                    clipped(one["formula"], MAX_FACT),
                    clipped(one["id"], MAX_FACT),
                    finite(one["tc_ceiling_k"]),
                    clipped(one["why"], MAX_FACT),
                )
                for one in said[f"{kind}_candidates"][:MAX_CHANGES]
            ),
        )
        for kind in ("new", "changed", "withdrawn")
    )
    return Changes(clipped(said["since"], MAX_FACT), kinds)


def _facts(items: Mapping[str, Any]) -> list[Fact]:
    facts: list[Fact] = []
    for name, value in items.items():
        label = clipped(name, MAX_FACT).replace("_", " ")
        if isinstance(value, Mapping):
            facts.extend(Fact(f"{label}: {fact.name}", fact.value) for fact in _facts(value))
        elif isinstance(value, (list, tuple)):
            facts.append(Fact(label, clipped(json.dumps(value, ensure_ascii=False, default=str), MAX_FACT)))
        elif value is not None and value != "":
            facts.append(Fact(label, clipped(value, MAX_FACT)))
    return facts
