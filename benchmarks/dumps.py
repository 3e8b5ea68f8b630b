"""Time the reading of a dump as Alexandria publishes them, beside bare unpacking, in the same run.

    python benchmarks/dumps.py PARQUET [--entries 3000]

PARQUET is a file with columns material_id and cif. Its structures are written as computed entries of
pymatgen, compressed with bzip2, nine in ten of them with another metal, so that their composition rejects
them. Printed are CPU and wall milliseconds an entry for the listing and for the entries after it, their ratio
to unpacking the file alone, and the hours of the leading process for 5 million entries. Quote the ratios.
"""

from __future__ import annotations

import argparse
import bz2
import json
import tempfile
import time
from pathlib import Path

from pymatgen.core import Structure
from pymatgen.entries.computed_entries import ComputedStructureEntry

from benchmarks.scale import SHARE, STRANGERS, real_structures
from catalog.sources import Chemistry, open_source
from polywell.data.elements import LIGANDS
from polywell.families import load_families

ENTRIES = 5_000_000


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


def timed(work: object) -> tuple[int, float, float]:
    """What an iterable gives, counted, with CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    count = sum(1 for _ in work)  # type: ignore[attr-defined]
    return count, time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parquet", type=Path)
    parser.add_argument("--entries", type=int, default=3000)
    given = parser.parse_args()
    families, structures = load_families(), real_structures(given.parquet)
    with tempfile.TemporaryDirectory(prefix="dumps-") as folder:
        file = Path(folder) / "dump.json.bz2"
        entries = [
            entry(structures[number % len(structures)], number, families.metals)
            for number in range(given.entries)
        ]
        content = json.dumps({"entries": entries}).encode()
        file.write_bytes(bz2.compress(content))
        print(f"{given.entries} entries, {len(content) / given.entries:.0f} bytes each, unpacked")
        with bz2.open(file) as packed:
            _, bare_cpu, _ = timed(iter(lambda: packed.read(65_536), b""))
        source = open_source(f"alexandria:{file}", Chemistry(families.metals, LIGANDS))
        _, listing_cpu, listing_s = timed(batch for batch in source.index())
        count, entries_cpu, entries_s = timed(source.raw_entries())
    each = 1e3 / count
    print(f"unpacking alone: {bare_cpu * each:.3f} CPU ms an entry")
    print(f"listing: {listing_cpu * each:.3f} CPU ms an entry, {listing_s * each:.3f} ms")
    print(f"entries: {entries_cpu * each:.3f} CPU ms an entry, {entries_s * each:.3f} ms")
    print(f"together {(listing_cpu + entries_cpu) / bare_cpu:.2f} times the CPU of unpacking alone")
    print(
        f"5 million entries: {(listing_s + entries_s) / count * ENTRIES / 3600:.2f} h of the leading process"
    )


if __name__ == "__main__":
    main()
