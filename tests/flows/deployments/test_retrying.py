"""Which runs are tried again, on a server of Prefect's own; and what their names, keys and log hold."""

import re
from pathlib import Path

import pytest
from prefect import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.testing.utilities import prefect_test_harness

from catalog.errors import SourceError, SourceRefusedError, SourceUnreachableError
from catalog.home import Home
from flows.deployments.guard import flow, may_pass
from flows.deployments.identity import artifact_key
from flows.deployments.notify import NotifyError
from flows.deployments.screen import screen
from flows.options import OptionError
from flows.progress import say


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (SourceUnreachableError("down"), True),
        (OSError("disk full"), True),
        (SourceRefusedError("no key"), False),
        (SourceError("unknown source"), False),
        (NotifyError("no block"), False),
        (OptionError("wrong"), False),
        (LookupError("a fault"), False),
    ],
)
def test_only_what_may_pass_by_itself_is_worth_another_try(error, passes):
    assert may_pass(error) is passes


@pytest.fixture(scope="module")
def server():
    with prefect_test_harness(server_startup_timeout=180):
        yield


def runs_of(name):
    with get_client(sync_client=True) as client:
        return client.read_flow_runs(flow_filter=FlowFilter(name=FlowFilterName(any_=[name])))


@pytest.mark.parametrize(("error", "tries"), [(SourceUnreachableError("down"), 3), (OptionError("no"), 1)])
def test_a_flow_fails_at_once_unless_the_error_may_pass(server, error, tries):
    met = []

    @flow(name=f"fails-{tries}", retries=2, retry_delay_seconds=0)
    def fails() -> None:
        met.append(error)
        raise error

    with pytest.raises(type(error), match=str(error)):
        fails()
    [run] = runs_of(f"fails-{tries}")
    assert len(met) == run.run_count == tries
    assert run.state_name == "Failed"
    assert re.fullmatch(rf"fails-{tries} \d{{4}}-\d\d-\d\d", run.name)


def test_callers_get_what_the_flow_returns_and_the_state_says_it(server):
    @flow(name="inner", told=lambda count: f"{count} new")
    def inner() -> int:
        say("counting")
        return 23

    @flow(name="outer")
    def outer() -> int:
        return inner() + 1

    assert inner() == 23
    assert outer() == 24
    assert {run.state.message for run in runs_of("inner")} == {"23 new"}


def test_a_wrong_option_is_told_as_the_options_tell_it_and_fails_at_once(server):
    with pytest.raises(OptionError, match="--workers is 'many'"):
        screen.with_options(retries=2)(source="reference", workers="many")
    [run] = runs_of("screen")
    assert (run.run_count, run.state_name) == (1, "Failed")
    assert run.name.startswith("reference ")


def test_an_artifact_has_a_key_for_each_source_and_home(tmp_path):
    here, there = Home.at(tmp_path / "a"), Home.at(tmp_path / "b")
    keys = [
        artifact_key("counts", home, source)
        for home in (here, there)
        for source in ("materials-project", "files:/A b", "files:/A-b", "")
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == artifact_key("counts", Home.at(Path(tmp_path / "a")), "materials-project")
    assert all(re.fullmatch("[a-z0-9-]+", key) for key in keys)
    assert keys[0].startswith("polywell-counts-materials-project-")
