"""An option is one field: the command line, the flow and the environment take it from there."""

import os
import subprocess
import sys

import pytest

from flows.options import OptionError, ScreenOptions
from polywell.ranking import RankBy
from tests.flows.crystals import CHECKOUT


@pytest.fixture
def environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("POLYWELL_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def test_what_is_given_wins_over_the_environment_and_that_over_the_default(environment, tmp_path):
    assert ScreenOptions.of().home is None and ScreenOptions.of().workers >= 1
    environment.setenv("POLYWELL_HOME", str(tmp_path))
    environment.setenv("POLYWELL_WORKERS", "3")
    environment.setenv("POLYWELL_FAMILIES", "")
    environment.setenv("POLYWELL_NOTIFY", "slack-webhook/lab, webhook/hook")
    options = ScreenOptions.of({"workers": "4", "home": None, "rank_by": "outer"})
    assert (options.home, options.workers, options.families) == (tmp_path, 4, None)
    assert options.rank_by is RankBy.OUTER
    assert options.notify == ("slack-webhook/lab", "webhook/hook")
    in_force = {name: (value, origin) for name, value, origin in ScreenOptions.of().in_force()}
    assert in_force["workers"] == ("3", "POLYWELL_WORKERS")
    assert in_force["home"] == (str(tmp_path), "POLYWELL_HOME")
    assert in_force["dossiers"] == ("50", "default")
    assert in_force.keys() == ScreenOptions.model_fields.keys()


@pytest.mark.parametrize(
    ("given", "set_", "message"),
    [
        ({"workers": "0"}, {}, "--workers is '0'; Input should be greater than or equal to 1"),
        ({}, {"WORKERS": "many"}, "POLYWELL_WORKERS is 'many'; Input should be a valid integer"),
        (
            {"rank_by": "beauty"},
            {},
            "--rank-by is 'beauty'; expected ceiling, outer, expected, low, best, best-low or gain",
        ),
        ({}, {"RANK_BY": "beauty"}, "POLYWELL_RANK_BY is 'beauty'; expected ceiling"),
        ({"engine": "dask"}, {}, "engine 'dask' with the Dask address None; expected local or dask"),
        ({"dask_address": "tcp://a:1"}, {}, "engine 'local' with the Dask address 'tcp://a:1'"),
    ],
)
def test_what_is_wrong_is_named_as_it_was_given(environment, given, set_, message):
    for name, value in set_.items():
        environment.setenv(f"POLYWELL_{name}", value)
    with pytest.raises(OptionError) as error:
        ScreenOptions.of(given)
    assert str(error.value).startswith(message)


def test_the_file_of_a_home_comes_after_flag_and_environment(environment, tmp_path):
    (tmp_path / "polywell.toml").write_text(
        'workers = 5\nnotify = ["slack-webhook/lab"]\nfail_above = 0.01\ndossiers = 3\n', "utf-8"
    )
    assert ScreenOptions.of().fail_above is None
    environment.setenv("POLYWELL_DOSSIERS", "7")
    options = ScreenOptions.of({"home": tmp_path, "workers": "2"})
    assert (options.workers, options.dossiers, options.fail_above) == (2, 7, 0.01)
    assert options.notify == ("slack-webhook/lab",)
    environment.setenv("POLYWELL_HOME", str(tmp_path))
    in_force = {name: (value, origin) for name, value, origin in ScreenOptions.of().in_force()}
    assert in_force["workers"] == ("5", str(tmp_path / "polywell.toml"))
    assert in_force["dossiers"] == ("7", "POLYWELL_DOSSIERS")
    assert in_force["keep_runs"] == ("10", "default")
    [origin] = [one[2] for one in ScreenOptions.of({"home": tmp_path}).in_force({"home"}) if one[0] == "home"]
    assert origin == "--home"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("workers = 0", "workers in polywell.toml is 0; Input should be greater than or equal to 1"),
        ("workers =", "cannot be read (Invalid value"),
        ("home = '/elsewhere'", "sets 'home'; expected some of source, families"),
        ("mp_api_key = 'secret'", "sets 'mp_api_key'; expected some of source"),
    ],
)
def test_what_is_wrong_in_the_file_of_a_home_is_named(environment, tmp_path, text, message):
    (tmp_path / "polywell.toml").write_text(text, "utf-8")
    with pytest.raises(OptionError) as error:
        ScreenOptions.of({"home": tmp_path})
    assert message in str(error.value) and "secret" not in str(error.value)


ONE_FIELD_MORE = """
import sys
from pydantic import Field
from flows import options

class More(options.ScreenOptions):
    patience_s: float = Field(7.5, description="How long to wait for what is rare.")

options.ScreenOptions = More
if sys.argv[1:] == ["parameters"]:
    from flows.deployments.screen import screen
    from flows.deployments.sweep import sweep
    for flow in (screen, sweep):
        one = flow.parameters.properties["patience_s"]
        print(one["description"], [kind["type"] for kind in one["anyOf"]], one.get("default"))
else:
    from flows.cli.main import app
    app()
"""


def test_an_option_more_is_one_field_more(environment, tmp_path):
    def run(*words):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", ONE_FIELD_MORE, *words],
            cwd=CHECKOUT,
            env=os.environ | {"COLUMNS": "200", "PREFECT_HOME": str(tmp_path), "POLYWELL_PATIENCE_S": "9"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.stdout + done.stderr

    helped = " ".join(run("screen", "--help").split())
    assert "--patience-s" in helped and "How long to wait for what is rare." in helped
    assert "[$POLYWELL_PATIENCE_S, else 7.5]" in helped
    [line] = [line for line in run("config").splitlines() if "patience_s" in line]
    assert line.split()[:3] == ["patience_s", "9.0", "POLYWELL_PATIENCE_S"]
    assert "--patience-s is 'long'; Input should be a valid number" in run("screen", "--patience-s", "long")
    assert (
        run("parameters").splitlines() == ["How long to wait for what is rare. ['number', 'null'] None"] * 2
    )


def test_every_parameter_of_prefect_yaml_is_an_option():
    import yaml

    from flows.deployments.screen import screen
    from flows.deployments.sweep import sweep

    given = yaml.safe_load((CHECKOUT / "prefect.yaml").read_text("utf-8"))["deployments"]
    for flow, entrypoint in ((screen, "screen.py:screen"), (sweep, "sweep.py:sweep")):
        for entry in given:
            if entry["entrypoint"].endswith(entrypoint):
                assert entry["parameters"].keys() <= flow.parameters.properties.keys()
