"""The manifest of a run: what was screened, with what, when, and how many came out as what."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from catalog.sources import Source
from polywell import ALGORITHM_VERSION
from polywell.families import Families
from polywell.records import Outcome, ScreenRecord
from polywell.reference import digest as reference_digest

CHECKOUT = Path(__file__).resolve().parent.parent

LIBRARIES = ("numpy", "scipy", "pymatgen", "ase", "pyarrow", "deltalake", "prefect")
"""Libraries whose version can move a result or a file."""


class LostEntriesError(Exception):
    """More or fewer entries came out than went in; a fault of the program."""


@dataclass(frozen=True)
class Counts:
    """How many entries there were and what was said of them."""

    entries: int
    candidates: int
    rejected: int
    failed: int
    reasons: Mapping[str, int]
    failures: Mapping[str, int]

    @classmethod
    def of(cls, entries: int, records: Sequence[ScreenRecord]) -> Counts:
        """Counts the records of a run that took in `entries` entries.

        Raises:
            LostEntriesError: `entries` is not the number of candidates, rejected and failed ones.
        """
        outcomes = Counter(record.outcome for record in records)
        counts = cls(
            entries=entries,
            candidates=outcomes[Outcome.CANDIDATE],
            rejected=outcomes[Outcome.REJECTED],
            failed=outcomes[Outcome.FAILED],
            reasons=_by_name(record.reason for record in records),
            failures=_by_name(record.error_type for record in records),
        )
        if entries != counts.candidates + counts.rejected + counts.failed:
            raise LostEntriesError(f"{counts.sentence}: these must be equal; please report this as a fault")
        return counts

    @property
    def sentence(self) -> str:
        """The counts as a sum."""
        said = f"{self.candidates} candidates + {self.rejected} rejected + {self.failed} failed"
        return f"{self.entries} entries = {said}"


def _by_name(names: Any) -> dict[str, int]:
    counted = Counter(str(name) for name in names if name is not None)
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def now() -> datetime:
    """The clock, which only this room may read."""
    return datetime.now(UTC)


def build_manifest(source: Source, families: Families, counts: Counts, started: datetime) -> dict[str, Any]:
    """The manifest of a run that ends now, without the digests of its files."""
    return {
        "source": source.name,
        "source_description": source.description(),
        "started": started.isoformat(timespec="seconds"),
        "finished": now().isoformat(timespec="seconds"),
        "entries": counts.entries,
        "candidates": counts.candidates,
        "rejected": counts.rejected,
        "failed": counts.failed,
        "reasons": dict(counts.reasons),
        "failures": dict(counts.failures),
        "algorithm_version": ALGORITHM_VERSION,
        "families": [row.model_dump(mode="json") for row in families.rows],
        "families_digest": families.digest,
        "reference_digest": reference_digest(),
        "code_version": code_version(CHECKOUT),
        "python_version": platform.python_version(),
        "library_versions": {name: metadata.version(name) for name in LIBRARIES},
    }


def code_version(checkout: Path) -> str:
    """Version of the installed package, and the commit where `checkout` has one: `0.1.0+g0123456789ab`.

    `.dirty` is added when files differ from the commit.
    """
    try:
        version = metadata.version("polywell")
    except metadata.PackageNotFoundError:
        version = "0 (not installed)"
    commit = _git(checkout, "rev-parse", "--verify", "--short=12", "HEAD")
    if not commit:
        return version
    changed = _git(checkout, "status", "--porcelain", "--untracked-files=no")
    return f"{version}+g{commit}{'.dirty' if changed else ''}"


def _git(checkout: Path, *words: str) -> str | None:
    """What git says about the checkout; None without a git, a repository or a commit."""
    git = shutil.which("git")
    if git is None or not (checkout / ".git").exists():
        return None
    try:
        answer = subprocess.run(
            [git, "-C", str(checkout), *words], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
