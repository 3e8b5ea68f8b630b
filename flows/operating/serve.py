"""`polywell serve`: the web server of a home's list and pages."""

from __future__ import annotations

import socket

from catalog.errors import CatalogError
from catalog.home import Home
from flows.progress import say


class ServeError(CatalogError):
    """There is nothing to serve with, or no place to serve at."""


def serve(home: Home, host: str, port: int) -> None:
    """Serves until it is stopped by a signal.

    Args:
        home: what to serve.
        host: address to listen at.
        port: port to listen at; 0 for any free one.

    Raises:
        ServeError: the extra is not installed, or the address is taken.
        CatalogError: the home has no published run, or it is damaged.
    """
    try:
        import uvicorn

        from catalog.serving.app import FIRST_PAGE, Served
    except ModuleNotFoundError as error:
        raise ServeError(
            f"`polywell serve` needs {error.name}; install polywell with its extra: pip install '.[serve]'"
        ) from error
    with _listening(host, port) as listening:
        served = Served(home)
        address = f"http://{host}:{listening.getsockname()[1]}"
        say(f"OPTIMADE: {address}/v1/structures ({served.count} candidates of run {served.run.name})")
        say(f"page: {address}{FIRST_PAGE}")
        uvicorn.Server(uvicorn.Config(served, log_level="warning")).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ServeError(
            f"{host}:{port} cannot be listened at ({error.strerror or error}); give another --host or --port"
        ) from error
