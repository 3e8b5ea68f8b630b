"""One loader for all tables: what it refuses, and what it says."""

import os
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict
from pymatgen.analysis.molecule_structure_comparator import CovalentRadius

from polywell.data.elements import FALLBACK_RADIUS, covalent_radius, load_radii
from polywell.data.tables import TABLES, TableError, load_table, read_table


class Lengths(BaseModel):
    model_config = ConfigDict(extra="forbid")

    edges_ang: tuple[float, ...]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"edges_ang = [1.0, 'long']", r"edges_ang\.1: Input should be a valid number.* \(got 'long'\)"),
        (b"edges_ang = []\nedge = 1", r"edge: Extra inputs are not permitted \(got 1\)"),
        (b"edge_ang = [", "expected a TOML file like those in"),
        (b"\xff\xfe", "expected a TOML file like those in"),
        (b"edges_ang = " + b"[" * 5000, "expected a TOML file like those in"),
        (b"edges_ang = [1" + b"0" * 5000 + b"]", "expected a TOML file like those in"),
        (b"edges_ang = [0x1" + b"0" * 5000 + b"]", r"edges_ang\.0: .* \(got a number of 20001 bits\)"),
    ],
)
def test_what_is_wrong_is_named_in_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "lengths.toml"
    path.write_bytes(content)
    with pytest.raises(TableError, match=rf"lengths\.toml: .*{said}") as raised:
        read_table(path, Lengths)
    assert "\n" not in str(raised.value)


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path, tmp_path / ("long" * 100)):
        with pytest.raises(TableError, match="expected a TOML file"):
            read_table(place, Lengths)


def test_a_table_that_is_not_there_is_named() -> None:
    with pytest.raises(TableError, match=r"nowhere\.toml: .*expected a TOML file"):
        load_table("reference/nowhere.toml", Lengths)


def test_every_table_of_the_package_is_read_by_its_model() -> None:
    """Each is TOML, and each is named by a module that loads it."""
    sources = "".join(path.read_text("utf-8") for path in Path(str(TABLES)).parent.rglob("*.py"))
    tables = sorted(Path(str(TABLES)).rglob("*.toml"))
    assert len(tables) >= 15
    for path in tables:
        assert tomllib.loads(path.read_text("utf-8"))
        folder = path.parent.relative_to(str(TABLES))
        assert f'"{path.name}"' in sources or f"{folder}/{{table}}.toml" in sources, path.name


def test_covalent_radii_are_those_of_pymatgen() -> None:
    assert load_radii() == CovalentRadius.radius
    assert covalent_radius("Cu") == 1.32
    assert covalent_radius("Bk") == FALLBACK_RADIUS
