"""What a run leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.home import Home
from catalog.runs.diff import Difference
from catalog.runs.published import PublishedRun
from catalog.store.schema import Row
from flows.pipeline.manifest import Counts
from polywell.records import Outcome


@dataclass(frozen=True)
class Finished:
    """What a run leaves behind: its counts, the published run, and where to look at it.

    Attributes:
        source: name of the source.
        counts: how many entries came out as what.
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
    def facts(self) -> dict[str, Any]:
        """What the record of the run keeps of it."""
        outcome = "unchanged" if self.is_unchanged else "published"
        known = {"outcome": outcome, "published": self.run.name, "entries": self.counts.entries}
        known["source_version"] = self.run.manifest["source_version"]
        return known | ({} if self.changes is None else {"changes": self.changes.as_json()})

    def top(self, count: int) -> list[Row]:
        """The first rows of the ranking."""
        return self.run.head(Outcome.CANDIDATE, count)

    def failures(self, count: int) -> list[Row]:
        """The first failed entries."""
        return self.run.head(Outcome.FAILED, count)


def page_of(home: Home) -> Path:
    """The page of the newest run of a home."""
    return home.reports / "latest" / "index.html"
