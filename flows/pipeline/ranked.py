"""The fourth step of a run: the candidates of a source corrected, estimated and ranked together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flows.pipeline.manifest import Counts
from flows.pipeline.plan import Plan
from flows.pipeline.ranking import Tables, tables_of
from flows.pipeline.screening import Screened
from flows.progress import say


@dataclass(frozen=True)
class Ranked:
    """The tables that are to be published, and how many entries came out as what."""

    tables: Tables
    counts: Counts

    @property
    def facts(self) -> dict[str, Any]:
        """What the record of the run keeps of it."""
        counts, database = self.counts, self.tables.database
        return {
            "entries": counts.entries,
            "candidates": counts.candidates,
            "rejected": counts.rejected,
            "failed": counts.failed,
            "corrected": database.corrected,
            "suspect": database.suspect,
        }


def rank(plan: Plan, screened: Screened) -> Ranked:
    """Reads back what the table `predictions` holds of the source, and ranks the candidates.

    Raises:
        LostEntriesError: what comes out is not what went in.
        LakeError: the table cannot be read.
    """
    options = plan.options
    tables = tables_of(
        plan.home, plan.source.name, plan.families, options.exclude_noncommercial, options.rank_by
    )
    counts = tables.counts(screened.entries)
    say(f"predictions: {counts.sentence}")
    if tables.excluded:
        say(f"left out: {tables.excluded} entries whose licence forbids commercial use")
    say(f"correction: {tables.database.sentence}")
    for note, count in tables.without_estimate().items():
        say(f"no estimate for {count} of {counts.candidates} candidates, which come after the others: {note}")
    return Ranked(tables, counts)
