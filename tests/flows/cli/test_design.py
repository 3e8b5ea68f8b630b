"""`polywell design`: the options of `polywell screen`, and two of its own."""

import inspect

import pytest
from typer.testing import CliRunner

from flows.cli import design as module
from flows.cli.main import app
from flows.options import ScreenOptions


def test_it_takes_every_option_of_screen_but_the_source():
    names = {one.name for one in module.derived_command().params}
    assert set(ScreenOptions.model_fields) - {"source"} <= names
    assert {"limit", "around", "top", "prefect"} <= names and "source" not in names
    assert inspect.signature(module.design).parameters["limit"].default is None


@pytest.mark.parametrize(("given", "source"), [([], "design:"), (["--limit", "7"], "design:7")])
def test_it_is_a_screening_of_designs(monkeypatch, given, source):
    asked = {}
    monkeypatch.setattr(module, "screen", lambda **told: asked.update(told))
    done = CliRunner().invoke(app, ["design", *given, "--home", "somewhere"])
    assert done.exit_code == 0, done.output
    assert asked["source"] == source and str(asked["home"]) == "somewhere" and asked["top"] == 20


def test_around_takes_no_option_of_a_screening():
    done = CliRunner().invoke(app, ["design", "--around", "Hg-1223", "--limit", "7"])
    assert done.exit_code == 2
    assert "takes no limit" in done.output
