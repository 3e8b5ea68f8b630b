"""What became of the candidates between two published runs: new, changed, withdrawn, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catalog.runs.published import manifest_of
from catalog.store.schema import Row, conformed, entry_schema
from polywell.records import ENTRY_COLUMNS

MOVES = tuple(column.name for column in ENTRY_COLUMNS if column.diffed)
"""Columns whose change is told; a rank that moved because others came or went is none."""

CAUSES = tuple((column.name, column.cause) for column in ENTRY_COLUMNS if column.cause)
"""Columns that tell why something moved."""

COLUMNS = ("id", "rank", *MOVES, *(column for column, _ in CAUSES))

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
        said: dict[str, Any] = {
            "id": self.id,
            "formula": self.formula,
            "tc_ceiling_k": self.tc_ceiling_k,
            "why": self.why,
        }
        if self.moved:
            said["moved"] = {column: [before, after] for column, before, after in self.moved}
        return said


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
        said: dict[str, Any] = {"since": self.since}
        for name in ("new", "changed", "withdrawn"):
            some: tuple[Change, ...] = getattr(self, name)
            said[name] = len(some)
            said[f"{name}_candidates"] = [change.as_json() for change in some[:listed]]
        return said


Judged = Mapping[str, str]
"""What was said of entries that are no candidates, by id."""


def difference(
    since: str | None,
    before: Iterable[Row],
    after: Iterable[Row],
    judged_before: Judged,
    judged_after: Judged,
) -> Difference:
    """Compares the candidates of two runs.

    Args:
        since: name of the run before; None where there is none.
        before: its candidates in ranked order, with `COLUMNS`.
        after: the candidates now.
        judged_before: why entries that are candidates now were none before.
        judged_after: why entries that were candidates are none now.
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
            causes = dict.fromkeys(said for column, said in CAUSES if old[id_][column] != row[column])
            changed.append(_change(row, ", ".join(causes) or "facts of the source", moved))
    left = [
        _change(row, f"now {judged_after[id_]}" if id_ in judged_after else "no longer in the source")
        for id_, row in old.items()
        if id_ not in now
    ]
    return Difference(since, tuple(new), tuple(changed), tuple(left))


def candidates_of(folder: Path) -> list[Row]:
    """Candidates of a published run with `COLUMNS`; columns that it lacks are null."""
    return list(outlines(pq.read_table(folder / "ranked.parquet", columns=_present(folder, COLUMNS))))


def outlines(ranked: pa.Table) -> Iterable[Row]:
    """Rows of a ranking with `COLUMNS` only."""
    schema = pa.schema([entry_schema().field(name) for name in COLUMNS])
    for batch in ranked.select([name for name in COLUMNS if name in ranked.schema.names]).to_batches():
        yield from conformed(batch, schema).to_pylist()


def judged_in(folder: Path, ids: Collection[str]) -> dict[str, str]:
    """What a published run says of those of `ids` that it holds as rejected or failed."""
    said: dict[str, str] = {}
    for name, column in (("rejected", "reason"), ("failed", "error_type")):
        if ids:
            table = pq.read_table(folder / f"{name}.parquet", columns=["id", column])
            said |= judged(table, column, name, ids)
    return said


def judged(table: pa.Table, column: str, name: str, ids: Collection[str]) -> dict[str, str]:
    """What the rows of `ids` say in a table of rejected or failed entries."""
    found = table.select(["id", column]).filter(pc.is_in(table["id"], pa.array(list(ids), pa.string())))
    return {row["id"]: f"{name}: {row[column]}" for row in found.to_pylist()}


def compare(before: Path, after: Path) -> Difference:
    """Compares two published runs.

    Args:
        before: folder of the older run.
        after: folder of the newer run.
    """
    old, now = candidates_of(before), candidates_of(after)
    came = {row["id"] for row in now} - {row["id"] for row in old}
    left = {row["id"] for row in old} - {row["id"] for row in now}
    return difference(before.name, old, now, judged_in(before, came), judged_in(after, left))


def published_changes(run: Path) -> Difference:
    """What a published run, by its folder, changed against the run that it names as the one before."""
    since = ((manifest_of(run) or {}).get("changes") or {}).get("since")
    if since is None or not (run.parent / since).is_dir():
        return difference(None, (), candidates_of(run), {}, {})
    return compare(run.parent / since, run)


def _present(folder: Path, columns: Collection[str]) -> list[str]:
    known = pq.read_schema(folder / "ranked.parquet").names
    return [name for name in columns if name in known]


def _change(row: Row, why: str, moved: tuple[tuple[str, Any, Any], ...] = ()) -> Change:
    return Change(row["id"], row["formula"], row["tc_ceiling_k"], why, moved)
