"""`polywell forget`: a source leaves the tables of a home, and with the next run its list."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from catalog.home import Home
from catalog.store.delta.lake import apply, scan
from catalog.store.lock import only_run
from catalog.store.shards import forget_work, work_folder


def forget(home: Home, source: str, say: Callable[[str], None]) -> int:
    """Takes the entries of a source out of the tables of a home; the tables keep them in their history.

    Args:
        home: the home; held meanwhile.
        source: name of the source.
        say: told whom this waits for.

    Returns:
        How many entries were stored.

    Raises:
        HomeError: another run holds the home, or it cannot be written.
        LakeError: a table cannot be read or written.
    """
    with only_run(home, f"forgetting {source}", say):
        stored = 0
        for table in (home.structures, home.predictions):
            ids = [batch.column("id") for batch in scan(table, source, ["id"])]
            gone = pa.chunked_array(ids, pa.string()).combine_chunks()
            stored = max(stored, len(gone))
            apply(table, (), gone, source)
        forget_work(work_folder(home, source))
    return stored
