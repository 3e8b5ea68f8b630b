"""How a flow is made: one that can be stopped, also from a script, and whose log acts on no terminal.

It is tried again only after failures that may pass by themselves. A flow of Prefect 3.8 takes no
`retry_condition_fn`, as tasks do; its number of retries stands with the run on the server, where it can be
changed.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from types import SimpleNamespace
from typing import Any, Generic, ParamSpec, Self, TypeVar, cast

import httpx
from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.context import FlowRunContext
from prefect.logging import get_run_logger
from prefect.logging.handlers import APILogHandler
from prefect.logging.loggers import PrefectLogAdapter
from prefect.settings import get_current_settings, temporary_settings
from prefect.states import Completed

from catalog.errors import CatalogError
from flows.deployments.identity import run_name
from flows.progress import harmless_lines, heard_by

P = ParamSpec("P")
R = TypeVar("R")

LOGGERS = ("prefect.engine", "prefect.flow_runs", "prefect.task_runs")
"""Where Prefect writes what a flow or a task raised."""


PASSING = (OSError, MemoryError, httpx.HTTPError)
"""Errors of the disk, the network, the memory and Prefect's server, none of which a wrong option causes."""

RUN_LOG = "prefect.flow_runs.polywell"

PATIENCE = {"server.ephemeral.startup_timeout_seconds": 120}
"""The embedded server takes 15-20 s to start on a fresh PREFECT_HOME; Prefect itself gives up after 20 s."""


class GuardedFlow(Flow[P, R], Generic[P, R]):
    """A flow that lends Prefect, where it has no server, one of its own, and patience."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:  # type: ignore[override]
        """Runs the flow."""
        if get_current_settings().api.url is None:
            _provide_server()
        with temporary_settings(set_defaults=PATIENCE):
            return super().__call__(*args, **kwargs)

    def with_options(self, **changes: Any) -> Self:
        """A copy with other options, as guarded as this."""
        copy = super().with_options(**changes)
        copy.__class__ = type(self)
        return copy  # type: ignore[return-value]


def flow(
    told: Callable[[Any], str] | None = None, **options: Any
) -> Callable[[Callable[P, R]], GuardedFlow[P, R]]:
    """Makes a flow of a function; takes the options of Prefect's `flow`.

    Its runs bear the name of their source and the date, hold in their log what polywell says, and are tried
    again only after errors that may pass by themselves.

    Args:
        told: makes of what the function returns the message of the run's last state.
        **options: of Prefect's `flow`.
    """

    def made(function: Callable[P, R]) -> GuardedFlow[P, R]:
        @wraps(function)
        def with_harmless_log(*args: P.args, **kwargs: P.kwargs) -> R:
            for name in LOGGERS:
                logging.getLogger(name).addFilter(_made_harmless)
            with said_in_run_log():
                try:
                    result = function(*args, **kwargs)
                except Exception as error:
                    if not may_pass(error):
                        fail_for_good()
                    raise
            if told is None or FlowRunContext.get() is None:
                return result
            # Prefect takes a state for what it says, and gives the caller the data in it.
            return cast(R, Completed(message=told(result), data=result))

        return GuardedFlow(with_harmless_log, **{"flow_run_name": run_name} | options)

    return made


def _made_harmless(record: logging.LogRecord) -> bool:
    """Frees a record of characters that act on a terminal, in the message and in the traceback."""
    record.msg, record.args = harmless_lines(record.getMessage()), ()
    if record.exc_info:
        record.exc_text = harmless_lines(logging.Formatter().formatException(record.exc_info))
    return True


def _provide_server() -> None:
    """Has Prefect take an embedded server that ends with this process, and neither before nor after it.

    Prefect's own gets every signal that goes to the group of this process, such as Ctrl-C in a terminal: it
    ends first, and the run asks for it in vain for minutes. It stays when this process is killed.
    """
    from prefect.server.api import server

    class Server(server.SubprocessASGIServer):
        def _run_uvicorn_command(self) -> subprocess.Popen[Any]:
            apart: Any = SimpleNamespace(Popen=partial(subprocess.Popen, start_new_session=True))
            module: Any = server
            theirs, module.subprocess = module.subprocess, apart  # which it takes no option for
            try:
                process = super()._run_uvicorn_command()
            finally:
                module.subprocess = theirs
            self.guard = apart.Popen(
                ["/bin/sh", "-c", 'read -r _; kill -KILL "$0"', str(process.pid)],
                stdin=subprocess.PIPE,  # read to its end, which comes when this process has ended
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            return process

    Server()  # the only one of its kind: whoever asks for Prefect's class gets it


def may_pass(error: BaseException) -> bool:
    """Whether the same run may succeed later, with nothing set right by hand."""
    return error.may_pass if isinstance(error, CatalogError) else isinstance(error, PASSING)


def fail_for_good() -> None:
    """Lets the present run end with the error that it is about to raise, whatever retries it has left."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or not isinstance(context.client, SyncPrefectClient):
        return
    policy = context.flow_run.empirical_policy
    if policy.retries:
        none_left = policy.model_copy(update={"retries": 0})
        context.client.update_flow_run(context.flow_run.id, empirical_policy=none_left)


@contextmanager
def said_in_run_log() -> Iterator[None]:
    """Sends what is said during the block to the log of the present run, if there is one.

    It goes there alone: the terminal of whoever started the run, or the worker, has it from stderr.
    """
    if FlowRunContext.get() is None:
        yield
        return
    log = logging.getLogger(RUN_LOG)
    handler = APILogHandler()
    # At each run: Prefect's own setting up of logging takes the handlers of such loggers away.
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.INFO)
    run = get_run_logger()
    adapter = PrefectLogAdapter(log, extra=dict(getattr(run, "extra", None) or {}))
    with heard_by(adapter.log):
        try:
            yield
        finally:
            handler.flush()
