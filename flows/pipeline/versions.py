"""What the results of a run depend on beside its source: versions and digests."""

from __future__ import annotations

import hashlib
import importlib.resources
import shutil
import subprocess
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from catalog.home import CATALOG_OF_CHECKOUT, PAGES_OF_CHECKOUT
from catalog.measurements.calibration import InForce
from catalog.readers.limits import LIMITS
from catalog.store.durable import canonical_json
from catalog.store.schema import SCHEMA_VERSION
from flows.workers.limits import LIMITS as ENTRY_LIMITS
from polywell import ALGORITHM_VERSION, __version__
from polywell.data.elements import LIGANDS
from polywell.data.reference import digest as reference_digest
from polywell.families import Families
from polywell.geometry.tolerances import TOLERANCES

READING_VERSION = 5
"""Raised when the same bytes of a source are read into other rows than before."""

CODE_SUFFIXES = frozenset({".py", ".toml", ".j2", ".js", ".css"})
"""Files that the code digest covers."""


def versions(families: Families, in_force: InForce) -> dict[str, Any]:
    """What the results depend on beside the source: while these stay equal, so do they."""
    return {
        "algorithm_version": ALGORITHM_VERSION,
        "families_digest": families.digest,
        "calibration_digest": in_force.calibration.training_digest,
        "calibration_own": in_force.own,
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
