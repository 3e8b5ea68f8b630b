"""The user's key turns up in no file, log line, parameter, artifact or page of a run."""

import os

from catalog.home import Home
from catalog.runs.published import manifest_of


def test_the_key_is_nowhere(started, polywell, materials_project, tmp_path):
    key = materials_project.key
    home = tmp_path / "home"
    variables = {
        "MP_API_KEY": key,
        "MP_API_ENDPOINT": materials_project.url,
        "NO_PROXY": "127.0.0.1",
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_LOGGING_LEVEL": "DEBUG",
        "PREFECT_LOGGING_TO_API_ENABLED": "true",
    }
    done = started("screen", "materials-project", "--prefect", "--home", home, **variables)
    assert done.returncode == 0, done.stderr
    assert manifest_of(Home.at(home).latest)["candidates"] > 10
    wrong = polywell("screen", "materials-project", "--home", home, **variables | {"MP_API_KEY": key[::-1]})
    nowhere = ("screen", "materials-project", "--home", tmp_path / "other")
    loud = variables | {"MP_API_ENDPOINT": "http://127.0.0.1:9/"}
    quiet = {name: value for name, value in loud.items() if not name.startswith("PREFECT_LOGGING")}
    gone, told = started(*nowhere, "--prefect", **loud), polywell(*nowhere, **quiet)
    assert gone.returncode == told.returncode == 3
    assert "Traceback" not in told.stderr
    for run in (done, wrong, gone, told):
        for secret in (key, key[::-1]):
            assert secret not in run.stdout + run.stderr
    holding = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and any(k.encode() in path.read_bytes() for k in (key, key[::-1]))
    ]
    assert holding == []
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) > 15
    assert key not in os.environ.values()
