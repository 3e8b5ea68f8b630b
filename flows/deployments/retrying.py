"""Which failures are worth another try: those that may pass by themselves, and no others.

A flow of Prefect 3.8 takes no `retry_condition_fn`, as tasks do; its number of retries stands with the run on
the server, where it can be changed.
"""

from __future__ import annotations

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.context import FlowRunContext

from catalog.errors import CatalogError

PASSING = (OSError, MemoryError, httpx.HTTPError)
"""Errors of the disk, the network, the memory and Prefect's server, none of which a wrong option causes."""


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
