"""The command line, imported once and forked for each call; `python -m tests.flows.forking` starts it.

A call is what `python -m flows.cli.main` does, without the second in which a process of its own would import
the same modules again. Prefect is not among them: it reads the environment when it is imported. The processes
that workers are forked from would import them once more for each call: there is one for all calls.
"""

import atexit
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from multiprocessing import forkserver
from pathlib import Path

from catalog.scratch import scratch
from flows.workers.worker import MODULES, start_server
from tests.flows.crystals import CHECKOUT
from tests.flows.remembered import remember

WITHIN_S = 300.0
HEAVY = (
    "flows.cli.cages",
    "flows.cli.screen",
    "flows.pipeline.run",
    "catalog.runs.diff",
    "pymatgen.analysis.diffraction.xrd",
)


class Forked:
    """A process that waits for calls."""

    def __init__(self, environment: dict[str, str], folder: Path, said: Path) -> None:
        self.environment, self.folder, self.said = environment, folder, said
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, *words: object, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs the command line with these words and these variables besides."""
        said = [self.said / name for name in ("stdout", "stderr")]
        call = [[str(word) for word in words], self.environment | variables, str(self.folder)]
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps([*call, *map(str, said)]) + "\n")
        self.process.stdin.flush()
        code = int(self.process.stdout.readline())
        return subprocess.CompletedProcess(words, code, *(path.read_text("utf-8") for path in said))

    def stop(self) -> None:
        """Ends the process that waits."""
        self.process.communicate(timeout=60)


def call(words: list[str], environment: dict[str, str], folder: str, out: str, err: str) -> None:
    """The command line in this process, which ends with it."""
    code = 1
    try:
        for number, path, how in ((0, os.devnull, "r"), (1, out, "w"), (2, err, "w")):
            with open(path, how) as stream:
                os.dup2(stream.fileno(), number)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        tempfile.tempdir = None  # TMPDIR is read anew
        scratch.cache_clear()  # that folder is of the process that waits
        forkserver.ensure_running = forkserver._forkserver.ensure_running = lambda: None  # it runs
        forkserver._forkserver._stop = lambda: None  # and serves the other calls
        sys.argv = ["polywell", *words]
        runpy.run_module("flows.cli.main", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # without a second in which all that was imported is taken down


def main() -> None:
    """Reads lines of JSON, forks a call for each, and says its exit code."""
    for name in HEAVY:
        importlib.import_module(name)
    remember()
    start_server(MODULES)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            call(*json.loads(line))
        last = time.monotonic() + WITHIN_S
        while not (ended := os.waitpid(child, os.WNOHANG))[0]:
            if time.monotonic() > last:
                os.kill(child, 9)
            time.sleep(0.005)
        print(os.waitstatus_to_exitcode(ended[1]), flush=True)


if __name__ == "__main__":
    main()
