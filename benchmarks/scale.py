"""Time whole runs on many structures in the layout of LeMat-Bulk: half of them, all, and 1 % changed.

    python benchmarks/scale.py PARQUET [--rows 170000] [--keep DIR]

PARQUET is a file with columns material_id and cif, or in the layout of LeMat-Bulk, whose structures are
repeated with small random strains and displacements (fixed seed): 10 % of the rows are Cu, Ni or Fe
compounds with a ligand, the others the same cells with another metal. Printed are structures per second,
CPU seconds of all processes, the share of time in reading, screening, storing and reporting, the peak
memory of all processes, the ratios between the runs, to the bare cost of reading the file and to CrystalNN
on the candidates; then what one entry costs, for estimates of larger databases. Quote the ratios and the
CPU seconds: they hold on a busy machine too. Needs Linux.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pymatgen.core import Structure
from pymatgen.core.local_env import CrystalNN

from catalog.readers.arrays.columns import STRUCTURE
from catalog.readers.reading import read
from catalog.sources import Chemistry, open_source
from catalog.store.shards import Header, batches_of, write_shard
from flows.pipeline.shards import column_batch, in_parts, joined, screen_batch
from polywell.data.elements import LIGANDS
from polywell.families import load_families
from polywell.screening import rejected_by_composition

CHECKOUT = Path(__file__).resolve().parent.parent
SHARE = 0.1
"""Rows whose composition does not reject them."""
CHANGED = 0.01
SAMPLE = 20_000
"""Rows at the beginning of the file on which the cost of an entry in a worker is measured."""
SHARDS = 20
STRANGERS = ("Zn", "Mg", "Mn", "Co", "Ti")
"""What stands in for the metals in the other rows."""
STAGES = ("reading", "storing structures", "screening", "storing predictions", "publishing", "reporting")
SCHEMA = pa.schema(
    [
        ("immutable_id", pa.string()),
        ("elements", pa.list_(pa.string())),
        ("chemical_formula_reduced", pa.string()),
        ("lattice_vectors", pa.list_(pa.list_(pa.float64()))),
        ("species_at_sites", pa.list_(pa.string())),
        ("cartesian_site_positions", pa.list_(pa.list_(pa.float64()))),
        ("functional", pa.string()),
        ("last_modified", pa.string()),
    ]
)
# Starts as `polywell screen` does, and prints a line with the clock at the end of each step, so that nothing
# in the program has to measure itself.
RUNNER = """
import sys, time
woken = time.perf_counter()
from flows.workers.worker import start_server
start_server()
from flows.options import ScreenOptions
from flows.pipeline.steps import publishing, reading, screening
from flows.pipeline.plan import make_plan
from flows.pipeline.run import run
begun = time.perf_counter()
print("STARTED", begun - woken)
def timed(owner, name, label):
    inner = getattr(owner, name)
    def step(*arguments, **words):
        start = time.perf_counter()
        try:
            return inner(*arguments, **words)
        finally:
            print("TIME", label, time.perf_counter() - start, flush=True)
    setattr(owner, name, step)
