"""What became of the candidates between two published runs: new, changed, withdrawn, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog.runs.named import find_run
from catalog.runs.published import PublishedRun, run_folders
from catalog.store.schema import Row, conformed_table, entry_schema
from polywell.columns import Column
from polywell.records import ENTRY_COLUMNS, EntryKey

MOVES = tuple(column for column in ENTRY_COLUMNS if column.diffed)
"""Columns whose change counts; a rank that moved because others came or went is none."""

CAUSES = tuple((column.name, column.cause) for column in ENTRY_COLUMNS if column.cause)
"""Columns that tell why something moved."""

COLUMNS = (
    *("source", "id", "rank", "formula_written"),
    *(column.name for column in MOVES),
    *(column for column, _ in CAUSES),
)

JUDGED = ("source", "id", "reason", "error_type")
"""Columns that say why an entry is no candidate."""

LISTED = 500
"""Candidates of each kind that a manifest or record lists; the counts are of all."""


@dataclass(frozen=True)
class Change:
    """One candidate that came, moved or left.

    `formula` is as chemists write it; `moved` holds column, value before and value after; `why` is a phrase.
    """

    source: str
    id: str
    formula: str
    tc_ceiling_k: float
    why: str
    moved: tuple[tuple[str, Any, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The change as it stands in manifests and records."""
        moved = {column: [before, after] for column, before, after in self.moved}
        facts = {name: value for name, value in vars(self).items() if name != "moved"}
        return {**facts, "moved": moved} if moved else facts


