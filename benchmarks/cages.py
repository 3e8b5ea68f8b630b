"""Time the cage finder against CrystalNN bonding on the same structures in the same run.

    python benchmarks/cages.py PATH [--limit N] [--peers N]

PATH is a folder or file of structures, or a Parquet file with columns material_id and cif. Printed are
milliseconds per structure and the ratio to CrystalNN, for all structures and for layered cells of about
10 atoms, and the time per atom of growing supercells. Absolute times depend on the machine; quote the
ratios.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median

from pymatgen.core.local_env import CrystalNN

from catalog.errors import ReadError
from catalog.readers.reading import read
from catalog.sources import open_source
from polywell.families import load_families
from polywell.records import Entry, Outcome
from polywell.screening import rejected_by_composition, screen_many

ROUNDS = 5
"""Repetitions of each timing; the fastest counts, on both sides."""

CELL = range(8, 13)
"""Atoms of a layered cell of about 10 atoms."""

SUPERCELLS = ((1, 1, 1), (2, 1, 1), (2, 2, 1), (3, 2, 2), (4, 3, 2), (5, 4, 4))


def fastest(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Shortest time of several runs, in seconds of the processor: others may be at work."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def load(path: Path, limit: int) -> list[Entry]:
    """Entries of PATH that a structure was read for; the others are counted and printed."""
    families = load_families()
    source = open_source(f"parquet:{path}" if path.suffix == ".parquet" else f"files:{path}")
    entries: list[Entry] = []
    without = unread = 0
    for raw in islice(source.raw_entries(), limit):
        try:
            parts = read(raw, lambda elements: rejected_by_composition(elements, families) is None)
        except ReadError:
            unread += 1
            continue
        without += sum(entry.structure is None for entry in parts)
        entries.extend(entry for entry in parts if entry.structure is not None)
    print(f"{len(entries)} structures, {without} rejected by composition, {unread} unreadable")
    return entries


def bonds(entries: list[Entry]) -> Callable[[], object]:
    """Bonding of ordered structures by CrystalNN, as a peer would compute it."""
    peer = CrystalNN()  # type: ignore[no-untyped-call]
    structures = [entry.structure for entry in entries if entry.structure is not None]
    return lambda: [peer.get_bonded_structure(structure) for structure in structures]


def compare(title: str, entries: list[Entry], peers: int) -> None:
    """Print milliseconds per structure of both and their ratio; CrystalNN sees an even sample."""
    families = load_families()
    ordered = [entry for entry in entries if entry.structure is not None and entry.structure.is_ordered]
    if not ordered:
        print(f"{title}: none")
        return
    sample = ordered[:: max(1, len(ordered) // peers)][:peers]
    ours = fastest(lambda: screen_many(ordered, families)) / len(ordered)
    alone = fastest(lambda: [screen_many([entry], families) for entry in sample]) / len(sample)
    peer = fastest(bonds(sample), rounds=2) / len(sample)
    atoms = median(len(entry.structure) for entry in sample if entry.structure is not None)
    print(
        f"{title}: {len(ordered)} structures, median {atoms:.0f} atoms\n"
        f"  polywell, in batches   {1e3 * ours:8.3f} ms   {peer / ours:6.0f} times faster\n"
        f"  polywell, one by one   {1e3 * alone:8.3f} ms   {peer / alone:6.0f} times faster\n"
        f"  CrystalNN (sample {len(sample):3d}) {1e3 * peer:8.3f} ms"
    )


def growth(entry: Entry) -> None:
    """Print the time per atom of supercells: no growth means linear time."""
    families = load_families()
    assert entry.structure is not None
    print(f"supercells of {entry.formula}:")
    for shape in SUPERCELLS:
        structure = entry.structure * shape
        cell = Entry(entry.source, entry.id, entry.formula, entry.elements, structure)
        spent = fastest(lambda cell=cell: screen_many([cell], families))  # type: ignore[misc]
        atoms = len(structure)
        print(f"  {atoms:5d} atoms {1e3 * spent:8.2f} ms {1e6 * spent / atoms:8.1f} µs per atom")


def main() -> None:
    """Read, screen, and print the comparisons."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", type=Path)
    parser.add_argument("--limit", type=int, default=10**9, help="entries to read (default: all)")
    parser.add_argument("--peers", type=int, default=20, help="structures to give to CrystalNN (default: 20)")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # CrystalNN warns about every structure without oxidation states
    entries = load(arguments.path, arguments.limit)
    records = screen_many(entries, load_families())
    layered = [e for e, record in zip(entries, records, strict=True) if record.outcome is Outcome.CANDIDATE]
    small = [e for e in layered if e.structure is not None and len(e.structure) in CELL]
    compare("all structures with a net metal", entries, arguments.peers)
    compare("layered cells of 8 to 12 atoms", small, arguments.peers)
    if small:
        growth(small[0])


if __name__ == "__main__":
    main()
