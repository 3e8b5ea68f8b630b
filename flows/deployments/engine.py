"""How a run from the command line uses Prefect: quietly.

In a worker of a deployment this module plays no part: there the environment belongs to Prefect.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

QUIET = {
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
    from prefect.settings import temporary_settings

    with temporary_settings(set_defaults=QUIET):
        yield
