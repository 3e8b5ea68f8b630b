"""What became of the candidates between two published runs: new, changed, withdrawn, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.runs.published import PublishedRun, find_run, run_folders
from catalog.store.schema import Row, conformed_table, entry_schema
from polywell.records import ENTRY_COLUMNS

MOVES = tuple(column.name for column in ENTRY_COLUMNS if column.diffed)
"""Columns whose change counts; a rank that moved because others came or went is none."""

CAUSES = tuple((column.name, column.cause) for column in ENTRY_COLUMNS if column.cause)
"""Columns that tell why something moved."""

COLUMNS = ("id", "rank", *MOVES, *(column for column, _ in CAUSES))

JUDGED = ("id", "reason", "error_type")
"""Columns that say why an entry is no candidate."""

LISTED = 500
"""Candidates of each kind that a manifest or record lists; the counts are of all."""


@dataclass(frozen=True)
class Change:
    """One candidate that came, moved or left.

    `moved` holds column, value before and value after; `why` is one phrase.
    """

    id: str
    formula: str
    tc_ceiling_k: float
    why: str
    moved: tuple[tuple[str, Any, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The change as it stands in manifests and records."""
        facts: dict[str, Any] = {
            "id": self.id,
            "formula": self.formula,
            "tc_ceiling_k": self.tc_ceiling_k,
            "why": self.why,
        }
        if self.moved:
            facts["moved"] = {column: [before, after] for column, before, after in self.moved}
        return facts


@dataclass(frozen=True)
class Difference:
    """Candidates that are new, changed or withdrawn, each in the order of their rank."""

    since: str | None
    new: tuple[Change, ...]
    changed: tuple[Change, ...]
    withdrawn: tuple[Change, ...]

    @property
    def sentence(self) -> str:
        """The counts."""
        counts = (
            f"{len(self.new)} new, {len(self.changed)} changed, {len(self.withdrawn)} withdrawn candidates"
        )
        return counts if self.since else f"{counts} (the first run of this source)"

    def as_json(self, listed: int | None = LISTED) -> dict[str, Any]:
        """Counts, and the first `listed` of each kind; all if None."""
        facts: dict[str, Any] = {"since": self.since}
        for name in ("new", "changed", "withdrawn"):
            some: tuple[Change, ...] = getattr(self, name)
            facts[name] = len(some)
            facts[f"{name}_candidates"] = [change.as_json() for change in some[:listed]]
        return facts


Judged = Mapping[str, str]
"""What became of entries that are no candidates, by id."""


def difference(
    since: str | None,
    before: Iterable[Row],
    after: Iterable[Row],
    judged_before: Judged,
    judged_after: Judged,
    own: tuple[int, int] = (0, 0),
) -> Difference:
    """Compares the candidates of two runs.

    Args:
        since: name of the run before; None where there is none.
        before: its candidates in ranked order, with `COLUMNS`.
        after: the candidates now.
        judged_before: why entries that are candidates now were none before.
        judged_after: why entries that were candidates are none now.
        own: own measurements in the calibration, before and now; where they differ, this is why it moved.
    """
    old = {row["id"]: row for row in before}
    now = {row["id"]: row for row in after}
    new, changed = [], []
    for id_, row in now.items():
        if id_ not in old:
            was = judged_before.get(id_)
            new.append(_change(row, f"was {was}" if was else "new in the source"))
            continue
        moved = tuple((name, old[id_][name], row[name]) for name in MOVES if old[id_][name] != row[name])
        if moved:
            causes = dict.fromkeys(
                _cause(column, cause, own) for column, cause in CAUSES if old[id_][column] != row[column]
            )
            changed.append(_change(row, ", ".join(causes) or "facts of the source", moved))
    left = [
        _change(row, f"now {judged_after[id_]}" if id_ in judged_after else "no longer in the source")
        for id_, row in old.items()
        if id_ not in now
    ]
    return Difference(since, tuple(new), tuple(changed), tuple(left))


def _cause(column: str, cause: str, own: tuple[int, int]) -> str:
    if column == "calibration_digest" and own[0] != own[1]:
        return f"{cause}: own measurements {own[0]} → {own[1]}"
    return cause


def changes(
    before: PublishedRun | None, ranked: pa.Table, rejected: pa.Table, failed: pa.Table, own: int
) -> Difference:
    """What the tables of a run change against the run before, whether they are published or about to be.

    Args:
        before: the run before; None where there is none.
        ranked: the candidates now, in ranked order.
        rejected: the rejected entries now; may be slim (see `catalog.store.slim`).
        failed: the failed entries, likewise.
        own: own measurements in the calibration now.
    """
    now = _outlines(ranked)
    if before is None:
        return difference(None, (), now, {}, {})
    old = _outlines(before.ranked(COLUMNS))
    came = {row["id"] for row in now} - {row["id"] for row in old}
    left = {row["id"] for row in old} - {row["id"] for row in now}
    is_new = pc.field("id").isin(pa.array(sorted(came), pa.string()))
    was = _judged(before.rejected(JUDGED, is_new), before.failed(JUDGED, is_new), came)
    return difference(before.name, old, now, was, _judged(rejected, failed, left), (_own(before), own))


def compare(before: PublishedRun | None, after: PublishedRun) -> Difference:
    """Compares two published runs, the older one first; None where there is none."""
    candidates = pa.array([], pa.string())
    if before is not None:
        candidates = before.ranked(["id"])["id"].combine_chunks()
    may_have_left = pc.field("id").isin(candidates)
    return changes(
        before,
        after.ranked(COLUMNS),
        after.rejected(JUDGED, may_have_left),
        after.failed(JUDGED, may_have_left),
        _own(after),
    )


def _own(run: PublishedRun) -> int:
    """Own measurements in the calibration of a run."""
    return int(run.manifest.get("calibration_own", 0))


def published_changes(run: PublishedRun) -> Difference:
    """What a published run changed against the run that it names as the one before."""
    since = (run.manifest.get("changes") or {}).get("since")
    is_there = any(folder.name == since for folder in run_folders(run.home))
    return compare(find_run(run.home, str(since)) if is_there else None, run)


def _outlines(ranked: pa.Table) -> list[Row]:
    """Rows of a ranking with `COLUMNS` only."""
    schema = pa.schema([entry_schema().field(name) for name in COLUMNS])
    rows: list[Row] = conformed_table(ranked.select(COLUMNS), schema).to_pylist()
    return rows


def _judged(rejected: pa.Table, failed: pa.Table, ids: Collection[str]) -> dict[str, str]:
    """What tables of rejected and failed entries say of those of `ids` that they hold."""
    wanted = pa.array(list(ids), pa.string())
    verdicts: dict[str, str] = {}
    for table, column, name in ((rejected, "reason", "rejected"), (failed, "error_type", "failed")):
        found = table.select(["id", column]).filter(pc.is_in(table["id"], wanted))
        verdicts |= {row["id"]: f"{name}: {row[column]}" for row in found.to_pylist()}
    return verdicts


def _change(row: Row, why: str, moved: tuple[tuple[str, Any, Any], ...] = ()) -> Change:
    return Change(row["id"], row["formula"], row["tc_ceiling_k"], why, moved)
