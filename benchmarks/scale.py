"""Time a whole run on many structures in the layout of LeMat-Bulk, and a second one after 1 % changed.

    python benchmarks/scale.py PARQUET [--rows 170000] [--keep DIR]

PARQUET is a file with columns material_id and cif, or in the layout of LeMat-Bulk, whose structures are
repeated with small random strains and displacements (fixed seed): 10 % of the rows are Cu, Ni or Fe
compounds with a ligand, the others the same cells with another metal. Printed are structures per second,
the share of time in reading, screening, storing and reporting, the peak memory of all processes, and the
ratios to the bare cost of reading the file and to CrystalNN on the candidates. Quote the ratios.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pymatgen.core import Structure
from pymatgen.core.local_env import CrystalNN

from catalog.reading import read
from catalog.sources import open_source
from polywell.elements import LIGANDS
from polywell.families import load_families
from polywell.screening import rejected_by_composition

CHECKOUT = Path(__file__).resolve().parent.parent
SHARE = 0.1
"""Rows whose composition does not reject them."""
CHANGED = 0.01
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
# Prints a line with the clock at the end of each step, so that nothing in the program has to measure itself.
RUNNER = """
import sys, time
from flows import steps
from flows.plan import make_plan
from flows.plain import run_plain
begun = time.perf_counter()
def timed(owner, name, label):
    inner = getattr(owner, name)
    def step(*arguments, **words):
        start = time.perf_counter()
        try:
            return inner(*arguments, **words)
        finally:
            print("TIME", label, time.perf_counter() - start, flush=True)
    setattr(owner, name, step)
timed(steps, "read_changes", "reading")
timed(steps, "merge_structures", "storing structures")
timed(steps, "find_todo", "storing structures")
timed(steps, "merge_predictions", "storing predictions")
timed(steps.Run, "publish", "publishing")
timed(steps.Run, "report", "reporting")
run_plain(make_plan(sys.argv[1], sys.argv[2], None, None))
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


def timed_run(file: Path, home: Path) -> tuple[dict[str, float], float]:
    """Seconds of each stage, and peak memory in GB."""
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
    return times, peak / 1e6


def bare_reading(file: Path) -> float:
    """Seconds to read all columns with pyarrow, batch by batch."""
    start = time.perf_counter()
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(batch_size=10_000, use_threads=False):
            del batch
    return time.perf_counter() - start


def crystalnn(structures: list[Structure], count: int) -> float:
    """Seconds that CrystalNN takes for one structure."""
    some = list(islice(structures, count))
    finder = CrystalNN()
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for structure in some:
            finder.get_all_nn_info(structure)
    return (time.perf_counter() - start) / len(some)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parquet", type=Path)
    parser.add_argument("--rows", type=int, default=170_000)
    parser.add_argument("--keep", type=Path, help="folder for the file and the home, which are kept there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scale-") as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        structures = [s for s in real_structures(given.parquet) if not LIGANDS.isdisjoint(s.symbol_set)]
        file, home = folder / "lemat.parquet", folder / "home"
        print(f"writing {given.rows} rows made of {len(structures)} structures ...", flush=True)
        write_rows(file, structures, given.rows, frozenset())
        times, peak = timed_run(file, home)
        report("full run", times, peak, given.rows)
        bare = bare_reading(file)
        print(f"bare reading of the file: {bare:.2f} s; the run takes {times['all'] / bare:.0f} times that")
        one = crystalnn(structures, 30)
        worth = given.rows * SHARE
        print(
            f"CrystalNN on the {worth:.0f} rows with metal and ligand: {one * worth:.0f} s on one core, "
            f"{one * worth / times['all']:.1f} times the whole run"
        )
        draw = np.random.default_rng(1)
        changed = frozenset(draw.choice(given.rows, round(CHANGED * given.rows), replace=False).tolist())
        write_rows(file, structures, given.rows, changed)
        again, peak = timed_run(file, home)
        report(f"run with {CHANGED:.0%} changed", again, peak, given.rows)
        print(f"ratio to the full run: {again['all'] / times['all']:.1%}")


def report(title: str, times: dict[str, float], peak: float, rows: int) -> None:
    whole = times["all"]
    print(f"{title}: {whole:.1f} s, {rows / whole:.0f} structures/s, peak memory {peak:.2f} GB", flush=True)
    for stage in STAGES:
        print(f"  {stage:20} {times.get(stage, 0.0):6.1f} s  {times.get(stage, 0.0) / whole:5.1%}")


if __name__ == "__main__":
    main()
