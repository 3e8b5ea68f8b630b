"""The manifest of a run: what was screened, with what, when, and how many came out as what."""

from __future__ import annotations

import hashlib
import importlib.resources
import os
import platform
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from catalog.home import CATALOG_OF_CHECKOUT, PAGES_OF_CHECKOUT, checkout
from catalog.readers.limits import LIMITS
from catalog.store.durable import canonical_json
from catalog.store.schema import SCHEMA_VERSION
from flows.pipeline.plan import Plan
from flows.workers.limits import LIMITS as ENTRY_LIMITS
from polywell import ALGORITHM_VERSION, __version__
from polywell.data.elements import LIGANDS
from polywell.data.reference import digest as reference_digest
from polywell.evidence.calibration_table import built_in_calibration
from polywell.families import Families
from polywell.geometry.tolerances import TOLERANCES
from polywell.records import Outcome, Screening

LIBRARIES = ("numpy", "scipy", "pymatgen", "ase", "pyarrow", "deltalake", "prefect")
"""Libraries whose version can move a result or a file."""


READING_VERSION = 1
"""Raised when the same bytes of a source are read into other rows than before."""

CODE_SUFFIXES = frozenset({".py", ".toml", ".j2", ".js", ".css"})
"""Files that the code digest covers."""


class LostEntriesError(Exception):
    """More or fewer entries came out than went in; a fault of the program."""


Said = tuple[str, str | None, str | None]
"""Outcome, reason and type of error of an entry."""


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
    def of(cls, entries: int, records: Sequence[Screening]) -> Counts:
        """Counts the records of a run that took in `entries` entries.

        Raises:
            LostEntriesError: `entries` is not the number of candidates, rejected and failed ones.
        """
        return cls.tally(entries, ((record.outcome, record.reason, record.error_type) for record in records))

    @classmethod
    def tally(cls, entries: int, said: Iterable[Said] | Mapping[Said, int]) -> Counts:
        """Counts what was said of each entry, or how often, of a run that took in `entries` entries.

        Raises:
            LostEntriesError: `entries` is not the number of candidates, rejected and failed ones.
        """
        together: Counter[Said] = Counter(said)
        outcomes, reasons, failures = (Counter[str]() for _ in range(3))
        for (outcome, reason, failure), count in together.items():
            outcomes[outcome] += count
            if reason is not None:
                reasons[str(reason)] += count
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
        """The counts that a manifest tells."""
        return cls(**{field.name: manifest[field.name] for field in fields(cls)})

    @property
    def sentence(self) -> str:
        """The counts as a sum."""
        said = f"{self.candidates} candidates + {self.rejected} rejected + {self.failed} failed"
        return f"{self.entries} entries = {said}"


def _by_count(counted: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def now() -> datetime:
    """The clock, which only this room may read; `SOURCE_DATE_EPOCH` (seconds since 1970) stands in for it."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(given), UTC) if given.isdecimal() else datetime.now(UTC)


def build_manifest(
    plan: Plan, inputs: Mapping[str, Any], counts: Counts, started: datetime, **more: Any
) -> dict[str, Any]:
    """The manifest of a run that ends now, without the digests of its files.

    Args:
        plan: what the run was to do.
        inputs: what its results depend on.
        counts: how many entries came out as what.
        started: when it began.
        **more: what else stands in it.
    """
    return {
        **more,
        **inputs,
        "source_description": plan.source.description(),
        "started": started.isoformat(timespec="seconds"),
        "finished": now().isoformat(timespec="seconds"),
        "entries": counts.entries,
        "candidates": counts.candidates,
        "rejected": counts.rejected,
        "failed": counts.failed,
        "reasons": dict(counts.reasons),
        "failures": dict(counts.failures),
        "families": [row.model_dump(mode="json") for row in plan.families.rows],
        "code_version": code_version(checkout()),
        "python_version": platform.python_version(),
        "library_versions": {name: metadata.version(name) for name in LIBRARIES},
    }


def versions(families: Families) -> dict[str, Any]:
    """What the results depend on beside the source: while these stay equal, so do they."""
    return {
        "algorithm_version": ALGORITHM_VERSION,
        "families_digest": families.digest,
        "calibration_digest": built_in_calibration().training_digest,
        "reference_digest": reference_digest(),
        "reading_digest": reading_digest(families),
        "schema_version": SCHEMA_VERSION,
        "code_digest": code_digest(),
    }


def reading_digest(families: Families) -> str:
    """Digest of everything that the rows of a source depend on beside the source itself."""
    return _digest(
        {
            "metals": sorted(families.metals),
            "ligands": sorted(LIGANDS),
            "limits": asdict(LIMITS),
            "reading": READING_VERSION,
            "schema": SCHEMA_VERSION,
        }
    )


def screening_settings(families: Families) -> dict[str, str | int]:
    """What the predictions of a shard depend on beside its rows; stands in the header of the shard."""
    return {
        "algorithm_version": ALGORITHM_VERSION,
        "families_digest": families.digest,
        "parameters_digest": _digest({"tolerances": asdict(TOLERANCES), "limits": asdict(ENTRY_LIMITS)}),
    }


@cache
def code_digest() -> str:
    """Digest of the program's own files, tables and templates included."""
    digest = hashlib.sha256()
    written = (CATALOG_OF_CHECKOUT, PAGES_OF_CHECKOUT)
    for room in ("polywell", "catalog", "reports", "flows"):
        folder = Path(str(importlib.resources.files(room)))
        for path in sorted(folder.rglob("*")):
            name = room / path.relative_to(folder)
            if path.suffix in CODE_SUFFIXES and not any(map(name.is_relative_to, written)):
                digest.update(f"{name.as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _digest(value: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_json(value).encode("ascii")).hexdigest()[:16]


def code_version(project: Path | None) -> str:
    """Version of the package, and the commit where there is a checkout that has one: `0.1.0+g0123456789ab`.

    `.dirty` is added when files differ from the commit.
    """
    commit = None if project is None else _git(project, "rev-parse", "--verify", "--short=12", "HEAD")
    if project is None or not commit:
        return __version__
    changed = _git(project, "status", "--porcelain", "--untracked-files=no")
    return f"{__version__}+g{commit}{'.dirty' if changed else ''}"


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
