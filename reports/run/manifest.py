"""What the manifest of a run says, in the words and the order of its page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from polywell.ranking import RankBy
from polywell.records import REASON_MEANING, EntryKey, Reason
from reports.html.cells import clipped, finite

NOT_LISTED = frozenset(
    "source sources started finished entries candidates rejected failed reasons failures families".split()
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
    """What differs from the run before: kind, how many, and the first of them.

    `causes` says why so many changed; `joined` and `left` are sources with their candidates.
    """

    since: str
    kinds: tuple[tuple[str, int, tuple[ChangeLine, ...]], ...]
    causes: tuple[tuple[str, int], ...] = ()
    joined: tuple[tuple[str, int], ...] = ()
    left: tuple[tuple[str, int], ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything is new, changed or gone, an entry or a whole source."""
        return any(count for _, count, _ in self.kinds) or bool(self.joined or self.left)


@dataclass(frozen=True)
class SourceLine:
    """One source of the list: its counts, when it was screened, and what it says of itself."""

    name: str
    entries: int
    candidates: int
    rejected: int
    failed: int
    screened: str
    version: str
    facts: tuple[Fact, ...]


def order_of(manifest: Mapping[str, Any]) -> RankBy:
    """What the list is ordered by; runs that do not say it were ordered by the ceiling."""
    return RankBy(manifest.get("rank_by", RankBy.CEILING))


def check_manifest(manifest: Mapping[str, Any], ranked: int, rejected: int, failed: int) -> None:
    """Refuse the manifest of another run.

    Args:
        manifest: as the catalog keeps it.
        ranked: number of candidates at hand.
        rejected: number of rejected entries at hand; some may be left out.
        failed: the same of failed ones.

    Raises:
        ValueError: it lacks a key, or its counts do not agree with each other or with what is at hand.
    """
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


def moment(iso: str) -> str:
    """Write an ISO time for reading; a time without a zone is taken as UTC, as the manifest keeps it."""
    moment = datetime.fromisoformat(iso)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def reasons_of(counts: Mapping[str, int]) -> tuple[ReasonCount, ...]:
    """The reasons of rejection, most frequent first.

    Raises:
        ValueError: a reason that is not of the closed list.
    """
    meanings = {reason.value: meaning for reason, meaning in REASON_MEANING.items()}
    unknown = sorted(set(counts) - set(meanings))
    if unknown:
        allowed = ", ".join(reason.value for reason in Reason)
        raise ValueError(f"the manifest counts unknown reasons {unknown}; expected some of {allowed}")
    return tuple(ReasonCount(name, meanings[name], count) for name, count in _by_count(counts))


def failures_of(counts: Mapping[str, int]) -> tuple[FailureCount, ...]:
    """The types of errors, most frequent first."""
    return tuple(FailureCount(clipped(name, MAX_FACT), count) for name, count in _by_count(counts))


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(((name, n) for name, n in counts.items() if n), key=lambda item: (-item[1], item[0]))


def families_of(
    table: Sequence[Mapping[str, Any]], candidates: Mapping[str | None, int]
) -> tuple[FamilyRow, ...]:
    """The λ table of the run, each row with the number of its candidates."""
    return tuple(
        FamilyRow(
            name=clipped(row["name"], MAX_FACT),
            metal=clipped(row["metal"], MAX_FACT),
            cages=clipped(", ".join(row["cages"]), MAX_FACT),
            ligands=clipped(", ".join(row["ligands"]), MAX_FACT),
            lambda_k_ang2=float(row["lambda_k_ang2"]),
            spread_k_ang2=float(row["spread_k_ang2"]),
            source=clipped(row["source"], MAX_FACT),
            candidates=candidates.get(row["name"], 0),
        )
        for row in table
    )


def changes_of(said: Mapping[str, Any] | None) -> Changes | None:
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
    counted = (
        tuple((clipped(name, MAX_FACT), int(count)) for name, count in (said.get(key) or {}).items())
        for key in ("changed_by_cause", "joined", "left")
    )
    return Changes(clipped(said["since"], MAX_FACT), kinds, *counted)


def since_last(said: Mapping[str, Any] | None, keys: Sequence[EntryKey]) -> dict[str, tuple[int, ...]]:
    """Places in the list of what is new or changed since an earlier run, and of sources that joined it.

    A manifest lists the first changes of each kind only; kinds without a place are left out.

    Args:
        said: the changes as the manifest has them.
        keys: source and id of each candidate, in the order of the list.
    """
    if not said or not said.get("since"):
        return {}
    places = {key: place for place, key in enumerate(keys)}
    found = {
        kind: tuple(
            sorted(
                places[key]
                for one in said[f"{kind}_candidates"]
                if (key := (one.get("source", ""), one["id"])) in places
            )
        )
        for kind in ("new", "changed")
    }
    joined = said.get("joined") or {}
    found["joined"] = tuple(place for place, (source, _) in enumerate(keys) if source in joined)
    return {kind: some for kind, some in found.items() if some}


def sources_of(sources: Mapping[str, Mapping[str, Any]]) -> tuple[SourceLine, ...]:
    """The sources of the list, by name."""
    return tuple(
        SourceLine(
            name=clipped(name, MAX_FACT),
            entries=int(one["entries"]),
            candidates=int(one["candidates"]),
            rejected=int(one["rejected"]),
            failed=int(one["failed"]),
            screened=moment(one["finished"]),
            version=clipped(one.get("source_version") or "", MAX_FACT),
            facts=tuple(facts_of(one.get("source_description") or {})),
        )
        for name, one in sorted(sources.items())
    )


def facts_of(items: Mapping[str, Any]) -> list[Fact]:
    """One line for each value that is given; those of a mapping within follow under its name."""
    facts: list[Fact] = []
    for name, value in items.items():
        label = clipped(name, MAX_FACT).replace("_", " ")
        if isinstance(value, Mapping):
            facts.extend(Fact(f"{label}: {fact.name}", fact.value) for fact in facts_of(value))
        elif isinstance(value, (list, tuple)):
            facts.append(Fact(label, clipped(json.dumps(value, ensure_ascii=False, default=str), MAX_FACT)))
        elif value is not None and value != "":
            facts.append(Fact(label, clipped(value, MAX_FACT)))
    return facts
