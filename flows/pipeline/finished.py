"""What a run leaves behind, and how its entries are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from catalog.errors import CatalogError
from catalog.home import Home
from catalog.runs.diff import Difference
from catalog.runs.published import PublishedRun
from catalog.store.durable import difference_from
from catalog.store.schema import Row
from flows.progress import harmless
from polywell.records import Outcome

FIRST_NEW = 3
"""New compounds of a family that are named at the end of a run."""


class LostEntriesError(Exception):
    """More or fewer entries came out than went in; a fault of the program."""


Verdict = tuple[str, str | None, str | None]
"""Outcome, reason and type of error of an entry."""


@dataclass(frozen=True)
class Counts:
    """How many entries of a source, or of all, there were, and how many of them came out as what."""

    entries: int
    candidates: int
    rejected: int
    failed: int
    reasons: Mapping[str, int]
    failures: Mapping[str, int]

    @classmethod
    def of(cls, entries: int, verdicts: Mapping[Verdict, int]) -> Counts:
        """Counts how often each verdict was given, in a run that took in `entries` entries.

        Raises:
            LostEntriesError: `entries` is not the number of candidates, rejected and failed ones.
        """
        outcomes, reasons, failures = (Counter[str]() for _ in range(3))
        for (outcome, reason, failure), count in verdicts.items():
            outcomes[outcome] += count
            if reason is not None:
                reasons[reason] += count
            if failure is not None:
                failures[failure] += count
        counts = cls(
            entries=entries,
            candidates=outcomes[Outcome.CANDIDATE],
            rejected=outcomes[Outcome.REJECTED],
            failed=outcomes[Outcome.FAILED],
            reasons=_by_count(reasons),
            failures=_by_count(failures),
        )
        if entries != counts.candidates + counts.rejected + counts.failed:
            raise LostEntriesError(f"{counts.sentence}: these must be equal; please report this as a fault")
        return counts

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any]) -> Counts:
        """The counts that a manifest holds."""
        held = {field.name: manifest[field.name] for field in fields(cls)}
        return cls(**held | {name: _by_count(held[name]) for name in ("reasons", "failures")})

    @classmethod
    def together(cls, parts: Iterable[Counts]) -> Counts:
        """The sum of counts."""
        every = list(parts)
        reasons, failures = Counter[str](), Counter[str]()
        for one in every:
            reasons.update(one.reasons)
            failures.update(one.failures)
        return cls(
            entries=sum(one.entries for one in every),
            candidates=sum(one.candidates for one in every),
            rejected=sum(one.rejected for one in every),
            failed=sum(one.failed for one in every),
            reasons=_by_count(reasons),
            failures=_by_count(failures),
        )

    def as_json(self) -> dict[str, Any]:
        """The counts as they stand in manifests."""
        return asdict(self)

    @property
    def sentence(self) -> str:
        """The counts as a sum."""
        parts = f"{self.candidates} candidates + {self.rejected} rejected + {self.failed} failed"
        return f"{self.entries} entries = {parts}"


def _by_count(counted: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True)
class Finished:
    """What a run leaves behind: its counts, the published run, and where to look at it.

    Attributes:
        source: name of the source that was screened.
        counts: how many entries of it came out as what.
        home: where the run was published.
        run: the published run; an earlier one where nothing changed since.
        is_unchanged: whether nothing changed since.
        changes: what is new, changed and withdrawn since the run before; None where nothing changed.
    """

    source: str
    counts: Counts
    home: Home
    run: PublishedRun
    is_unchanged: bool = False
    changes: Difference | None = None

    @property
    def page(self) -> Path:
        """The page of the run."""
        return page_of(self.home)

    @property
    def headline(self) -> str:
        """What a run found, in one line: new and changed candidates of its source, and what failed."""
        failed = f"{self.counts.failed:,} failed of {self.counts.entries:,}"
        if self.changes is None:
            return f"nothing changed, {failed}"
        new, changed = (
            sum(change.source == self.source for change in some)
            for some in (self.changes.new, self.changes.changed)
        )
        joined = self.changes.joined.get(self.source)
        came = f"{new:,} new" if joined is None else f"joined with {joined:,}"
        return f"{came}, {changed:,} changed, {failed}"

    @property
    def outcome(self) -> str:
        """How its record calls its end."""
        return "unchanged" if self.is_unchanged else "published"

    def summary(self) -> dict[str, Any]:
        """The run for a program: what it screened and found, and where that lies."""
        changes = None if self.changes is None else self.changes.as_json(0)
        kinds = ("new", "changed", "withdrawn", "joined", "left", "changed_by_cause")
        return {
            "source": self.source,
            "outcome": self.outcome,
            "published": self.run.name,
            "headline": self.headline,
            **self.counts.as_json(),
            "changes": changes and {kind: changes[kind] for kind in kinds},
            "list": {"candidates": self.run.manifest["candidates"], "sources": sorted(self.run.sources)},
            "catalog": str(self.home.latest),
            "page": str(self.page),
        }

    @property
    def facts(self) -> dict[str, Any]:
        """What the record of the run keeps of it."""
        known = {"outcome": self.outcome, "published": self.run.name, "entries": self.counts.entries}
        known["source_version"] = self.run.sources[self.source]["source_version"]
        return known | ({} if self.changes is None else {"changes": self.changes.as_json()})

    def top(self, count: int) -> list[Row]:
        """The first rows of the ranking."""
        return self.run.head(Outcome.CANDIDATE, count)

    def new_lines(self) -> list[str]:
        """What is new and worth a try, a line for each family with candidates."""
        found = self.run.table(
            Outcome.CANDIDATE, ["family", "formula_written", "formula", "rank_new"]
        ).to_pylist()
        lines = []
        for family in sorted({row["family"] for row in found}):
            new = sorted(
                (row for row in found if row["family"] == family and row["rank_new"] is not None),
                key=lambda row: row["rank_new"],
            )
            first = ", ".join(row["formula_written"] or row["formula"] for row in new[:FIRST_NEW])
            count = "1 compound" if len(new) == 1 else f"{len(new)} compounds"
            said = f"{count}, first {first}" if new else "nothing new worth trying"
            lines.append(f"new: {family}: {harmless(said)}")
        return lines

    def failures(self, count: int) -> list[Row]:
        """The first failed entries of the source."""
        of_it = self.run.failed(where=pc.field("source") == self.source)
        rows: list[Row] = of_it.slice(0, count).to_pylist()
        return rows


class TooManyFailedError(CatalogError):
    """More of the entries failed than a run may lose; what it found is published."""

    def __init__(self, finished: Finished, fail_above: float) -> None:
        """Says how many; keeps what the run leaves behind."""
        counts = finished.counts
        super().__init__(
            f"{counts.failed:,} of {counts.entries:,} entries of {finished.source} failed "
            f"({counts.failed / counts.entries:.1%}), more than {fail_above:.1%} (fail_above); the list is "
            f"published, and {finished.home.latest / 'failed.parquet'} tells what is wrong with them"
        )
        self.finished = finished


def checked(finished: Finished, fail_above: float | None) -> Finished:
    """The finished run, where no more of its entries failed than may.

    Args:
        finished: what the run leaves behind.
        fail_above: share of failed entries above which it counts as failed; any will do if None.

    Raises:
        TooManyFailedError: more did.
    """
    failed, entries = finished.counts.failed, finished.counts.entries
    if fail_above is not None and failed > fail_above * entries:
        raise TooManyFailedError(finished, fail_above)
    return finished


def page_of(home: Home) -> Path:
    """The page of the newest run of a home."""
    return home.reports / "latest" / "index.html"


def wrong_page(run: PublishedRun) -> str | None:
    """Which page of a run does not hold what was written, and what is wrong with it; None where all do."""
    if not run.pages:
        return "no list of the pages is left"
    reports = run.home.reports
    wrong = (
        f"{reports / name} {what}"
        for name, digest in run.pages.items()
        if (what := difference_from(reports / name, digest))
    )
    return next(wrong, None)