@dataclass(frozen=True)
class Difference:
    """Candidates that are new, changed or withdrawn, each in the order of their rank.

    A source that joined or left the list counts as a whole, by its candidates, and none of them as new or
    withdrawn.
    """

    since: str | None
    new: tuple[Change, ...]
    changed: tuple[Change, ...]
    withdrawn: tuple[Change, ...]
    joined: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The counts."""
        counts = (
            f"{len(self.new)} new, {len(self.changed)} changed, {len(self.withdrawn)} withdrawn candidates"
        )
        whole = [f"{source} joined with {count}" for source, count in self.joined.items()]
        whole += [f"{source} left with {count}" for source, count in self.left.items()]
        return "; ".join([counts if self.since else f"{counts} (the first list of this home)", *whole])

    def by_cause(self) -> dict[str, int]:
        """How many candidates changed for each cause, the most frequent first."""
        return dict(Counter(change.why for change in self.changed).most_common())

    def as_json(self, listed: int | None = LISTED) -> dict[str, Any]:
        """Counts, and the first `listed` of each kind; all if None."""
        facts: dict[str, Any] = {
            "since": self.since,
            "joined": dict(self.joined),
            "left": dict(self.left),
            "changed_by_cause": self.by_cause(),
        }
        for name in ("new", "changed", "withdrawn"):
            some: tuple[Change, ...] = getattr(self, name)
            facts[name] = len(some)
            facts[f"{name}_candidates"] = [change.as_json() for change in some[:listed]]
        return facts


def change_of(before: Row, after: Row, own: tuple[int, int]) -> Change | None:
    """What moved of a candidate, and why; None where nothing did.

    Args:
        before: its row in the run before, with `COLUMNS`.
        after: its row now.
        own: own measurements in the calibration, before and now; where they differ, this is why it moved.
    """
    moved = tuple(
        (column.name, before[column.name], after[column.name])
        for column in MOVES
        if _has_moved(column, before[column.name], after[column.name])
    )
    if not moved:
        return None
    causes = dict.fromkeys(
        _cause(column, cause, own) for column, cause in CAUSES if before[column] != after[column]
    )
    return _change(after, ", ".join(causes) or "facts of the source", moved)


def _has_moved(column: Column, before: Any, after: Any) -> bool:
    """Whether a value moved; a number, by at least one in the last place that pages show of it."""
    if isinstance(before, float) and isinstance(after, float):
        return abs(after - before) >= 10.0**-column.places
    return bool(before != after)


def _cause(column: str, cause: str, own: tuple[int, int]) -> str:
    if column == "calibration_digest" and own[0] != own[1]:
        return f"{cause}: own measurements {own[0]} → {own[1]}"
    return cause


@dataclass(frozen=True)
class Lists:
    """What a run lists, whether it is published or about to be.

    `ranked` in ranked order; `rejected` and `failed` may be slim (see `catalog.store.slim`); `sources` are
    all that the run lists, also those without a candidate; `own` the own measurements in its calibration.
    """

    ranked: pa.Table
    rejected: pa.Table
    failed: pa.Table
    sources: Collection[str]
    own: int


def changes(before: PublishedRun | None, now: Lists, source: str | None = None) -> Difference:
    """What the lists of a run change against the run before.

    Args:
        before: the run before; None where there is none.
        now: the lists.
        source: look at the entries of this source only.
    """
    after = _outlines(now.ranked, source)
    if before is None:
        first = tuple(_change(row, "new in the source") for row in after.values())
        return Difference(None, first, (), ())
    old = _outlines(before.ranked(COLUMNS), source)
    joined = _candidates_of(after, set(now.sources) - set(before.sources), source)
    gone = _candidates_of(old, set(before.sources) - set(now.sources), source)
    after = {key: row for key, row in after.items() if row["source"] not in joined}
    old = {key: row for key, row in old.items() if row["source"] not in gone}
    came, left = after.keys() - old.keys(), old.keys() - after.keys()
    is_new = pc.field("id").isin(pa.array(sorted({id_ for _, id_ in came}), pa.string()))
    was = _judged(before.rejected(JUDGED, is_new), before.failed(JUDGED, is_new), came)
    judged = _judged(now.rejected, now.failed, left)
    own = _own(before), now.own
    stayed = (change_of(old[key], row, own) for key, row in after.items() if key in old)
    return Difference(
        before.name,
        tuple(
            _change(row, f"was {was[key]}" if key in was else "new in the source")
            for key, row in after.items()
            if key in came
        ),
        tuple(change for change in stayed if change is not None),
        tuple(
            _change(row, f"now {judged[key]}" if key in judged else "no longer in the source")
            for key, row in old.items()
            if key in left
        ),
        joined,
        gone,
    )


def _candidates_of(keys: Iterable[EntryKey], sources: Collection[str], source: str | None) -> dict[str, int]:
    """How many candidates each of some sources has."""
    counted = Counter(of for of, _ in keys)
    return {one: counted[one] for one in sorted(sources) if source in (None, one)}


def compare(before: PublishedRun | None, after: PublishedRun, source: str | None = None) -> Difference:
    """Compares two published runs, the older one first; None where there is none.

    Args:
        before: the older one.
        after: the newer one.
        source: look at the entries of this source only.
    """
    candidates = pa.array([], pa.string())
    if before is not None:
        candidates = before.ranked(["id"])["id"].combine_chunks()
    may_have_left = pc.field("id").isin(candidates)
    lists = Lists(
        after.ranked(COLUMNS),
        after.rejected(JUDGED, may_have_left),
        after.failed(JUDGED, may_have_left),
        after.sources,
        _own(after),
    )
    return changes(before, lists, source)


def _own(run: PublishedRun) -> int:
    """Own measurements in the calibration of a run."""
    return int(run.manifest.get("calibration_own", 0))


def published_changes(run: PublishedRun) -> Difference:
    """What a published run changed against the run that it names as the one before."""
    since = (run.manifest.get("changes") or {}).get("since")
    is_there = any(folder.name == since for folder in run_folders(run.home))
    return compare(find_run(run.home, str(since)) if is_there else None, run)


def _key(row: Row) -> EntryKey:
    return row["source"], row["id"]


def _outlines(ranked: pa.Table, source: str | None) -> dict[EntryKey, Row]:
    """Rows of a ranking with `COLUMNS` only, those of one source where one is given."""
    schema = pa.schema([entry_schema().field(name) for name in COLUMNS])
    rows: list[Row] = conformed_table(ranked.select(COLUMNS), schema).to_pylist()
    return {_key(row): row for row in rows if source in (None, row["source"])}


def _judged(rejected: pa.Table, failed: pa.Table, keys: Collection[EntryKey]) -> dict[EntryKey, str]:
    """What tables of rejected and failed entries say of those of `keys` that they hold."""
    wanted = pa.array(sorted({id_ for _, id_ in keys}), pa.string())
    verdicts: dict[EntryKey, str] = {}
    for table, column, name in ((rejected, "reason", "rejected"), (failed, "error_type", "failed")):
        found = table.select(["source", "id", column]).filter(pc.is_in(table["id"], wanted)).to_pylist()
        verdicts |= {_key(row): f"{name}: {row[column]}" for row in found if _key(row) in keys}
    return verdicts


def _change(row: Row, why: str, moved: tuple[tuple[str, Any, Any], ...] = ()) -> Change:
    formula = row["formula_written"] or row["formula"]
    return Change(row["source"], row["id"], formula, row["tc_ceiling_k"], why, moved)
