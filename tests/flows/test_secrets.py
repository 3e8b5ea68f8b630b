"""The user's key turns up in no file, log line, parameter, artifact or page of a run."""

import os
import subprocess
import sys

import pytest

from catalog.home import Home
from catalog.runs import manifest_of
from tests.flows.crystals import CHECKOUT

KEY = "k" * 16 + "SecretOfNobody00"


@pytest.fixture(scope="module")
def service():
    """The Materials Project's own server on this machine, which lets this key in."""
    code = (
        f"import tests.catalog.services.mp_server as server\nserver.KEYS[{KEY!r}] = 'plain'\nserver.main(0)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("port "):
            break
    else:
        raise AssertionError("the service did not start")
    yield f"http://127.0.0.1:{line.split()[1]}/"
    process.terminate()
    process.wait(20)
    process.stdout.close()


def test_the_key_is_nowhere(polywell, service, tmp_path):
    home = tmp_path / "home"
    variables = {
        "MP_API_KEY": KEY,
        "MP_API_ENDPOINT": service,
        "NO_PROXY": "127.0.0.1",
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_LOGGING_LEVEL": "DEBUG",
        "PREFECT_LOGGING_TO_API_ENABLED": "true",
    }
    done = polywell("screen", "materials-project", "--home", home, **variables)
    assert done.returncode == 0, done.stderr
    assert manifest_of(Home.at(home).latest)["candidates"] > 10
    wrong = polywell("screen", "materials-project", "--home", home, **variables | {"MP_API_KEY": KEY[::-1]})
    nowhere = ("screen", "materials-project", "--home", tmp_path / "other")
    loud = variables | {"MP_API_ENDPOINT": "http://127.0.0.1:9/"}
    quiet = {name: value for name, value in loud.items() if not name.startswith("PREFECT_LOGGING")}
    gone, told = polywell(*nowhere, **loud), polywell(*nowhere, **quiet)
    assert gone.returncode == told.returncode == 2
    assert "Traceback" not in told.stderr
    for run in (done, wrong, gone, told):
        for secret in (KEY, KEY[::-1]):
            assert secret not in run.stdout + run.stderr
    holding = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and any(k.encode() in path.read_bytes() for k in (KEY, KEY[::-1]))
    ]
    assert holding == []
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) > 15
    assert KEY not in os.environ.values()