timed(reading, "read_changes", "reading")
timed(reading, "merge_structures", "storing structures")
timed(reading, "find_pending", "storing structures")
timed(screening, "merge_predictions", "storing predictions")
timed(publishing, "changes", "publishing")
timed(publishing, "publish_tables", "publishing")
timed(publishing, "_write_pages", "reporting")
run(make_plan(ScreenOptions(source=sys.argv[1], home=sys.argv[2])))
print("TIME all", time.perf_counter() - begun, flush=True)
"""


def real_structures(path: Path) -> list[Structure]:
    """Structures of the file that their composition does not reject."""
    families = load_families()
    found = []
    for raw in open_source(f"parquet:{path}").raw_entries():
        for entry in read(raw, lambda elements: rejected_by_composition(elements, families) is None):
            structure = entry.structure
            if structure is not None and structure.is_ordered and len(structure) <= 60:
                found.append(structure)
    return found


def write_rows(target: Path, structures: list[Structure], rows: int, changed: frozenset[int]) -> None:
    """Writes the file; rows of `changed` get another cell and a later date."""
    metals = sorted(load_families().metals)
    with pq.ParquetWriter(target, SCHEMA, compression="zstd") as writer:
        for start in range(0, rows, 10_000):
            some = [row(structures, n, metals, n in changed) for n in range(start, min(rows, start + 10_000))]
            writer.write_table(pa.Table.from_pylist(some, schema=SCHEMA))


def row(structures: list[Structure], number: int, metals: list[str], is_changed: bool) -> dict[str, object]:
    """One row: a real structure, strained and shaken by a little."""
    draw = np.random.default_rng([number, is_changed])
    structure = structures[number % len(structures)]
    is_worth = number % round(1 / SHARE) == 0
    if is_worth:
        structure = structures[number // round(1 / SHARE) % len(structures)]
    stranger = STRANGERS[number % len(STRANGERS)]
    species = [site.specie.symbol for site in structure]
    if not is_worth:
        species = [stranger if symbol in metals else symbol for symbol in species]
    strain = np.eye(3) + draw.normal(0, 2e-3, (3, 3))
    lattice = structure.lattice.matrix @ strain
    positions = structure.frac_coords @ lattice + draw.normal(0, 2e-3, (len(species), 3))
    elements = sorted(set(species))
    return {
        "immutable_id": f"row-{number:08}",
        "elements": elements,
        "chemical_formula_reduced": "".join(f"{symbol}{species.count(symbol)}" for symbol in elements),
        "lattice_vectors": lattice.tolist(),
        "species_at_sites": species,
        "cartesian_site_positions": positions.tolist(),
        "functional": "pbe",
        "last_modified": "2026-11-02" if is_changed else "2026-11-01",
    }


def memory_kb(process: int) -> int:
    """Proportional memory of a process and all below it, shared pages counted once."""
    total, waiting = 0, [process]
    while waiting:
        one = waiting.pop()
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1])  # type: ignore[index]
            waiting += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
        except (OSError, TypeError):
            continue
    return total


@dataclass(frozen=True)
class Measured:
    """One run: seconds of each stage and of all, CPU seconds of all processes, peak memory in bytes.

    What it takes to import the program before the first step stands in `start_s`.
    """

    rows: int
    start_s: float
    seconds: dict[str, float]
    cpu_s: float
    peak: float

    @property
    def whole_s(self) -> float:
        """Seconds from the first step to the last."""
        return self.seconds["all"]

    def report(self, title: str) -> None:
        """Prints it."""
        whole = self.whole_s
        print(
            f"{title}: {whole:.1f} s, {self.rows / whole:.0f} structures/s; {self.cpu_s:.1f} CPU s in all "
            f"processes, {self.cpu_s / whole:.2f} cores busy; peak memory {self.peak / 1e9:.2f} GB; "
            f"{self.start_s:.1f} s more to start",
            flush=True,
        )
        for stage in STAGES:
            part = self.seconds.get(stage, 0.0)
            print(f"  {stage:20} {part:6.1f} s  {part / whole:5.1%}")


def timed_run(file: Path, home: Path, rows: int) -> Measured:
    """Runs the program on a file of so many rows."""
    before = cpu_of_children()
    with tempfile.TemporaryFile("w+") as answers:
        process = subprocess.Popen(
            [sys.executable, "-c", RUNNER, f"parquet:{file}", str(home)],
            cwd=CHECKOUT,
            env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
            stdout=answers,
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, memory_kb(process.pid))
            time.sleep(0.25)
        answers.seek(0)
        said = answers.read()
    if process.returncode:
        raise SystemExit(f"the run ended with {process.returncode}")
    times: dict[str, float] = {}
    for label, seconds in re.findall(r"^TIME (.+) ([\d.e-]+)$", said, re.MULTILINE):
        times[label] = times.get(label, 0.0) + float(seconds)
    times["screening"] = times["all"] - sum(value for name, value in times.items() if name != "all")
    [started] = re.findall(r"^STARTED ([\d.e-]+)$", said, re.MULTILINE)
    return Measured(rows, float(started), times, cpu_of_children() - before, peak * 1024)


def adopt_orphans() -> None:
    """Makes this process the parent of whatever a run leaves behind, so that all CPU time is counted."""
    subreaper = 36  # PR_SET_CHILD_SUBREAPER of linux/prctl.h
    if ctypes.CDLL(None).prctl(subreaper, 1, 0, 0, 0):
        raise SystemExit("this system does not give orphaned processes to their grandparent")


def cpu_of_children() -> float:
    """CPU seconds of all processes below this one, once they have ended."""
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bare_reading(file: Path) -> float:
    """CPU seconds to read all columns with pyarrow, batch by batch."""
    start = time.process_time()
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(batch_size=10_000, use_threads=False):
            del batch
    return time.process_time() - start


def crystalnn(structures: list[Structure], count: int) -> float:
    """CPU seconds that CrystalNN takes for one structure."""
    some = list(islice(structures, count))
    finder = CrystalNN()
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for structure in some:
            finder.get_all_nn_info(structure)
    return (time.process_time() - start) / len(some)


def worker_costs(file: Path) -> dict[str, float]:
    """CPU seconds that a worker takes to read and to screen one entry, without and with its geometry."""
    families, parts = load_families(), first_parts(file)
    costs = {}
    for name in ("rejected by composition", "with geometry"):
        some = [part for part in parts if (STRUCTURE[0] in part.schema.names) == (name == "with geometry")]
        count = sum(part.num_rows for part in some)
        for _ in range(2):  # the first time, tables and caches are filled
            start = time.process_time()
            batches = [column_batch([part], families, "benchmark", "benchmark") for part in some]
            read = time.process_time()
            for batch in batches:
                screen_batch([batch], families)
            done = time.process_time()
        costs[f"{name}: reading"] = (read - start) / count
        costs[f"{name}: screening"] = (done - read) / count
    return costs


def first_parts(file: Path) -> list[pa.RecordBatch]:
    """The first rows of the file as they go to the workers."""
    families = load_families()
    source = open_source(f"parquet:{file}", Chemistry(frozenset(families.metals), frozenset(LIGANDS)))
    parts: list[pa.RecordBatch] = []
    for batch in source.columns():  # type: ignore[attr-defined]
        stamps = pa.array(["stamp"] * batch.num_rows)
        parts += in_parts(batch.append_column("stamp", stamps))
        if sum(part.num_rows for part in parts) >= SAMPLE:
            break
    return parts


def shard_cost(folder: Path, file: Path) -> tuple[int, float]:
    """Rows of a shard of predictions, and CPU seconds to write it durably, check its header, and read it."""
    families = load_families()
    read = [column_batch([part], families, "benchmark", "benchmark") for part in first_parts(file)]
    [batch, *_] = in_parts(joined(read))
    batch = screen_batch([batch], families)
    header, path = Header("benchmark", "benchmark", {}), folder / "shard.arrow"
    start = time.process_time()
    for _ in range(SHARDS):
        write_shard(path, header, [batch])
        list(batches_of(path, header))
    return batch.num_rows, (time.process_time() - start) / SHARDS


def print_costs(half: Measured, full: Measured, folder: Path, file: Path, home: Path) -> None:
    """What one entry costs: from the difference of two runs, and from the workers' functions alone."""
    more = full.rows - half.rows
    slope = (full.cpu_s - half.cpu_s) / more
    workers = worker_costs(file)
    share = {"rejected by composition": 1 - SHARE, "with geometry": SHARE}
    mean = sum(share[name.partition(":")[0]] * cost for name, cost in workers.items())
    print("costs, in CPU time of one core:")
    print(f"  a run, whatever its size               {full.cpu_s - slope * full.rows:8.1f} s")
    print(f"  an entry, all stages, mean of the rows {slope * 1e6:8.0f} µs")
    for name, cost in workers.items():
        print(f"    {'worker, ' + name:37}{cost * 1e6:8.0f} µs")
    print(f"    {'leading process and transport':37}{(slope - mean) * 1e6:8.0f} µs")
    rows, shard = shard_cost(folder, file)
    print(f"  {f'a shard of {rows} predictions':39}{shard * 1e3:8.1f} ms")
    print("bytes per entry:")
    for name, place in (("structures", "structures"), ("predictions", "predictions"), ("published", "runs")):
        size = sum(path.stat().st_size for path in (home / "catalog" / place).rglob("*.parquet"))
        print(f"  on disk, {name:30}{size / full.rows:8.0f}")
    print(f"  in memory, beyond the half             {(full.peak - half.peak) / more:8.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parquet", type=Path)
    parser.add_argument("--rows", type=int, default=170_000)
    parser.add_argument("--keep", type=Path, help="folder for the file and the homes, which are kept there")
    given = parser.parse_args()
    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="scale-") as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        structures = [s for s in real_structures(given.parquet) if not LIGANDS.isdisjoint(s.symbol_set)]
        print(f"making {given.rows} rows of {len(structures)} structures ...", flush=True)
        compare_runs(folder, structures, given.rows)


