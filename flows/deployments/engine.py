"""How a run from the command line uses Prefect: quietly, on its embedded server, with patience.

In a worker of a deployment this module plays no part: there the environment belongs to Prefect.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

PATIENT_AND_QUIET = {
    # The embedded server takes 15-20 s to start on a fresh PREFECT_HOME; Prefect itself gives up after 20 s.
    "server.ephemeral.startup_timeout_seconds": 120,
    "server.analytics_enabled": False,
    # What goes wrong reaches the caller as an exception; Prefect would print each one four times over.
    "logging.level": "CRITICAL",
    "server.logging_level": "CRITICAL",
}


@contextmanager
def prefect_defaults(environment: MutableMapping[str, str]) -> Iterator[None]:
    """Lends Prefect defaults that suit one run, for the length of the block.

    They give way to whatever the user has set, in the environment, a profile or a `prefect.toml`.

    Args:
        environment: where `DO_NOT_TRACK` is set unless it is there: Prefect reads it when it is imported.
    """
    environment.setdefault("DO_NOT_TRACK", "1")
    from prefect.settings import get_current_settings, temporary_settings

    with temporary_settings(set_defaults=PATIENT_AND_QUIET):
        if get_current_settings().api.url is None:
            _provide_server()
        yield


def _provide_server() -> None:
    """Has Prefect take an embedded server that Ctrl-C does not reach, and that ends with this process.

    Prefect's own ends with the first Ctrl-C in a terminal, and the run asks for it in vain for a minute; it
    stays when this process is killed.
    """
    from prefect.server.api.server import SubprocessASGIServer

    class Server(SubprocessASGIServer):
        def _run_uvicorn_command(self) -> subprocess.Popen[Any]:
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                process = super()._run_uvicorn_command()
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
            self.guard = subprocess.Popen(
                ["/bin/sh", "-c", 'read -r _; kill -KILL "$0"', str(process.pid)],
                stdin=subprocess.PIPE,  # read to its end, which comes when this process has ended
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            return process

    Server()  # the only one of its kind: whoever asks for Prefect's class gets it
