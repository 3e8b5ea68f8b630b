"""How a run is told from others on Prefect's pages: its name, its tags, and the keys of its artifacts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.context import FlowRunContext

from catalog.home import Home
from flows.options import OptionError, ScreenOptions
from flows.pipeline.record import now
from flows.progress import harmless

KEY_CHARACTERS = 40
"""Characters of a source's name that stand in a key; the digest after them tells sources apart."""


def run_name() -> str:
    """Source, or flow, and date (UTC) of the run that begins, such as "materials-project 2026-11-29"."""
    context = FlowRunContext.get()
    if context is None or context.flow is None:
        raise RuntimeError("a run is named within its flow")
    subject = context.flow.name
    if "source" in context.flow.parameters.properties:
        subject = _source_of(context.parameters or {}) or subject
    return f"{harmless(subject)} {now():%Y-%m-%d}"


def _source_of(given: Mapping[str, Any]) -> str | None:
    """The source that is given, else that of the environment; None where an option cannot be used."""
    if given.get("source"):
        return str(given["source"])
    try:
        return ScreenOptions.of({"home": given.get("home")}).source
    except OptionError:
        return None  # the flow says so as its first step, where the error becomes the state of the run


def tag_run(source: str, home: Home) -> None:
    """Tags the present run with the kind of its source and its home, beside the tags that it has."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or not isinstance(context.client, SyncPrefectClient):
        return
    mine = [f"source:{source.partition(':')[0]}", f"home:{folder_of(home)}"]
    every = [
        *context.flow_run.tags,
        *(tag for tag in map(harmless, mine) if tag not in context.flow_run.tags),
    ]
    context.client.update_flow_run(context.flow_run.id, tags=every)


def folder_of(home: Home) -> Path:
    """The folder that a home was given as; of a checkout's own that of its catalog."""
    return home.catalog.parent if home.catalog.name == "catalog" else home.catalog


def artifact_key(kind: str, home: Home, source: str = "") -> str:
    """Key of an artifact, the same for every run of a source in a home, and another for any other.

    Prefect takes small letters, digits and dashes.
    """
    words = re.sub(r"[^a-z0-9]+", "-", source.lower()).strip("-")[:KEY_CHARACTERS].strip("-")
    text = f"{source}\n{home.catalog.resolve()}"
    digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:8]
    return "-".join(filter(None, ("polywell", kind, words, digest)))
