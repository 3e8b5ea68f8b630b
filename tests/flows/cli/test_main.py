"""What importing does, and what is said of the settings."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from flows.cli.terminal import harmless
from flows.pipeline.settings import Settings
from tests.flows.crystals import CHECKOUT


def imported_by(statement):
    code = f"import sys; {statement}; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.split())


def test_the_command_line_imports_neither_prefect_nor_pandas():
    assert not {"prefect", "pandas", "mp_api", "pymatgen.core", "pyarrow"} & imported_by(
        "import flows.cli.main"
    )


def test_the_steps_import_no_prefect():
    assert not {"prefect", "mp_api"} & imported_by("import flows.pipeline.plain, flows.cli.quick_look")


def test_importing_changes_no_environment():
    before = "import os; before = dict(os.environ)"
    before += "; import flows.deployments.engine, flows.cli.main, flows.pipeline.plain"
    assert "True" in imported_by(f"{before}; print(before == dict(os.environ))")


def test_version(polywell):
    done = polywell("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("polywell 0")


def test_help_names_every_source(polywell):
    done = polywell("screen", "--help")
    assert done.returncode == 0
    for word in (
        "reference",
        "files:DIR",
        "parquet:FILE",
        "--home",
        "--families",
        "--plain",
        "--workers",
        "--top",
    ):
        assert word in done.stdout


def test_settings_come_from_the_environment(monkeypatch, tmp_path):
    for name in ("HOME", "FAMILIES", "WORKERS"):
        monkeypatch.delenv(f"POLYWELL_{name}", raising=False)
    assert Settings().home is None
    assert Settings().workers >= 1
    monkeypatch.setenv("POLYWELL_HOME", str(tmp_path))
    monkeypatch.setenv("POLYWELL_WORKERS", "3")
    monkeypatch.setenv("POLYWELL_FAMILIES", "")
    assert (Settings().home, Settings().workers, Settings().families) == (tmp_path, 3, None)
    monkeypatch.setenv("POLYWELL_WORKERS", "0")
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Settings()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("La2CuO4", "La2CuO4"),
        ("ξ = 3 Å", "ξ = 3 Å"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\u202eabc", "\\u202eabc"),
        ("\udcff", "\\udcff"),
        ("[bold]", "[bold]"),
    ],
)
def test_text_from_outside_is_harmless(text, shown):
    assert harmless(text) == shown


def test_long_text_is_cut():
    assert harmless("x" * 500, longest=10) == "x" * 9 + "…"
