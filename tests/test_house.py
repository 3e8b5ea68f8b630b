"""The four rooms: one direction of their imports, read from the statements, and folders that stay small."""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "polywell": {"polywell"},
    "catalog": {"catalog", "polywell"},
    "reports": {"reports", "polywell"},
    "flows": {"flows", "reports", "catalog", "polywell"},
}
ROOMS = set(MAY_IMPORT)

NETWORK = set(
    "aiohttp boto3 fsspec ftplib http.client http.server httpx mp_api optimade requests smtplib socket "
    "socketserver urllib.request urllib3 websockets".split()
)
TERMINAL = {"click", "rich", "typer"}
TABLES = {"deltalake", "pandas", "pyarrow"}
PAGES = {"jinja2", "matplotlib", "plotly"}
CLOCK_AND_CHANCE = {"datetime", "random", "time"}

MAY_NOT_IMPORT = {
    "polywell": {"prefect"} | NETWORK | TERMINAL | TABLES | PAGES | CLOCK_AND_CHANCE,
    "catalog": {"prefect"} | TERMINAL | PAGES,
    "reports": {"prefect"} | NETWORK | TERMINAL | TABLES,
    "flows": set(),
}


WHEN_CALLED = {
    "polywell/analysis.py": {"pandas"},  # a table for whoever asks for one
    "polywell/api.py": {"catalog.readers"},  # a path in place of a structure
}
"""Modules of other rooms that a file may import within a function, and nowhere else."""

MODULES_A_FOLDER = 14
"""About a dozen."""

LINES_A_MODULE = 400


def imported_modules(source: str, package: str) -> Iterator[tuple[str, int]]:
    """Every module that an import statement names, wherever it stands, with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                parents = package.split(".")
                above = parents[: len(parents) - node.level + 1]
                yield ".".join([*above, *([node.module] if node.module else [])]), node.lineno
            elif node.module:
                yield node.module, node.lineno
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in {"import_module", "__import__"} and isinstance(node.args[0].value, str):
                yield node.args[0].value, node.lineno


def lines_that_run_when_called(source: str) -> set[int]:
    """Lines within functions, and those that a type checker alone reads."""
    return {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        or (isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING")
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def forbidden_imports(room: str, source: str, package: str, when_called: Collection[str] = ()) -> list[str]:
    """One line for each import that the room may not make."""
    found = []
    late = lines_that_run_when_called(source)
    for module, line in imported_modules(source, package):
        if module in when_called and line in late:
            continue
        top = module.partition(".")[0]
        if top in ROOMS and top not in MAY_IMPORT[room]:
            found.append(
                f"line {line}: {room} may not import {module}; it may import {sorted(MAY_IMPORT[room])}"
            )
        if any(f"{module}.".startswith(f"{name}.") for name in MAY_NOT_IMPORT[room]):
            found.append(f"line {line}: {room} may not import {module}: that belongs to another room")
    return found


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_along_the_arrows_only(room):
    files = sorted((CHECKOUT / room).rglob("*.py"))
    assert files, f"{CHECKOUT / room} holds no module"
    wrong = [
        f"{path.relative_to(CHECKOUT)}: {complaint}"
        for path in files
        for complaint in forbidden_imports(
            room,
            path.read_text("utf-8"),
            ".".join(path.parent.relative_to(CHECKOUT).parts),
            WHEN_CALLED.get(path.relative_to(CHECKOUT).as_posix(), ()),
        )
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("room", "statement"),
    [
        ("polywell", "import prefect"),
        ("polywell", "from pandas import DataFrame"),
        ("polywell", "def f():\n    import urllib.request"),
        ("polywell", "from catalog.home import Home"),
        ("catalog", "import reports.run.page"),
        ("catalog", "import importlib\nimportlib.import_module('flows.pipeline.run')"),
        ("catalog", "if True:\n    from prefect import flow"),
        ("reports", "import deltalake as lake"),
        ("reports", "import catalog.runs.publish"),
    ],
)
def test_the_reader_of_imports_sees_every_spelling(room, statement):
    assert forbidden_imports(room, statement, room)


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("def f():\n    from catalog.readers import structures_in", True),
        ("if TYPE_CHECKING:\n    from catalog.readers import structures_in", True),
        ("from catalog.readers import structures_in", False),
        ("class A:\n    import catalog.readers", False),
        ("def f():\n    from catalog.readers.reading import read", False),
    ],
)
def test_an_exemption_holds_within_functions_only(statement, allowed):
    assert (forbidden_imports("polywell", statement, "polywell", {"catalog.readers"}) == []) is allowed


@pytest.mark.parametrize(
    "statement", ["from . import families", "from polywell.families import Families", "import numpy"]
)
def test_the_allowed_arrows_pass(statement):
    assert forbidden_imports("polywell", statement, "polywell") == []


def test_the_installed_packages_are_the_four_rooms():
    import tomllib

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == ROOMS


def test_a_folder_is_seen_at_a_glance():
    crowded = {}
    for room in sorted(ROOMS):
        for folder in (CHECKOUT / room, *(path for path in (CHECKOUT / room).rglob("*") if path.is_dir())):
            modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
            if len(modules) > MODULES_A_FOLDER:
                crowded[folder.relative_to(CHECKOUT).as_posix()] = len(modules)
    assert crowded == {}


def test_a_module_is_one_idea():
    long = {}
    for room in sorted(ROOMS):
        for path in (CHECKOUT / room).rglob("*.py"):
            lines = len(path.read_text("utf-8").splitlines())
            if lines > LINES_A_MODULE:
                long[path.relative_to(CHECKOUT).as_posix()] = lines
    assert long == {}
