"""Work out what large databases take, from the costs that `benchmarks/scale.py` prints.

    python benchmarks/extrapolate.py COSTS [--price 0.05] [--memory 64] [--share 0.1]

COSTS is a file with that output somewhere in it, such as docs/scale.md itself. Printed are the tables of
docs/scale.md, as Markdown: for each size of database the room in memory and on disk, and for each kind of
machine the hours, the core-hours and their price. Nothing is measured here.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DATABASES = (("Alexandria", 5_000_000), ("100 million structures", 100_000_000))
MACHINES = (
    ("one machine", 1, 2),
    ("one machine", 1, 16),
    ("one machine and a Dask cluster", 1, 64),
    ("parts of the database, a machine each", 20, 2),
)
"""What the runs are done on: how many machines lead, each a home of its own, and cores for each of them."""

LABELS = {
    "run_s": r"a run, whatever its size +([\d.]+) s",
    "lead_us": r"leading process and transport +([\d.]+) µs",
    "read_other_us": r"worker, rejected by composition: reading +([\d.]+) µs",
    "screen_other_us": r"worker, rejected by composition: screening +([\d.]+) µs",
    "read_us": r"worker, with geometry: reading +([\d.]+) µs",
    "screen_us": r"worker, with geometry: screening +([\d.]+) µs",
    "structures_b": r"on disk, structures +([\d.]+)",
    "predictions_b": r"on disk, predictions +([\d.]+)",
    "published_b": r"on disk, published +([\d.]+)",
    "memory_b": r"in memory, beyond the half +([\d.]+)",
    "rows": r"full run, (\d+) rows:",
    "peak_gb": r"full run, .*peak memory ([\d.]+) GB",
    "changed_percent": r"ratio to the full run: .* ([\d.]+)% of the CPU",
}
"""Where each cost stands in the output of the benchmark."""


@dataclass(frozen=True)
class Costs:
    """What was measured: `_s` CPU seconds of a run, `_us` CPU µs and `_b` bytes of an entry.

    `peak_gb` is the peak memory of a run on `rows` entries; a run with 1 % changed costs `changed_percent`.
    """

    run_s: float
    lead_us: float
    read_other_us: float
    screen_other_us: float
    read_us: float
    screen_us: float
    structures_b: float
    predictions_b: float
    published_b: float
    memory_b: float
    rows: float
    peak_gb: float
    changed_percent: float

    @classmethod
    def of(cls, text: str) -> Costs:
        """Reads the costs out of the benchmark's output.

        Raises:
            SystemExit: one of them is missing.
        """
        found = {name: re.search(pattern, text) for name, pattern in LABELS.items()}
        missing = [name for name, match in found.items() if match is None]
        if missing:
            raise SystemExit(
                f"no cost for {', '.join(missing)}; expected the output of benchmarks/scale.py in the file"
            )
        return cls(**{name: float(match[1]) for name, match in found.items() if match is not None})

    def worker_us(self, share: float) -> float:
        """CPU µs that the workers spend on an entry, where `share` of them have a geometry."""
        other = self.read_other_us + self.screen_other_us
        return share * (self.read_us + self.screen_us) + (1 - share) * other

    def memory_gb(self, entries: float) -> float:
        """Peak memory of one run on so many entries."""
        return self.peak_gb + max(self.memory_b, 0.0) * (entries - self.rows) / 1e9

    def disk_gb(self, entries: float) -> float:
        """Room of the tables and of one published run."""
        return entries * (self.structures_b + self.predictions_b + self.published_b) / 1e9

    def homes(self, entries: float, memory_gb: float) -> int:
        """Into how many homes the entries must be parted for each run to fit into the memory."""
        if memory_gb <= self.peak_gb:
            raise SystemExit(f"{memory_gb:g} GB of memory are fewer than the {self.peak_gb:g} GB measured")
        homes = 1
        while self.memory_gb(entries / homes) > memory_gb:
            homes += 1
        return homes

    def hours(self, entries: float, homes: int, share: float, cores: int) -> float:
        """Hours of all homes one after the other: one core leads, then the workers have all of them."""
        return (homes * self.run_s + entries * 1e-6 * (self.lead_us + self.worker_us(share) / cores)) / 3600


def tables(costs: Costs, price: float, memory_gb: float, share: float) -> Iterator[str]:
    """Lines of the Markdown tables.

    Args:
        costs: what was measured.
        price: of one core for an hour.
        memory_gb: memory of one machine.
        share: entries with a geometry to look at.
    """
    yield f"| database | entries | runs of at most {memory_gb:g} GB | memory of one | disk of all |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, entries in DATABASES:
        homes = costs.homes(entries, memory_gb)
        memory, disk = costs.memory_gb(entries / homes), costs.disk_gb(entries)
        yield f"| {name} | {entries:,} | {homes} | {memory:.1f} GB | {disk:,.1f} GB |"
    yield ""
    yield "| database | on | cores | hours | core-hours | price | hours, 1 % changed |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
    for name, entries in DATABASES:
        for on, machines, cores in MACHINES:
            part = entries / machines
            hours = costs.hours(part, costs.homes(part, memory_gb), share, cores)
            paid = hours * cores * machines
            again = hours * costs.changed_percent / 100
            number = f"{machines} × {cores}" if machines > 1 else str(cores)
            told = f"{hours:.2f} | {paid:.1f} | {paid * price:.2f} | {again:.2f}"
            yield f"| {name} | {on} | {number} | {told} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("costs", type=Path)
    parser.add_argument("--price", type=float, default=0.05, help="of one core for an hour")
    parser.add_argument("--memory", type=float, default=64.0, help="of one machine, in GB")
    parser.add_argument("--share", type=float, default=0.1, help="of entries with a geometry to look at")
    given = parser.parse_args()
    costs = Costs.of(given.costs.read_text("utf-8"))
    for line in tables(costs, given.price, given.memory, given.share):
        print(line)


if __name__ == "__main__":
    main()
