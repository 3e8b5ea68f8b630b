"""How long old versions of the tables stay: each change writes a source anew, and its files before remain.

Delta's own vacuum passes over files whose folder holds a percent sign (deltalake 1.5.1), as that of most
sources does.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.parse import unquote

from catalog.store.delta import digests
from catalog.store.delta.lake import as_lake_error, files_of, unchecked_dataset, unchecked_table

DAY_S = 24 * 3600


def forget_versions(table_path: Path, keep_days: float) -> int:
    """Removes the files that hold no current row and have held none for some days.

    Whoever began to read the table since then finds what it began with. Call it while no other process writes
    the table.

    Args:
        table_path: folder of a table.
        keep_days: for how many days files stay that hold no current row.

    Returns:
        How many files went.

    Raises:
        LakeError: the folder cannot be read or written.
    """
    if not (table_path / digests.LOG).is_dir():
        return 0
    until = time.time() - DAY_S * keep_days
    gone = 0
    with as_lake_error(table_path):
        current = set(files_of(unchecked_dataset(unchecked_table(table_path), table_path)))
        written = {str(path.relative_to(table_path)): path for path in table_path.glob("*/*.parquet")}
        old = {
            name: path
            for name, path in written.items()
            if name not in current and path.stat().st_mtime <= until
        }
        removed = _removed(table_path) if old else {}
        for name, path in old.items():
            if removed.get(name, until) <= until:
                path.unlink()
                gone += 1
    return gone


def _removed(table_path: Path) -> dict[str, float]:
    """When files left the table, in seconds since 1970, as far as the commits that are left say."""
    found = {}
    for name in digests.log_files(table_path):
        if not name.endswith(".json"):
            continue
        for line in (table_path / name).read_text("utf-8").splitlines():
            action = json.loads(line).get("remove")
            if action is not None:
                found[unquote(action["path"])] = action["deletionTimestamp"] / 1000
    return found
