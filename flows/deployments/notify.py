"""Telling people: through the notification blocks that Prefect brings (Slack, webhooks, e-mail, ...)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from prefect.blocks.abstract import NotificationBlock
from prefect.blocks.core import Block
from prefect.blocks.system import Secret
from prefect.blocks.webhook import Webhook
from prefect.utilities.asyncutils import run_coro_as_sync
from pydantic import SecretStr

from catalog.errors import CatalogError
from catalog.runs.diff import published_changes
from flows.deployments.summary import address_of
from flows.options import ScreenOptions
from flows.pipeline.finished import Finished
from flows.progress import harmless

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, State
    from prefect.flows import Flow

LISTED = 20
"""New candidates that one notification names."""


BY = {"ceiling": "tc_ceiling_k", "expected": "tc_expected_k", "best": "tc_best_k"}
"""The columns of the option `notify_by`."""


class NotifyError(CatalogError):
    """A block that the run was told to use cannot be found or used."""


def secret_of(name: str) -> SecretStr:
    """The text in a Prefect Secret block.

    Raises:
        NotifyError: no such block, or it holds no text.
    """
    value = _loaded(f"secret/{name}").get()
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str):
        raise NotifyError(f"the Secret block {name!r} holds no text; put the key in it as plain text")
    return SecretStr(text)


def teller(options: ScreenOptions) -> Callable[[Finished], None]:
    """A function that tells the blocks what a run found.

    Each block takes the news of a published run once. One that did not take it gets it with the next run,
    also where that finds everything unchanged.

    Args:
        options: `notify`, blocks that are looked up here, before the run; and what is worth telling.

    Raises:
        NotifyError: a block cannot be found or, later, does not take the message.
    """
    blocks = options.notify
    for name in blocks:
        if not isinstance(_loaded(name), NotificationBlock | Webhook):
            raise NotifyError(
                f"the Prefect block {name!r} takes no messages; name one such as slack-webhook/lab"
            )

    def tell(finished: Finished) -> None:
        notified = finished.run.notified()
        left = [name for name in blocks if name not in notified]
        text = news(finished, options) if left else None
        if text is None:
            return

        def taken(name: str) -> None:
            notified.append(name)
            finished.run.mark_notified(notified)

        _send(left, f"polywell: new candidates in {finished.source}", text, taken)

    return tell


def tell_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Tells the blocks in the parameter `notify` that a run failed for good; a hook of Prefect's flows."""
    what = harmless(flow_run.parameters.get("source") or flow.name)
    blocks = flow_run.parameters.get("notify")
    if blocks is None:
        blocks = ScreenOptions.of({"home": flow_run.parameters.get("home")}).notify
    _send(blocks, f"polywell: the run of {what} failed", harmless(state.message, 1000))


def news(finished: Finished, options: ScreenOptions) -> str | None:
    """What is to be told of a run: new candidates at or above the threshold, and sources that joined.

    None where there is neither.
    """
    changes = finished.changes or published_changes(finished.run)
    column = BY[options.notify_by]
    known = finished.run.ranked(["source", "id", column]).to_pylist() if changes.new else []
    tc_k = {(row["source"], row["id"]): row[column] for row in known if row[column] is not None}
    above_k = options.notify_above_k
    new = [one for one in changes.new if tc_k.get((one.source, one.id), -1.0) >= above_k]
    page = address_of(finished.page, finished.home, options.pages_url) or str(finished.page)
    joined = [
        f"{harmless(source)} joined the list with {count} candidates"
        for source, count in changes.joined.items()
        if count
    ]
    if not new:
        return "\n".join([*joined, page]) if joined else None
    several = len(finished.run.sources) > 1
    names = [f"{change.source}/{change.id}" if several else change.id for change in new[:LISTED]]
    lines = [
        f"{harmless(name)} {harmless(change.formula)}: {options.notify_by} "
        f"{tc_k[change.source, change.id]:.1f} K, "
        f"{harmless(change.why)}"
        for name, change in zip(names, new, strict=False)
    ]
    if len(new) > LISTED:
        lines.append(f"... and {len(new) - LISTED} more")
    head = f"{len(new)} new candidates at or above {above_k:g} K:"
    return "\n".join([*joined, head, *lines, page])


def _loaded(name: str) -> Any:
    kind, _, rest = name.partition("/")
    if not rest:
        raise NotifyError(f"{name!r} names no block; expected type/name, such as slack-webhook/lab")
    try:
        # As in `_send`: the synchronous way gives no block where an event loop runs.
        return run_coro_as_sync(Secret.aload(rest) if kind == "secret" else Block.aload(name))
    except ValueError as error:
        raise NotifyError(f"there is no Prefect block {name!r}; make it, or correct the name") from error


def _send(
    names: Iterable[str], subject: str, body: str, taken: Callable[[str], None] = lambda name: None
) -> None:
    """Gives a message to every block; one that does not take it keeps it from no other.

    Raises:
        NotifyError: some blocks cannot be found or do not take the message; the others have it.
    """
    refused = []
    for name in names:
        try:
            block = _loaded(name)
            # Prefect's synchronous ways only begin, and lose the message, where an event loop runs.
            if isinstance(block, Webhook):
                message = {"subject": subject, "body": body}
                answer: Any = run_coro_as_sync(block.call(payload=message))
                answer.raise_for_status()
            else:
                with block.raise_on_failure():  # Slack and e-mail would else lose it without a word
                    run_coro_as_sync(block.anotify(body, subject=subject))
        except NotifyError as error:
            refused.append(str(error))
        except Exception as error:
            # The address of a webhook is a secret: only the kind of error is told.
            refused.append(f"{name} did not take the message ({type(error).__name__})")
        else:
            taken(name)
    if refused:
        raise NotifyError("; ".join(refused))
