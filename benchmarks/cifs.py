"""Time how CIFs with symmetry are read and screened, beside pymatgen's parser alone, in the same run.

    python benchmarks/cifs.py PARQUET [--count 500]

PARQUET is a file with columns material_id and cif. So many of its structures are written by pymatgen with the
operations of their space group and the atoms that these make all others of, as databases of measured crystals
publish them. Printed are the CPU milliseconds for one of them, of pymatgen's parser, of the reading with all
its checks, and of the screening; and the CPU seconds for 55,000. Quote the ratios.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from pymatgen.core import Structure
from pymatgen.io.cif import CifParser, CifWriter

from catalog.readers.reading import read
from catalog.sources import RawEntry, open_source
from polywell.families import load_families
from polywell.records import Entry
from polywell.screening import screen_many

MANY = 55_000


def written(path: Path, count: int) -> list[str]:
    """Structures of the file, evenly spread, as CIFs with symmetry."""
    raws = list(open_source(f"parquet:{path}").raw_entries())
    chosen = [raws[len(raws) * place // count] for place in range(min(count, len(raws)))]
    structures = [entry.structure for raw in chosen for entry in read(raw, lambda _: True)]
    return [str(CifWriter(one, symprec=0.01)) for one in structures if isinstance(one, Structure)]


def timed(work: Callable[[], object]) -> float:
    """CPU seconds of the second of two times: in the first, tables and caches are filled."""
    for _ in range(2):
        start = time.process_time()
        work()
        taken = time.process_time() - start
    return taken


def parsed(texts: list[str]) -> None:
    """What pymatgen does by itself."""
    for text in texts:
        CifParser.from_str(text, check_cif=False).parse_structures(primitive=False)


def entries_of(texts: list[str]) -> list[Entry]:
    """What the program reads."""
    raws = [RawEntry(source="benchmark", id=str(n), kind="cif", payload=text) for n, text in enumerate(texts)]
    return [entry for raw in raws for entry in read(raw, lambda _: True) if isinstance(entry, Entry)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parquet", type=Path)
    parser.add_argument("--count", type=int, default=500)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    texts = written(given.parquet, given.count)
    entries, families = entries_of(texts), load_families()
    bare = timed(lambda: parsed(texts))
    reading = timed(lambda: entries_of(texts))
    screening = timed(lambda: screen_many(entries, families))
    print(f"{len(texts)} CIFs of {sum(map(len, texts)) / len(texts):.0f} bytes, {len(entries)} read")
    for name, taken in (("pymatgen's parser", bare), ("reading", reading), ("screening", screening)):
        print(f"{name}: {1e3 * taken / len(texts):.2f} CPU ms, {taken / bare:.2f} of pymatgen's parser")
    print(f"{MANY} CIFs: {(reading + screening) / len(texts) * MANY:.0f} CPU s")


if __name__ == "__main__":
    main()
