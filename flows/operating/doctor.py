"""`polywell doctor`: whether a run of this home would find what it needs."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from catalog.errors import CatalogError, SourceRefusedError
from catalog.home import Home, checkout
from catalog.runs.published import newest_by_source, published_runs
from catalog.runs.repair import damaged
from flows.options import OptionError, ScreenOptions, settings_file
from flows.pipeline.versions import code_version

LEAST_FREE_BYTES = 1_000_000_000
"""Room that a home should have left: one of the Materials Project takes 0.7 GB (docs/screening.md)."""

NEEDS_KEY = "materials-project"

PACKAGE = "polywell"


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is as it must be, and what was found, in one line."""

    subject: str
    is_well: bool
    text: str


def findings(given: Path | None) -> Iterator[Finding]:
    """Looks at everything that a run needs; changes nothing.

    Args:
        given: folder of the home; that of the environment if None.
    """
    yield _versions()
    try:
        options = ScreenOptions.of({"home": given})
        home = Home.at(options.home)
    except CatalogError as error:
        yield Finding("options" if isinstance(error, OptionError) else "home", False, str(error))
        return
    file = settings_file(options.home)
    yield Finding("options", True, f"usable; those of the home are in {file}" if file.exists() else "usable")
    yield _disk(home)
    yield _home(home)
    yield _key(options, home)
    yield _server()


def _versions() -> Finding:
    """The versions that run, and the requirements that they miss."""
    from packaging.requirements import Requirement

    wrong, shown = [], [f"polywell {code_version(checkout())}", f"Python {platform.python_version()}"]
    for text in _requirements():
        one = Requirement(text)
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(one.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{one.name} is not installed (wanted: {one.specifier or 'any'})")
            continue
        if not one.specifier.contains(version, prereleases=True):
            wrong.append(f"{one.name} is {version} (wanted: {one.specifier})")
        if one.name in ("prefect", "pymatgen", "deltalake", "mp-api"):
            shown.append(f"{one.name} {version}")
    return Finding("versions", not wrong, "; ".join(wrong) or ", ".join(shown))


def _requirements() -> list[str]:
    """What the installed package asks for; nothing where the code runs without having been installed."""
    try:
        return metadata.requires(PACKAGE) or []
    except metadata.PackageNotFoundError:
        return []


def _disk(home: Home) -> Finding:
    folder = _existing(home.catalog)
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free at {folder}"
    if free >= LEAST_FREE_BYTES:
        return Finding("disk", True, text)
    return Finding("disk", False, f"{text}; make room: a run should have {LEAST_FREE_BYTES / 1e9:g} GB")


def _home(home: Home) -> Finding:
    """Whether the home can be written, and holds what was written."""
    if not home.catalog.is_dir():
        folder = _existing(home.catalog)
        if folder.is_dir() and os.access(folder, os.W_OK):
            return Finding("home", True, f"none at {home.catalog} yet; the first run makes it")
        return Finding("home", False, f"{folder} cannot be written; give another home with --home DIR")
    try:
        home.prepare()
        wrong = list(damaged(home))
    except CatalogError as error:
        return Finding("home", False, str(error))
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return Finding("home", False, f"{wrong[0]}{more}; `polywell repair` moves it aside")
    return Finding("home", True, f"{home.catalog} is whole and can be written")


def _key(options: ScreenOptions, home: Home) -> Finding:
    """Whether there is a key where one is needed; the key itself is never told."""
    from catalog.sources.materials_project.client import KEY_VARIABLE, checked_key, key_here

    if options.key_block is not None:
        return Finding("key", True, f"in the Prefect Secret block {options.key_block!r}, which is not opened")
    newest = newest_by_source(published_runs(home))
    facts = newest[NEEDS_KEY].sources[NEEDS_KEY] if NEEDS_KEY in newest else {}
    was_asked = NEEDS_KEY in newest and "folder" not in (facts.get("source_description") or {})
    origin = key_here()[1]
    if not origin and options.source != NEEDS_KEY and not was_asked:
        return Finding("key", True, f"none in {KEY_VARIABLE}; no source of this home needs one")
    try:
        checked_key(None)
    except SourceRefusedError as error:
        return Finding("key", False, str(error))
    return Finding("key", True, f"{origin} holds one; the service was not asked whether it is good")


def _server() -> Finding:
    if not os.environ.get("PREFECT_API_URL"):
        return Finding("prefect", True, "PREFECT_API_URL is not set: runs need no server")
    from flows.deployments.engine import server_fault

    wrong = server_fault()
    return Finding("prefect", wrong is None, wrong or "the server of PREFECT_API_URL answers")


def _existing(path: Path) -> Path:
    """The folder, or the nearest one above it that there is."""
    return next((one for one in (path, *path.parents) if one.exists()), Path("/"))
