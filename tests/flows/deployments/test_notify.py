"""Each of Prefect's blocks tells the news once, over real HTTP to this machine, and fails aloud."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import pytest
from apprise.plugins.sendgrid import NotifySendGrid
from apprise.plugins.slack import NotifySlack
from prefect.blocks.notifications import CustomWebhookNotificationBlock, SendgridEmail, SlackWebhook
from prefect.blocks.system import Secret
from prefect.blocks.webhook import Webhook
from prefect.client.schemas.objects import FlowRun, State, StateType

from flows.deployments import notify
from flows.deployments.notify import BY, NotifyError, news, tell_failure, teller
from flows.options import ScreenOptions
from flows.pipeline.plan import make_plan
from flows.pipeline.run import run

pytestmark = [
    pytest.mark.usefixtures("own_hands"),
    # apprise, which Prefect sends Slack messages and e-mail with, looks for this module to replace it.
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),
]


@pytest.fixture
def blocks(receiver, monkeypatch):
    """One block of each kind, as a lab would fill it in; the fixed hosts of two services stand here."""
    monkeypatch.setattr(NotifySlack, "webhook_url", receiver.address + "slack")
    monkeypatch.setattr(NotifySendGrid, "notify_url", receiver.address + "sendgrid")
    monkeypatch.setattr(NotifySlack, "request_rate_per_sec", 0)
    monkeypatch.setattr(NotifySendGrid, "request_rate_per_sec", 0)
    made = {
        "custom-webhook/lab": lambda: CustomWebhookNotificationBlock(
            name="lab",
            url=receiver.address,
            json_data={"title": "{{subject}}", "text": "{{body}}"},
            allow_private_urls=True,
        ),
        "webhook/lab": lambda: Webhook(url=receiver.address, allow_private_urls=True),
        "slack-webhook/lab": lambda: SlackWebhook(
            url="https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
        ),
        "sendgrid-email/lab": lambda: SendgridEmail(
            api_key="abcd1234", sender_email="polywell@lab.example", to_emails=["people@lab.example"]
        ),
    }

    names = list(made)
    made["other/lab"] = lambda: Secret(value="a word")

    async def aload(name):
        if name not in made:
            raise ValueError("no such block")
        return made[name]()

    monkeypatch.setattr(notify, "Block", SimpleNamespace(aload=aload))
    return names


def words(sent):
    """Title and text of a message, wherever the service keeps them."""
    said = json.loads(sent)
    if "attachments" in said:  # Slack
        [part] = said["attachments"]
        return part["title"], part["text"]
    if "personalizations" in said:  # SendGrid
        [person] = said["personalizations"]
        assert person["to"] == [{"email": "people@lab.example"}]
        assert said["from"]["email"] == "polywell@lab.example"
        [content] = said["content"]
        return said["subject"], content["value"]
    return said.get("title", said.get("subject")), said.get("text", said.get("body"))


def options(blocks, above_k, **more):
    return ScreenOptions(notify=tuple(blocks), notify_above_k=above_k, **more)


@pytest.fixture
def finished(folder, tmp_path):
    return run(make_plan(ScreenOptions(source=f"files:{folder}", home=tmp_path / "home", workers=1)))


def test_every_block_tells_of_new_candidates_once(blocks, receiver, finished, folder, tmp_path):
    tell = teller(options(blocks, 100.0))
    tell(finished)
    assert len(receiver.got) == len(blocks)
    for sent in receiver.got:
        title, text = words(sent)
        assert title == f"polywell: new candidates in files:{folder}"
        assert "1 new candidates at or above 100 K" in text and "CaCuO2.cif" in text
    tell(finished)
    again = run(make_plan(ScreenOptions(source=f"files:{folder}", home=tmp_path / "home", workers=1)))
    assert again.is_unchanged
    tell(again)
    assert len(receiver.got) == len(blocks)


def test_nothing_is_told_below_the_threshold(blocks, receiver, finished):
    teller(options(blocks, 1e4))(finished)
    assert receiver.got == []


def test_news_are_of_the_temperature_that_is_asked_for(blocks, receiver, finished):
    address = "https://lab.example/pages"
    for by, column in BY.items():
        [[value]] = [list(row.values()) for row in finished.run.ranked([column]).to_pylist()]
        teller(options(blocks[:1], value + 0.1, notify_by=by))(finished)
        assert receiver.got == []
        text = news(finished, options(blocks, value - 0.1, notify_by=by, pages_url=address))
        assert f"CaCuO2: {by} {value:.1f} K" in text
        assert text.endswith(f"{address}/latest/index.html")  # it opens elsewhere
    assert news(finished, options(blocks, 0)).endswith(str(finished.page))


def test_news_that_a_block_did_not_take_come_with_the_next_run(blocks, receiver, finished):
    receiver.status = 500
    with pytest.raises(NotifyError) as error:
        teller(options(blocks, 100.0))(finished)
    for name in blocks:
        assert f"{name} did not take the message" in str(error.value)
    assert "127.0.0.1" not in str(error.value) and "hooks.slack" not in str(error.value)
    receiver.status = 200
    receiver.got.clear()
    later = replace(finished, is_unchanged=True, changes=None)  # all that the next run knows
    teller(options(blocks[:2], 100.0))(later)
    assert len(receiver.got) == 2
    teller(options(blocks, 100.0))(later)
    assert len(receiver.got) == 4
    assert all("1 new candidates at or above 100 K" in words(sent)[1] for sent in receiver.got)


def test_every_block_tells_of_a_failure(blocks, receiver):
    given = {"source": "optimade:cod", "notify": ["slack-webhook/no", *blocks]}
    run = FlowRun.model_construct(parameters=given)
    state = State(type=StateType.FAILED, message="SourceError: \x1b[31mit broke off")
    with pytest.raises(NotifyError, match="there is no Prefect block 'slack-webhook/no'"):
        tell_failure(SimpleNamespace(name="screen"), run, state)
    assert len(receiver.got) == len(blocks)
    for sent in receiver.got:
        title, text = words(sent)
        assert title == "polywell: the run of optimade:cod failed"
        assert "it broke off" in text and "\x1b" not in text
    tell_failure(SimpleNamespace(name="screen"), FlowRun.model_construct(parameters={"notify": None}), state)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lab", "names no block; expected type/name"),
        ("slack-webhook/no", "there is no Prefect block"),
        ("other/lab", "takes no messages"),
    ],
)
def test_a_block_of_no_use_is_told_before_the_run(name, words, blocks):
    with pytest.raises(NotifyError, match=words):
        teller(options([name], 50.0))


def test_a_block_is_told_where_an_event_loop_runs_too(blocks, receiver):
    """Prefect's blocks only begin to notify there, and lose the message, unless they are told to wait."""

    async def fail():
        run = FlowRun.model_construct(parameters={"source": "optimade:cod", "notify": list(blocks)})
        tell_failure(SimpleNamespace(name="screen"), run, State(type=StateType.FAILED, message="broke off"))

    with ThreadPoolExecutor(1) as thread:  # whatever runs in this one: the browser tests leave a loop there
        thread.submit(lambda: asyncio.run(fail())).result()
    assert len(receiver.got) == len(blocks)
