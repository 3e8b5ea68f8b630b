"""Time how a dump as Alexandria publishes them is listed and read, beside bare unpacking, in the same run.

    python benchmarks/dumps.py PARQUET [--files 8] [--entries 8000] [--workers 2]

PARQUET is a file with columns material_id and cif. Its structures are written as computed entries of
pymatgen, so many into each file, compressed with bzip2, nine in ten of them with another metal, so that their
composition rejects them. Printed are the wall milliseconds an entry of the listing and of the reading, which
ends with the rows in the table, the CPU milliseconds of all processes and their ratio to unpacking the files
alone, all without what a dump of one entry takes; the peak of memory, and the minutes for 5 million entries.
Quote the ratios.
"""

from __future__ import annotations

import argparse
import bz2
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pymatgen.core import Structure
from pymatgen.entries.computed_entries import ComputedStructureEntry

from benchmarks.scale import (
    CHECKOUT,
    SHARE,
    STRANGERS,
    adopt_orphans,
    cpu_of_children,
    memory_kb,
    real_structures,
)
from polywell.families import load_families

ENTRIES = 5_000_000

RUNNER = """
import sys, time
from flows.options import ScreenOptions
from flows.pipeline.steps.listing import list_source
from flows.pipeline.plan import make_plan
from flows.pipeline.steps.reading import read
from flows.pipeline.run import workers_of
plan = make_plan(ScreenOptions(source=sys.argv[1], home=sys.argv[2], workers=int(sys.argv[3])))
with workers_of(plan.options) as workers:
    begun = time.perf_counter()
    listing = list_source(plan)
    listed = time.perf_counter()
    read(plan, listing, workers)
    print(listed - begun, time.perf_counter() - listed)
"""
"""The first two steps of a run."""


def entry(structure: Structure, number: int, metals: frozenset[str]) -> dict[str, object]:
    """One entry of the dump, with forces and moments as those of relaxations have."""
    made = structure.copy()
    if number % round(1 / SHARE):
        stranger = STRANGERS[number % len(STRANGERS)]
        made.replace_species({metal: stranger for metal in metals.intersection(made.symbol_set)})
    for site in made:
        site.properties = {"magmom": 0.0, "charge": 1.234, "forces": [0.0, 0.0012, -0.0034]}
    data = {"mat_id": f"agm{number:09}", "e_above_hull": 0.0123, "spg": 123, "stress": [[0.1, 0.2, 0.3]] * 3}
    found: dict[str, object] = ComputedStructureEntry(made, -12.3, data=data).as_dict()
    return found


def write_dump(folder: Path, entries: list[dict[str, object]], files: int) -> int:
    """Writes the same entries into each file, under ids of their own; returns the bytes unpacked."""
    folder.mkdir()
    text = json.dumps({"entries": entries})
    for number in range(files):
        file = folder / f"alexandria_{number:03}.json.bz2"
        file.write_bytes(bz2.compress(text.replace('"agm', f'"agm{number}-').encode()))
    return len(text) * files


def unpacking_s(folder: Path) -> float:
    """CPU seconds to unpack all files, one after the other."""
    start = time.process_time()
    for file in folder.iterdir():
        with bz2.open(file) as packed:
            while packed.read(65_536):
                pass
    return time.process_time() - start


def timed_run(dump: Path, home: Path, workers: int) -> tuple[float, float, float, int]:
    """Wall seconds of listing and of reading; CPU seconds and peak of memory (kB) of all processes."""
    before = cpu_of_children()
    command = [sys.executable, "-c", RUNNER, f"alexandria:{dump}", str(home), str(workers)]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    with tempfile.TemporaryFile("w+") as answers:
        process, peak = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=answers), 0
        while process.poll() is None:
            peak = max(peak, memory_kb(process.pid))
            time.sleep(0.25)
        answers.seek(0)
        listing, reading = map(float, answers.read().split())
    return listing, reading, cpu_of_children() - before, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parquet", type=Path)
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--entries", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    adopt_orphans()
    metals, structures = load_families().metals, real_structures(given.parquet)
    entries = [entry(structures[n % len(structures)], n, metals) for n in range(given.entries)]
    count = given.files * given.entries
    with tempfile.TemporaryDirectory(prefix="dumps-") as name:
        dump, few = Path(name) / "dump", Path(name) / "few"
        size = write_dump(dump, entries, given.files)
        write_dump(few, entries[:1], 1)
        bare = unpacking_s(dump)
        least = timed_run(few, Path(name) / "home-of-few", given.workers)
        *used, peak = timed_run(dump, Path(name) / "home", given.workers)
    listing, reading, cpu = (all_of_it - start for all_of_it, start in zip(used, least[:3], strict=True))
    each = 1e3 / count
    print(f"{count} entries in {given.files} files, {size / count:.0f} bytes each, unpacked")
    print(f"unpacking alone: {bare * each:.3f} CPU ms an entry")
    print(f"listing: {listing * each:.3f} ms an entry; reading: {reading * each:.3f} ms")
    print(f"together: {cpu * each:.3f} CPU ms, {cpu / bare:.2f} times unpacking alone")
    print(f"peak of all processes: {peak / 1e6:.2f} GB")
    minutes = (listing + reading) / count * ENTRIES / 60
    print(f"5 million entries: {minutes:.1f} minutes with {given.workers} workers")


if __name__ == "__main__":
    main()
