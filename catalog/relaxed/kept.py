"""Finished relaxations of a home, one file each: a run that was killed goes on where it stopped.

They lie in `relaxed/POTENTIAL/` below the catalog. A file holds the structure that the relaxation began with,
and is used again only for an equal one; another takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
from pymatgen.core import Structure

from catalog.home import Home
from catalog.relaxed.phases import plain, structure_of
from catalog.store.durable import canonical_json, read_json, text_digest, write_json
from polywell.records import EntryKey
from polywell.relaxing.cells import FORCE_EV_PER_ANG, LONGEST_STEPS
from polywell.relaxing.rows import Finished, RelaxedRow

SCHEMA = 1
TABLE = "table.json"
"""The rows of the last run of a potential."""

_AS_THEY_ARE = ("source", "id", "changed", "energy_ev_per_atom", "steps", "why")
"""What a file tells of a relaxation beside its structures."""


def folder_of(home: Home, potential: str) -> Path:
    """The folder of a potential's relaxations."""
    return home.catalog / "relaxed" / re.sub(r"[^a-z0-9]+", "-", potential.lower()).strip("-")


def read_kept(folder: Path, key: EntryKey, start: Structure) -> Finished | None:
    """The relaxation of an entry that began with this structure; None where there is none."""
    held = read_json(_file(folder, key))
    if held is None or held.get("schema") != SCHEMA or held.get("begun_with") != _digest(start):
        return None
    after = held["structure"]
    told = {name: held[name] for name in _AS_THEY_ARE}
    return Finished(start=start, structure=None if after is None else structure_of(after), **told)


def keep(folder: Path, finished: Finished, seconds: float) -> None:
    """Makes a finished relaxation durable; `seconds` is how long it took.

    Raises:
        OSError: the disk is full or read-only; what was there before is unchanged.
    """
    after = finished.structure
    write_json(
        _file(folder, finished.key),
        {
            "schema": SCHEMA,
            "begun_with": _digest(finished.start),
            "start": plain(finished.start),
            "structure": None if after is None else plain(after),
            "seconds": round(seconds, 1),
            **{name: getattr(finished, name) for name in _AS_THEY_ARE},
        },
    )


def write_table(folder: Path, rows: Sequence[RelaxedRow]) -> None:
    """Writes the rows of a run, beside those of its candidates that earlier runs told and this one does not.

    Raises:
        OSError: the disk is full or read-only; what was there before is unchanged.
    """
    told = {(row.source, row.id): row for row in _rows(folder)}
    told.update(((row.source, row.id), row) for row in rows)
    write_json(folder / TABLE, {"schema": SCHEMA, "rows": [asdict(told[key]) for key in sorted(told)]})


def rows_of(home: Home) -> Mapping[EntryKey, tuple[RelaxedRow, ...]]:
    """What the relaxations of a home say of each entry, by its source and id, one row for each potential."""
    found: dict[EntryKey, tuple[RelaxedRow, ...]] = {}
    for folder in sorted((home.catalog / "relaxed").glob("*")):
        for row in _rows(folder):
            key = row.source, row.id
            found[key] = (*found.get(key, ()), row)
    return found


def _rows(folder: Path) -> list[RelaxedRow]:
    held = read_json(folder / TABLE) or {}
    names = {field.name for field in fields(RelaxedRow)}
    if held.get("schema") != SCHEMA:
        return []
    return [RelaxedRow(**row) for row in held["rows"] if row.keys() == names]


def _file(folder: Path, key: EntryKey) -> Path:
    return folder / f"{text_digest(canonical_json({'source': key[0], 'id': key[1]}))[:24]}.json"


def _digest(start: Structure) -> str:
    """Digest of a structure to a millionth, and of what decides when it is relaxed."""
    begun = plain(start)
    rounded = {name: (np.round(begun[name], 6) + 0.0).tolist() for name in ("lattice", "frac")}
    settings = {"force": FORCE_EV_PER_ANG, "steps": LONGEST_STEPS, "species": begun["species"]}
    return text_digest(canonical_json({**rounded, **settings}))