def compare_runs(folder: Path, structures: list[Structure], rows: int) -> None:
    """Runs on half of the rows, on all of them, and on all with some changed."""
    file, home = folder / "lemat.parquet", folder / "home"
    for old in (home, folder / "half"):
        shutil.rmtree(old, ignore_errors=True)
    write_rows(file, structures, rows // 2, frozenset())
    half = timed_run(file, folder / "half", rows // 2)
    half.report(f"run on half of the rows, {rows // 2}")
    write_rows(file, structures, rows, frozenset())
    full = timed_run(file, home, rows)
    full.report(f"full run, {rows} rows")
    print(
        f"twice the rows: {full.whole_s / half.whole_s:.2f} times the time, "
        f"{full.cpu_s / half.cpu_s:.2f} times the CPU, {full.peak / half.peak:.2f} times the memory"
    )
    bare = bare_reading(file)
    print(f"bare reading of the file: {bare:.2f} CPU s; the run takes {full.cpu_s / bare:.0f} times that")
    one = crystalnn(structures, 30)
    worth = rows * SHARE
    print(
        f"CrystalNN on the {worth:.0f} rows with metal and ligand: {one * worth:.0f} CPU s, "
        f"{one * worth / full.cpu_s:.1f} times the whole run"
    )
    print_costs(half, full, folder, file, home)
    draw = np.random.default_rng(1)
    changed = frozenset(draw.choice(rows, round(CHANGED * rows), replace=False).tolist())
    write_rows(file, structures, rows, changed)
    again = timed_run(file, home, rows)
    again.report(f"run with {CHANGED:.0%} changed")
    print(
        f"ratio to the full run: {again.whole_s / full.whole_s:.1%} of the time, "
        f"{again.cpu_s / full.cpu_s:.1%} of the CPU"
    )


if __name__ == "__main__":
    main()
