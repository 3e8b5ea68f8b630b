"""How a run from the command line uses Prefect: quietly.

In a worker of a deployment this module plays no part: there the environment belongs to Prefect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

from catalog.errors import CatalogError
from catalog.home import check_writable

QUIET = {
    "server.analytics_enabled": False,
    # What goes wrong reaches the caller as an exception; Prefect would print each one four times over.
    "logging.level": "CRITICAL",
    "server.logging_level": "CRITICAL",
}


ANSWERS_WITHIN_S = 20.0
"""Seconds for a server to say that it runs; one that is starting or busy takes a few."""


class EngineError(CatalogError):
    """Prefect cannot watch over a run: its server does not answer, or its folder cannot be written."""


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


def check_engine() -> None:
    """Checks what Prefect would end with pages of traceback for.

    Raises:
        EngineError: its folder cannot be written, or the server that it is told to use does not answer.
    """
    from prefect.settings import get_current_settings

    folder = get_current_settings().home
    try:
        check_writable(folder)
    except OSError as error:
        raise EngineError(
            f"Prefect's folder {folder} cannot be written ({error.strerror or error}); name a writable one "
            "in PREFECT_HOME, or leave Prefect out with --plain"
        ) from error
    if wrong := server_fault():
        raise EngineError(
            f"{wrong}; start it (`prefect server start`), correct PREFECT_API_URL, or leave Prefect out with "
            "--plain"
        )


def server_fault() -> str | None:
    """What is wrong with the server that Prefect is told to use; None where it answers, or none is named."""
    from prefect.settings import get_current_settings

    url = get_current_settings().api.url
    if url is None:
        return None
    import httpx

    shown = re.sub(r"//[^/@]*@", "//", url)  # without a password
    try:
        answer = httpx.get(url.rstrip("/") + "/health", timeout=ANSWERS_WITHIN_S, follow_redirects=True)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"no Prefect server answers at {shown} ({type(error).__name__})"
    if answer.status_code in (401, 403):
        return None  # it is there; the run shows its credentials
    if answer.status_code != 200:
        return f"{shown} is no healthy Prefect server (HTTP status {answer.status_code})"
    return None
