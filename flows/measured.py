"""The reference library beside a run: what the pages compare candidates with."""

from __future__ import annotations

import pyarrow as pa

from catalog.home import Home
from catalog.predictions import record_to_row, table_schema
from catalog.schema import Row
from catalog.shards import Header, batches_of, is_shard, write_shard
from flows.manifest import screening_settings
from polywell.families import Families
from polywell.records import Outcome
from polywell.reference import digest, reference_entries
from polywell.screening import screen


def measured_rows(families: Families) -> list[Row]:
    """Predictions for the candidates among the reference library, whose T_c has been measured."""
    records = [screen(entry, families) for entry in reference_entries()]
    return [record_to_row(record) for record in records if record.outcome is Outcome.CANDIDATE]


def kept_measured_rows(home: Home, families: Families) -> list[Row]:
    """The same, kept in a shard of the home: to build the library takes longer than a night's changes.

    Raises:
        catalog.shards.ShardError: the disk is full or read-only.
    """
    path = home.reference / "measured.arrow"
    header = Header("measured", "reference", digest(), screening_settings(families))
    if not is_shard(path, header):
        rows = measured_rows(families)
        write_shard(path, header, [pa.RecordBatch.from_pylist(rows, schema=table_schema())], table_schema())
    return [row for batch in batches_of(path, header) for row in batch.to_pylist()]
