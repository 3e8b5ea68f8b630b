"""`polywell design-blocks`: the blocks of measured crystals and of a list's candidates, as page and table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from catalog.errors import HomeError
from catalog.home import Home
from catalog.runs.beside import write_rows_durably
from catalog.runs.named import find_run
from catalog.store.durable import write_files
from catalog.store.predictions import candidates_of
from catalog.store.structures import entries_of
from flows.progress import stage
from polywell.data.reference import reference_entries
from polywell.design.inventory.blocks import BlockRow, Inventory, inventory
from polywell.records import Entry
from reports.html.names import DESIGNS
from reports.studies.design_blocks import BLOCKS_PARQUET, blocks_files

TOGETHER = 500
"""Candidates whose structures are in memory at once."""


@dataclass(frozen=True)
class Blocks:
    """What was found, the page, and the table beside it."""

    found: Inventory
    page: Path
    table: Path


def blocks(home: Home, of_candidates: bool = False) -> Blocks:
    """Cut the reference structures, and on request every candidate of the home's newest list.

    Args:
        home: where the page goes, and whose list is meant.
        of_candidates: cut the candidates, too; designs are left out, since they are made of blocks.

    Raises:
        RunError: there is no list to take candidates from.
        HomeError: the page cannot be written.
    """
    home.prepare()
    origin = "the reference library"
    if of_candidates:
        origin += " and the candidates of the newest list"
    found = inventory(chain(reference_entries(), _candidates(home) if of_candidates else ()))
    folder = home.reports / DESIGNS
    try:
        page = write_files(blocks_files(folder, found, origin))[-1]
        write_rows_durably(folder / BLOCKS_PARQUET, BlockRow, found.rows)
    except OSError as error:
        raise HomeError(
            f"the page of blocks cannot be written to {folder} ({error.strerror or error}); make room or "
            "permissions, then run `polywell design-blocks` again"
        ) from error
    return Blocks(found, page, folder / BLOCKS_PARQUET)


def _candidates(home: Home) -> Iterator[Entry]:
    """Candidates with their structures, in the order of the list; designs and the library left out."""
    run = find_run(home, "latest", None)
    keys = [
        one.screening.key
        for one in candidates_of(run.ranked())
        if one.screening.provenance.built_of is None and one.screening.source != "reference"
    ]
    with stage("cutting", "candidates", len(keys)) as done:
        for start in range(0, len(keys), TOGETHER):
            wanted = keys[start : start + TOGETHER]
            held = entries_of(run.structures(wanted))
            for key in wanted:
                if key in held:
                    yield held[key]
                done(1)
