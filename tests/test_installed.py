"""The built wheel, unpacked where no checkout is: what it holds, and where it puts results."""

import os
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
ROOMS = ("polywell", "catalog", "reports", "flows")
NO_PART = ("catalog/data", "reports/pages", "reports/pictures")
"""What a run writes in a checkout, and the README's picture."""


def built(hook: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the content of the wheel that a hook of the build makes of this checkout."""
    folder = tmp_path_factory.mktemp(hook)
    subprocess.run(
        [sys.executable, "-c", f"import sys, hatchling.build as b; b.{hook}(sys.argv[1])", str(folder)],
        cwd=CHECKOUT, env=os.environ | {"PYTHONPATH": ""}, capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    return built("build_wheel", tmp_path_factory)


@pytest.fixture(scope="module")
def editable(tmp_path_factory) -> Path:
    return built("build_editable", tmp_path_factory)


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def run(installed: Path, folder: Path, code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs code in `folder` with the unpacked wheel, and this checkout nowhere on the path."""
    forget = f"import sys; sys.path = [place for place in sys.path if place not in ('', {str(CHECKOUT)!r})]\n"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("POLYWELL_", "PREFECT_"))
    }
    return subprocess.run(
        [sys.executable, "-c", forget + code, *words],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


PROGRAM = "from flows.cli.main import app; app(prog_name='polywell')"


def test_the_wheel_holds_every_file_of_the_rooms(installed):
    ours = {
        f"{room}/{name}"
        for room in ROOMS
        for name in files_below(CHECKOUT / room)
        if "__pycache__" not in name and not f"{room}/{name}".startswith(NO_PART)
    }
    assert {"polywell/py.typed", "polywell/tables/families.toml", "reports/templates/run.html.j2"} <= ours
    assert {name for name in files_below(installed) if not name.startswith("polywell-")} == ours


def test_what_the_project_says_of_itself_comes_with_it(installed):
    [told] = metadata.distributions(name="polywell", path=[str(installed)])
    assert told.metadata["License-Expression"] == "MIT"
    assert "licenses/LICENSE" in " ".join(str(path) for path in told.files)
    [script] = told.entry_points.select(group="console_scripts")
    assert (script.name, script.value) == ("polywell", "flows.cli.main:main")


def test_in_an_empty_folder_the_library_is_screened_into_it(installed, tmp_path):
    before = files_below(installed)
    done = run(installed, tmp_path, PROGRAM, "screen", "--dossiers", "1", "--top", "1")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalog", "reports"]
    assert (tmp_path / "catalog" / "latest" / "ranked.parquet").is_file()
    assert (tmp_path / "reports" / "latest" / "index.html").is_file()
    assert files_below(installed) == before


def test_the_program_and_the_library_say_one_version(installed, tmp_path):
    [told] = metadata.distributions(name="polywell", path=[str(installed)])
    code = f"import polywell; print(polywell.__file__, polywell.__version__)\n{PROGRAM}"
    done = run(installed, tmp_path, code, "--version")
    place = str(installed / "polywell" / "__init__.py")
    first, second, *digests = done.stdout.splitlines()
    assert (first.split(), second.split()) == ([place, told.version], ["polywell", told.version])
    assert {line.split(":")[0] for line in digests} >= {
        "algorithm version",
        "calibration digest",
        "code digest",
    }


def test_an_installation_is_not_calibrated(installed, tmp_path):
    done = run(installed, tmp_path, PROGRAM, "calibrate")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "an installed package is no checkout of polywell" in done.stderr


@pytest.mark.parametrize("kind", ["installed", "editable"])
def test_beside_a_checkout_the_package_is_found_and_not_its_folder(kind, tmp_path, request):
    """A folder without `__init__.py` is a package only where no later place on the path has a real one."""
    (tmp_path / "polywell" / "polywell").mkdir(parents=True)
    code = (
        "import importlib.util, site, sys; site.addsitedir(sys.argv[1])\n"
        "print(importlib.util.find_spec('polywell').origin)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, str(request.getfixturevalue(kind))],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": ""}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    root = request.getfixturevalue("installed") if kind == "installed" else CHECKOUT
    assert Path(done.stdout.strip()) == root / "polywell" / "__init__.py"
