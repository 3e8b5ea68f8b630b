"""The pages made from the program itself: columns, commands, sources, λ table, floor plan, what was read."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import typer.core
import typer.main
from typer.testing import CliRunner

from catalog.sources.registry import SOURCES
from flows.cli.main import app
from polywell.columns import columns_of
from polywell.data.measured import measured_superconductors
from polywell.data.reference import reference_structures, standings
from polywell.families import load_families
from polywell.geometry.tolerances import TOLERANCES, Tolerances
from polywell.records import REASON_MEANING, Estimate, Phase, Place, Screening, Sighting, Vertex

CHECKOUT = Path(__file__).resolve().parent.parent
ROOMS = ("polywell", "catalog", "reports", "flows")

WIDTH = 100
"""Characters of a line of help."""


def write(folder: Path) -> None:
    """Writes the pages into a folder; one that would not change is left alone."""
    pages = {
        "columns": columns,
        "commands": commands,
        "families": families,
        "modules": modules,
        "read": read,
        "sources": sources,
        "tolerances": tolerances,
    }
    for name, lines in pages.items():
        text = "\n".join(lines()) + "\n"
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table of Markdown."""
    for cells in (heads, ["---"] * len(heads), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def columns() -> Iterator[str]:
    """The page of the columns: one table for each record, under what its docstring says."""
    yield from ("# Columns", "")
    yield (
        "What stands in `ranked.parquet`, `rejected.parquet` and `failed.parquet` (there without estimate "
        "and place), made from the fields of `polywell.records`. An empty value is null, never a number that "
        "stands for one. The same lies beside the page of each run, as `columns.html`."
    )
    for record, where in (
        (Screening, ""),
        (Estimate, ""),
        (Place, ""),
        (Sighting, ""),
        (Phase, "One struct of the list `phases`."),
        (Vertex, "One struct of the list `vertices` of a phase."),
    ):
        yield from ("", f"## {record.__name__}", "", f"{inspect.getdoc(record)} {where}", "")
        yield from _table(
            ("column", "type", "unit", "label", "meaning"),
            (
                (f"`{column.name}`", f"`{column.type}`", column.unit, column.label, column.meaning)
                for column in columns_of(record)
            ),
        )


def commands() -> Iterator[str]:
    """The page of the command line: what each command prints for `--help`."""
    program = typer.main.get_command(app)
    assert isinstance(program, typer.core.TyperGroup)
    yield from ("# Command line", "", "What `polywell COMMAND --help` prints.")
    for words in _command_words(program):
        asked = CliRunner().invoke(app, [*words, "--help"], prog_name="polywell", terminal_width=WIDTH)
        assert asked.exit_code == 0, asked.output
        title = " ".join(("polywell", *words))
        yield from ("", f"## {title}", "", "```text", *asked.output.strip().splitlines(), "```")


def _command_words(group: typer.core.TyperGroup, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words that call a group, and each command below it."""
    yield above
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from _command_words(command, (*above, name))
        else:
            yield (*above, name)


def sources() -> Iterator[str]:
    """The page of the sources."""
    yield from ("# Sources", "", "What `polywell sources` lists.", "")
    yield from _table(
        ("source", "example", "what", "needs"),
        ((f"`{one.form}`", f"`polywell screen {one.example}`", one.meaning, one.needs) for one in SOURCES),
    )


def families() -> Iterator[str]:
    """The page of the built-in λ table, and of the reasons for which an entry is rejected."""
    yield from ("# Families and reasons", "", "## The built-in λ table", "")
    heads = "family metal cages ligands λ/K·Å² spread published-ligands published-apexes source"
    yield from _table(
        [head.replace("-", " ") for head in heads.split()],
        (
            (
                row.name, row.metal, ", ".join(row.cages), ", ".join(row.ligands), f"{row.lambda_k_ang2:g}",
                f"{row.spread_k_ang2:g}", ", ".join(row.published_ligands), ", ".join(row.published_apexes),
                row.source,
            )
            for row in load_families().rows
        ),
    )  # fmt: skip
    yield from ("", "## Why an entry is rejected", "", "The list is closed.", "")
    yield from _table(("reason", "meaning"), ((f"`{name}`", text) for name, text in REASON_MEANING.items()))


def modules() -> Iterator[str]:
    """The floor plan: each package and module of the rooms with the first line of its docstring."""
    for room in ROOMS:
        for package in sorted(path.parent for path in (CHECKOUT / room).rglob("__init__.py")):
            name = package.relative_to(CHECKOUT).as_posix()
            yield from ("", f"{'###' if package.parent == CHECKOUT else '####'} `{name}`", "")
            yield from (_first_line(package / "__init__.py"), "")
            within = sorted(path for path in package.glob("*.py") if path.name != "__init__.py")
            if within:
                yield from _table(
                    ("module", "what"), ((f"`{path.stem}`", _first_line(path)) for path in within)
                )


def read() -> Iterator[str]:
    """What structures and critical temperatures stand on, counted, and of which no source was opened."""
    stand = standings()
    measured = measured_superconductors()
    cells, temperatures = Counter(stand.values()), Counter(row.checked for row in measured)
    words = ("read", "recalled", "estimated", "built", "derived from built")
    yield from _table(
        ("", *words, "all"),
        (
            (what, *(str(counts[word]) for word in words), str(counts.total()))
            for what, counts in (("structures", cells), ("T_c, or none seen", temperatures))
        ),
    )
    yield from ("", "## What could not be opened", "", "Structures whose cell or heights were not read:", "")
    yield from _table(
        ("structure", "stands on", "source"),
        (
            (f"`{one.id}`", stand[one.id], one.structure_source)
            for one in reference_structures()
            if stand[one.id] != "read"
        ),
    )
    yield from ("", "Critical temperatures that were not read:", "")
    yield from _table(
        ("row", "source"), ((f"`{row.id}`", row.source) for row in measured if row.checked != "read")
    )


def tolerances() -> Iterator[str]:
    """The page of the tolerances: each with what stands under it in its class."""
    yield from ("# Tolerances", "", inspect.getdoc(Tolerances) or "", "")
    [body] = ast.parse(inspect.getsource(Tolerances)).body
    assert isinstance(body, ast.ClassDef)
    rows = [
        (f"`{field.target.id}`", f"{getattr(TOLERANCES, field.target.id)}", str(text.value.value))
        for field, text in pairwise(body.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    ]
    assert len(rows) == len(fields(Tolerances)), "a tolerance has no meaning"
    yield from _table(("tolerance", "value", "meaning"), rows)


def _first_line(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert text, f"{path} has no docstring"
    return text.splitlines()[0]
