"""What a worker process does: a shard of raw entries in, rows out; a shard of rows in, predictions out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import nullcontext

from catalog.errors import NotPeriodicError
from catalog.predictions import record_to_row
from catalog.reading import STAGE, read_parts
from catalog.schema import Row
from catalog.sources import RawEntry
from catalog.structures import failure_to_row, part_to_row, row_to_entry, row_to_failure, row_to_provenance
from flows.workers import hang_limit, wall_limit
from polywell.families import Families
from polywell.records import ScreenRecord
from polywell.screening import failed, not_periodic, rejected_by_composition, screen_many


def read_shard(raws: Sequence[RawEntry], families: Families) -> list[Row]:
    """Reads raw entries into rows of the table `structures`.

    An entry that cannot be read is a row too, with its error. A structure that its composition already
    rejects is not parsed. A file with several structures gives several rows.
    """

    def needs_structure(elements: Collection[str]) -> bool:
        return rejected_by_composition(elements, families) is None

    rows: list[Row] = []
    for raw in raws:
        with hang_limit():
            rows.extend(part_to_row(part) for part in read_parts(raw, needs_structure))
    return rows


def unread_rows(raw: RawEntry, error_type: str, message: str) -> list[Row]:
    """The row of an entry whose reading ended its worker."""
    return [failure_to_row(raw, error_type, message, STAGE)]


def screen_shard(rows: Sequence[Row], families: Families) -> list[Row]:
    """Screens rows of the table `structures` into rows of the table `predictions`, one for one."""
    return [record_to_row(record) for record in records_of(rows, families)]


def unscreened_rows(row: Row, error_type: str, message: str, families: Families) -> list[Row]:
    """The prediction of an entry whose screening ended its worker."""
    known = (row["source"], row["id"], row["formula"], tuple(row["elements"]), row_to_provenance(row))
    return [record_to_row(failed(*known, error_type, message, "screen", families))]


def records_of(rows: Sequence[Row], families: Families) -> list[ScreenRecord]:
    """What polywell says of rows of the table `structures`, in their order; those that were read, together.

    When that takes too long the worker ends, and its entries come again one by one: only then is it known
    whose time is over.
    """
    with hang_limit(), wall_limit() if len(rows) == 1 else nullcontext():
        entries = [row_to_entry(row) for row in rows if row["error_type"] is None]
        screened = iter(screen_many(entries, families))
    return [next(screened) if row["error_type"] is None else _unread(row, families) for row in rows]


def _unread(row: Row, families: Families) -> ScreenRecord:
    unread = row_to_failure(row)
    known = (unread.source, unread.id, unread.formula, unread.elements, unread.provenance)
    if unread.error_type == NotPeriodicError.__name__:
        return not_periodic(*known, families)
    return failed(*known, unread.error_type, unread.message, unread.stage, families)
