"""The four recipes of docs/adding.md, carried out to the letter in a copy of the code, which then screens."""

import json
import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.test_installed import PROGRAM, ROOMS, run

CHECKOUT = Path(__file__).resolve().parent.parent
PAGE = (CHECKOUT / "docs" / "adding.md").read_text("utf-8")

FILES = {"A source": 2, "A family": 1, "A column": 2, "An order": 1}
"""How many files each recipe touches."""

LAYERS = "near Cu 3.86 3.18\nfar Cu 3.86 3.30\npalladium Pd 3.99 3.30\n"


def carry_out(recipe: str, code: Path) -> set[str]:
    """Makes the changes of one recipe; gives the files that it touches.

    A block of Python begins with the name of its file; one of differences as well, and its lines without a
    plus are found in the file once.
    """
    section = PAGE.split(f"\n## {recipe}\n")[1].split("\n## ")[0]
    files = set()
    for name, text in re.findall(r"```python\n# (\S+)\n(.*?)```", section, re.S):
        (code / name).write_text(text, "utf-8")
        files.add(name)
    for name, lines in re.findall(r"```diff\n--- (\S+)\n(.*?)```", section, re.S):
        kept = "".join(line[1:] for line in lines.splitlines(keepends=True) if line[0] != "+")
        made = "".join(line[1:] for line in lines.splitlines(keepends=True))
        before = (code / name).read_text("utf-8")
        assert before.count(kept) == 1, f"{name} has not once: {kept}"
        (code / name).write_text(before.replace(kept, made), "utf-8")
        files.add(name)
    return files


@pytest.fixture(scope="module")
def code(tmp_path_factory) -> Path:
    """The four rooms after all recipes."""
    folder = tmp_path_factory.mktemp("code")
    written = shutil.ignore_patterns("__pycache__", "pages", "pictures")
    for room in ROOMS:
        shutil.copytree(CHECKOUT / room, folder / room, ignore=written)
    touched = {recipe: carry_out(recipe, folder) for recipe in FILES}
    assert {recipe: len(files) for recipe, files in touched.items()} == FILES
    return folder


@pytest.fixture(scope="module")
def home(code, tmp_path_factory) -> Path:
    """What the changed program makes of the new source, the new family among its metals."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "layers.txt").write_text(LAYERS, "utf-8")
    words = ("screen", "lattices:layers.txt", "--rank-by", "corrected", "--dossiers", "1")
    done = run(code, folder, PROGRAM, *words)
    assert done.returncode == 0, done.stderr
    return folder


def ranked(home: Path) -> dict[str, dict]:
    rows = pq.read_table(home / "catalog" / "latest" / "ranked.parquet").to_pylist()
    return {row["id"]: row for row in rows}


def test_the_source_is_screened_and_listed(code, home):
    assert set(ranked(home)) == {"near", "far", "palladium"}
    assert "lattices:layers.txt" in run(code, home, PROGRAM, "sources").stdout


def test_the_family_has_its_ceiling_and_the_others_their_estimates(home):
    rows = ranked(home)
    assert rows["palladium"]["family"] == "palladate"
    assert rows["palladium"]["tc_ceiling_k"] == pytest.approx(900 / 3.30**2)
    assert rows["palladium"]["tc_expected_k"] is None and rows["palladium"]["estimate_note"]
    assert rows["near"]["tc_expected_k"] is not None and rows["far"]["tc_expected_k"] is not None


def test_the_column_stands_in_the_catalog_and_on_the_page(home):
    assert {row["nets_in_cell"] for row in ranked(home).values()} == {1}
    for page in ("index.html", "columns.html"):
        assert "Nets in the cell" in (home / "reports" / "latest" / page).read_text("utf-8")


def test_the_list_has_the_order(code, home):
    manifest = json.loads((home / "catalog" / "latest" / "manifest.json").read_text("utf-8"))
    assert manifest["rank_by"] == "corrected"
    assert list(ranked(home)) == ["near", "far", "palladium"]  # nothing is corrected here: by their ceiling
    assert "|corrected" in run(code, home, PROGRAM, "screen", "--help").stdout
