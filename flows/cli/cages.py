"""Cages of structures in files, for `polywell cages`: nothing is stored, only the records come out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from catalog.sources.base import RawEntry
from catalog.sources.files import FilesSource, shown
from catalog.store.structures import row_to_part
from flows.options import ScreenOptions
from flows.pipeline import shards
from flows.workers.pool import Workers
from polywell.families import Families, load_families
from polywell.records import Phase, Screening
from reports.html.cells import finite

ENTRIES_TOGETHER = 8
"""Files that go to a worker together: few, so that the first answers come soon."""

TOLD = "phase cage metal xi_ang apexes faces count lateral_offset_ang tc_k".split()
"""Fields of a phase that are told."""

Named = tuple[str, RawEntry]
"""The path to show for an entry, and the entry."""


def cages_of(paths: Sequence[str], families: Path | None) -> Iterator[dict[str, Any]]:
    """Screens the structures in files and folders.

    Args:
        paths: files, and folders that are read recursively.
        families: a λ table in place of the built-in one.

    Yields:
        One JSON object for each structure, in the order of the paths.

    Raises:
        SourceError: a path does not exist.
        FamilyTableError: the λ table cannot be used.
        OptionError: a `POLYWELL_` variable is wrong.
    """
    options = ScreenOptions.of({"families": families})
    table = load_families(options.families)
    sources = [(path, FilesSource(Path(path), path)) for path in paths]
    work, lost = partial(_screened, families=table), partial(_lost, families=table)

    def named() -> Iterator[list[Named]]:
        for path, source in sources:
            folder = os.path.isdir(path)
            every = (
                (shown(os.path.join(path, raw.id) if folder else path), raw) for raw in source.raw_entries()
            )
            while together := list(islice(every, ENTRIES_TOGETHER)):
                yield together

    with Workers(options.workers, preload=(shards.__name__,)) as workers:
        for _, found in workers.map(work, named(), lost):
            yield from found


def _screened(entries: Sequence[Named], families: Families) -> list[dict[str, Any]]:
    return [
        as_json(path + row["id"].removeprefix(raw.id), *shards.records_of([row_to_part(row)], families))
        for path, raw in entries
        for row in shards.read_shard([raw], families)
    ]


def _lost(entry: Named, error_type: str, message: str, families: Families) -> list[dict[str, Any]]:
    path, raw = entry
    rows = shards.unread_rows(raw, error_type, message)
    return [as_json(path, *shards.records_of([row_to_part(row)], families)) for row in rows]


def as_json(path: str, record: Screening) -> dict[str, Any]:
    """What `polywell cages --json` says of one structure; null stands for what there is not."""
    return {
        "path": path,
        "formula": record.formula or None,
        "formula_written": record.formula_written,
        "outcome": record.outcome.value,
        "reason": record.reason.value if record.reason else record.error_type,
        "message": record.message or None,
        "note": record.provenance.note,
        "family": record.family,
        "tc_ceiling_k": finite(record.tc_ceiling_k),
        "tc_outer_k": finite(record.tc_outer_k),
        "phases": [_phase_as_json(phase) for phase in record.phases],
    }


def _phase_as_json(phase: Phase) -> dict[str, Any]:
    facts = {name: getattr(phase, name) for name in TOLD}
    return {name: finite(fact) if isinstance(fact, float) else fact for name, fact in facts.items()}
