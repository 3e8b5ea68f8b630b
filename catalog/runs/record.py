"""The record that every run leaves, also one that published nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalog.errors import RunError
from catalog.home import Home
from catalog.store.durable import read_json, write_json

ROLLED_BACK = "rolled back"
"""Outcome of a record that tells of no run, but that an older one was put in force again."""

KEPT_RECORDS = 1000
"""Run records that stay on disk, the newest included: nearly three years of nights."""


def write_record(home: Home, name: str, record: Mapping[str, Any]) -> Path:
    """Writes the record of a run; the oldest ones beyond `KEPT_RECORDS` are removed.

    Raises:
        RunError: the disk is full or read-only.
    """
    path = home.records / f"{name}.json"
    try:
        home.records.mkdir(parents=True, exist_ok=True)
        write_json(path, record)
        old = sorted(item for item in home.records.glob("*.json"))[:-KEPT_RECORDS]
        for item in old:
            item.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(
            f"the record of the run cannot be written to {home.records} ({error.strerror or error}); "
            "make room or permissions"
        ) from error
    return path


def run_records(home: Home) -> list[dict[str, Any]]:
    """The records that are left and can be read, the newest run first."""
    paths = sorted(home.records.glob("*.json"), key=lambda path: path.name, reverse=True)
    found = (read_json(path) for path in paths)
    return [record for record in found if record is not None]
