"""A database whose entries have dates, screened step by step in one process."""

import pyarrow.parquet as pq

from catalog.sources import RawEntry
from catalog.sources.base import in_batches
from flows.options import ScreenOptions
from flows.pipeline.plan import Plan
from flows.pipeline.run import run
from polywell.families import load_families
from polywell.records import Entry, Provenance
from tests.flows.crystals import cacuo2
from tests.flows.dying import OwnHands


class Dated:
    """A database whose entries have dates, and which remembers what it was asked for."""

    def __init__(self, entries, name="dated"):
        self.name = name
        self.entries = dict(entries)
        self.asked = []

    def version(self):
        return None

    def expected_count(self):
        return len(self.entries)

    @in_batches
    def index(self):
        for id_, (stamp, _) in self.entries.items():
            yield id_, stamp

    def raw_entries(self, ids=None):
        self.asked.append(None if ids is None else sorted(ids))
        for id_, (_, entry) in self.entries.items():
            if ids is None or id_ in ids:
                yield RawEntry(self.name, id_, "entry", entry, entry.formula, entry.provenance)

    def description(self):
        return {"spec": self.name}


def infinite_layer(id_, c_ang=3.18, source="dated", **provenance):
    structure = cacuo2()
    structure.apply_strain([0, 0, c_ang / structure.lattice.c - 1])
    return Entry(source, id_, "CaCuO2", ("Ca", "Cu", "O"), structure, Provenance(**provenance))


def screened(source, home, families=None, **more):
    """Screens a source; gives what the run leaves behind, and how many entries it screened."""
    OwnHands.screened = 0
    plan = Plan(source, home, families or load_families(), ScreenOptions(workers=1, **more))
    return run(plan), OwnHands.screened


def ranked_rows(home):
    return pq.read_table(home.latest / "ranked.parquet").to_pylist()


def ranked(home):
    return {row["id"]: row for row in ranked_rows(home)}
