"""What a night adds to a home, and what many nights leave of it.

    python -m benchmarks.nights PARQUET [--rows 4000] [--nights 6]

PARQUET is as for `benchmarks.scale`. Each night, one row in a thousand is another one. Printed are the bytes
of a row after the first night, and what each further night adds for each row; from both the size to which a
home of the Materials Project grows with the default `keep_days` and `keep_runs`. The clock is not turned: at
the end files go as if the days had passed.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.scale import real_structures, write_rows
from catalog.home import Home
from catalog.store.delta.retention import forget_versions
from flows.options import ScreenOptions
from flows.pipeline.plan import make_plan
from flows.pipeline.run import run

ROWS_OF_THE_MATERIALS_PROJECT = 170_000


def size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def main() -> None:
    """Screens night after night, and prints how the home grows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parquet", type=Path)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--nights", type=int, default=6)
    given = parser.parse_args()
    structures = real_structures(given.parquet)
    options = ScreenOptions()
    with tempfile.TemporaryDirectory() as folder:
        home, file = Home.at(Path(folder) / "home"), Path(folder) / "rows.parquet"
        sizes = []
        for night in range(given.nights):
            changed = frozenset(range(night, given.rows, 1000)) if night else frozenset()
            write_rows(file, structures, given.rows, changed)
            run(make_plan(ScreenOptions(source=f"parquet:{file}", home=Path(folder) / "home")))
            sizes.append(
                [size(home.structures) + size(home.predictions), size(home.runs), size(home.reports)]
            )
        tables, runs, pages = sizes[0]
        per_night = (sizes[-1][0] - tables) / (given.nights - 1)
        for table in (home.structures, home.predictions):
            forget_versions(table, 0)
        left = size(home.structures) + size(home.predictions)
    rows = given.rows
    print(f"first night: {tables / rows:.0f} bytes a row in tables, {runs / rows:.0f} in the published run")
    print(f"each night with changes adds {per_night / rows:.0f} bytes a row to the tables")
    print(f"without older versions the tables are {left / tables:.2f} times those of the first night")
    steady = tables + per_night * options.keep_days + runs * options.keep_runs
    whole = ROWS_OF_THE_MATERIALS_PROJECT / rows * steady + pages
    print(
        f"{ROWS_OF_THE_MATERIALS_PROJECT:,} rows, every night changed: {whole / 1e9:.2f} GB after "
        f"{options.keep_days} nights, and no more after a hundred"
    )


if __name__ == "__main__":
    main()
