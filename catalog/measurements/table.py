"""The measurements of a home: one file for each time that some were added, never changed afterwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from catalog.errors import HomeError
from catalog.home import Home
from catalog.store.durable import text_digest, write_files
from polywell.data.tables import Table
from polywell.evidence.own.measurement import OwnMeasurement

SCHEMA = 1
FOLDER = "measurements"


class _Added(Table):
    added: datetime
    measurements: tuple[OwnMeasurement, ...]


@dataclass(frozen=True)
class Added:
    """What came to be known by adding some measurements, and how many the home had already."""

    new: tuple[OwnMeasurement, ...]
    known: int


def folder_of(home: Home) -> Path:
    """Where the measurements of a home lie."""
    return home.catalog / FOLDER


def measurements_of(home: Home) -> tuple[OwnMeasurement, ...]:
    """All measurements of a home in the order in which they came, each once.

    One that was added twice at the same time keeps the forecast that was stored first.

    Raises:
        HomeError: a file cannot be read, or was written by a program that knows more than this one.
    """
    kept: dict[str, OwnMeasurement] = {}
    for path in sorted(folder_of(home).glob("*.json")):
        for one in _read(path).measurements:
            kept.setdefault(one.id, one)
    return tuple(kept.values())


def append(home: Home, given: Sequence[OwnMeasurement], now: datetime) -> Added:
    """Add those that the home does not have yet: one new file, whole or not at all.

    Raises:
        HomeError: the home cannot be written, or what it holds not be read.
    """
    known = {one.id for one in measurements_of(home)}
    new = {one.id: one for one in given if one.id not in known}
    if new:
        content = {
            "schema": SCHEMA,
            "added": now.isoformat(timespec="seconds"),
            "measurements": [one.model_dump(mode="json") for one in new.values()],
        }
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        path = folder_of(home) / f"{now:%Y%m%dT%H%M%S.%fZ}-{text_digest(''.join(new))[:12]}.json"
        try:
            write_files([(path, text.encode())])
        except OSError as error:
            raise HomeError(
                f"the measurements cannot be written to {path.parent} ({error.strerror or error}); none was "
                "added: make room or permissions"
            ) from error
    return Added(tuple(new.values()), len({one.id for one in given}) - len(new))


def _read(path: Path) -> _Added:
    try:
        return _Added.model_validate_json(path.read_bytes())
    except OSError as error:
        raise HomeError(f"{path} cannot be read ({error.strerror or error}); make it readable") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise HomeError(
            f"{path}: {where}: {first['msg']}; expected measurements of schema {SCHEMA}: a newer polywell "
            "wrote them, or they were edited; bring back the file as it was"
        ) from error
