"""The log of a run on Prefect's server, which holds what polywell says, each line with its time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.context import FlowRunContext
from prefect.logging import get_run_logger
from prefect.logging.handlers import APILogHandler
from prefect.logging.loggers import PrefectLogAdapter

from flows.progress import heard_by

LOGGER = "prefect.flow_runs.polywell"


@contextmanager
def said_in_run_log() -> Iterator[None]:
    """Sends what is said during the block to the log of the present run, if there is one.

    It goes there alone: the terminal of whoever started the run, or the worker, has it from stderr.
    """
    if FlowRunContext.get() is None:
        yield
        return
    log = logging.getLogger(LOGGER)
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
