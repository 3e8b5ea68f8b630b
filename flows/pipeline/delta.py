"""What of a source is to be read: the difference between its index and what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from catalog.store.delta.lake import scan


@dataclass(frozen=True)
class Delta:
    """What is to be read: raw entries that are new or changed, and rows that may have to go.

    Of each row of the `index`, `is_changed` says whether it is to be read. `stored` holds the ids of the
    stored rows whose raw entry is read anew or is no longer there.
    """

    index: pa.Table
    is_changed: NDArray[np.bool_]
    withdrawn: int
    stored: pa.Array

    @property
    def changed(self) -> int:
        """Number of raw entries to read."""
        return int(np.count_nonzero(self.is_changed))


def delta_of(table: Path, source: str, index: pa.Table, reading: str) -> Delta:
    """Compares an index with what is stored.

    A raw entry is unchanged where all rows that came from it carry its stamp and were read as they would
    be now.

    Args:
        table: folder of the table `structures`.
        source: name of the source.
        index: its index.
        reading: digest of how entries are read now; rows that were read otherwise count as changed.
    """
    names = ["id", "raw_id", "stamp", "reading"]
    rows = pa.Table.from_batches(
        scan(table, source, names), pa.schema([(name, pa.string()) for name in names])
    )
    place = pc.index_in(rows["raw_id"], value_set=index["id"].combine_chunks(), skip_nulls=True)
    is_same = pc.and_(
        pc.equal(rows["stamp"], index["stamp"].take(place)).fill_null(False),
        pc.equal(rows["reading"], reading).fill_null(False),
    )
    is_listed, same = np.asarray(place.is_valid()), np.asarray(is_same)
    places = np.asarray(place.fill_null(0))
    is_changed = np.ones(index.num_rows, bool)
    is_changed[places[is_listed & same]] = False
    is_changed[places[is_listed & ~same]] = True
    goes = ~is_listed
    goes[is_listed] = is_changed[places[is_listed]]
    withdrawn = pc.count_distinct(rows["raw_id"].filter(pa.array(~is_listed)), mode="only_valid").as_py()
    return Delta(index, is_changed, withdrawn, rows["id"].filter(pa.array(goes)).combine_chunks())
