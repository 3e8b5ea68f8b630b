"""What importing does, the help, and text from outside."""

import subprocess
import sys

import pytest

from flows.cli.errors import told_faults
from flows.progress import answer, harmless, say
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
    assert not {"prefect", "mp_api"} & imported_by("import flows.pipeline.run, flows.cli.cages")


def test_importing_changes_no_environment():
    before = "import os; before = dict(os.environ)"
    before += "; import flows.deployments.engine, flows.cli.main, flows.pipeline.run"
    assert "True" in imported_by(f"{before}; print(before == dict(os.environ))")


def test_version(started):
    done = started("--version")
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
        "--prefect",
        "--workers",
        "--top",
    ):
        assert word in done.stdout


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


def test_every_line_is_harmless(capsys):
    hostile = "home \x1b]0;title\x07 \x9b31m \u202e [red]"
    say(hostile)
    answer(hostile)
    shown = capsys.readouterr()
    assert shown.err == shown.out == r"home \x1b]0;title\x07 \x9b31m \u202e [red]" + "\n"


def test_the_traceback_of_a_fault_is_harmless(capsys):
    with pytest.raises(SystemExit) as ended, told_faults():
        raise LookupError("\x1b]0;title\x07")
    assert ended.value.code == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == r"LookupError: \x1b]0;title\x07"
