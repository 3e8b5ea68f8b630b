"""Telling people: through the notification blocks that Prefect brings (Slack, webhooks, e-mail, ...)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from prefect.blocks.core import Block
from prefect.blocks.system import Secret
from prefect.utilities.asyncutils import run_coro_as_sync
from pydantic import SecretStr

from catalog.errors import CatalogError
from flows.steps import Finished
from flows.terminal import harmless

LISTED = 20
"""New candidates that one notification names."""

WEBHOOK = "webhook"


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


@contextmanager
def notifying(blocks: Sequence[str], source: str, above_k: float) -> Iterator[Callable[[Finished], None]]:
    """Tells the blocks when the block of code fails, and about what it gives to the function it gets.

    Args:
        blocks: as `type/name`, such as `slack-webhook/lab`; they are looked up before anything starts.
        source: what is screened.
        above_k: least ceiling in K of a new candidate that is worth telling.

    Raises:
        NotifyError: a block cannot be found or does not take the message.
    """
    loaded = [(name, _loaded(name)) for name in blocks]

    def tell(finished: Finished) -> None:
        text = news(finished, above_k)
        if text is not None:
            _send(loaded, f"polywell: new candidates in {source}", text)

    try:
        yield tell
    except NotifyError:
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {harmless(error, 1000)}"
        try:
            _send(loaded, f"polywell: the run of {source} failed", why)
        except NotifyError as unheard:
            error.add_note(str(unheard))
        raise


def news(finished: Finished, above_k: float) -> str | None:
    """What is to be told of a run; None where it found no new candidate at or above the threshold."""
    changes = finished.changes
    if changes is None or finished.is_unchanged:
        return None
    new = [change for change in changes.new if change.tc_ceiling_k >= above_k]
    if not new:
        return None
    lines = [
        f"{harmless(change.id)} {harmless(change.formula)}: ceiling {change.tc_ceiling_k:.1f} K, "
        f"{harmless(change.why)}"
        for change in new[:LISTED]
    ]
    if len(new) > LISTED:
        lines.append(f"... and {len(new) - LISTED} more")
    return "\n".join([f"{len(new)} new candidates at or above {above_k:g} K:", *lines, str(finished.page)])


def _loaded(name: str) -> Any:
    kind, _, rest = name.partition("/")
    if not rest:
        raise NotifyError(f"{name!r} names no block; expected type/name, such as slack-webhook/lab")
    try:
        if kind == "secret":
            return Secret.load(rest)
        return Block.load(name)
    except ValueError as error:
        raise NotifyError(f"there is no Prefect block {name!r}; make it, or correct the name") from error


def _send(blocks: Sequence[tuple[str, Any]], subject: str, body: str) -> None:
    for name, block in blocks:
        try:
            if name.startswith(f"{WEBHOOK}/"):
                # This block, unlike the others, knows only the asynchronous way.
                answer: Any = run_coro_as_sync(block.call(payload={"subject": subject, "body": body}))
                answer.raise_for_status()
            else:
                block.notify(body, subject=subject)
        except Exception as error:
            # The address of a webhook is a secret: only the kind of error is told.
            raise NotifyError(f"{name} did not take the message ({type(error).__name__})") from None
