"""Runs that kill themselves at their n-th durable step; `python -m tests.flows.dying` starts them.

Each run is a forked process that does the workers' work itself, so that hundreds of them are cheap.
"""

import importlib
import json
import os
import signal
import sys
from contextlib import nullcontext
from pathlib import Path

import catalog.sources.materials_project.source
import catalog.store.shards
import flows.pipeline.page_rows
import flows.pipeline.pending
import flows.pipeline.run
import flows.pipeline.shards
import flows.pipeline.steps.publishing
import flows.pipeline.steps.ranking
import flows.pipeline.steps.reading
import flows.pipeline.steps.screening
import flows.pipeline.versions
import reports.run.page
from catalog.runs import publish
from catalog.store import durable
from catalog.store.delta import lake
from flows.options import ScreenOptions
from flows.pipeline.plan import make_plan
from flows.pipeline.run import run
from polywell.families import load_families
from polywell.novelty.record import record_of
from tests.flows.remembered import remember

STEPS = ("fsync", "replace", "rename", "symlink", "commit")


class OwnHands:
    """Stands in for the pool: the same calls, in this process."""

    screened = 0

    def __init__(self, *_, **__):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def rest(self):
        pass

    def map(self, work, shards, lost, alone=None):
        for shard in shards:
            yield shard, work(shard)


def counted_screening(rows, families, screen=flows.pipeline.shards.screen_batch):
    """Screens rows, and counts them."""
    OwnHands.screened += len(rows)
    return screen(rows, families)


def arm(kill_at):
    """Counts the durable steps of this process; before number `kill_at` it dies."""
    count = 0

    def counted(function):
        def step(*arguments, **words):
            nonlocal count
            count += 1
            if count == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **words)

        return step

    def counted_after(function):
        def step(*arguments, **words):
            return counted(lambda result: result)(function(*arguments, **words))

        return step

    durable.os.fsync = counted(os.fsync)
    durable.os.replace = counted(os.replace)
    Path.rename = counted(Path.rename)
    Path.symlink_to = counted(Path.symlink_to)
    lake._commit = counted_after(counted(lake._commit))
    publish.shutil.rmtree = counted(publish.shutil.rmtree)
    return lambda: count


def live(source, home, kill_at):
    """One run in this process; leaves `steps.json` beside the home when it comes to its end."""
    flows.pipeline.run.Workers = OwnHands
    flows.pipeline.page_rows.measured_candidates = lambda families: []
    reports.run.page.picture = lambda payload: b"a still picture, which takes half of the time of such a run"
    flows.pipeline.versions.code_digest = lambda: "the same"  # also where someone works on the code meanwhile
    flows.pipeline.shards.wall_limit = nullcontext  # it needs the main thread
    catalog.sources.materials_project.source.REQUESTS_PER_S = 1000.0
    flows.pipeline.shards.screen_batch = counted_screening
    catalog.store.shards.SHARD_ROWS = flows.pipeline.shards.PART_WEIGHT = 2
    flows.pipeline.steps.reading.cut.__defaults__ = (2, *flows.pipeline.steps.reading.cut.__defaults__[1:])
    steps = arm(kill_at)
    run(make_plan(ScreenOptions(source=source, home=home, workers=1, dossiers=1)))
    said = {"steps": steps(), "screened": OwnHands.screened}
    Path(f"{home}.json").write_text(json.dumps(said), "utf-8")


def main():
    """Reads lines of JSON (source, home, kill_at), runs each, and says how it ended."""
    remember()
    for metal in load_families().metals:
        record_of(metal)
    importlib.import_module("pymatgen.analysis.diffraction.xrd")
    for line in sys.stdin:
        source, home, kill_at = json.loads(line)
        if source == "materials-project":
            importlib.import_module("mp_api.client.routes.materials.summary")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                sys.stderr = open(f"{home}.log", "w")
                live(source, home, kill_at)
                code = 0
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)


if __name__ == "__main__":
    main()
