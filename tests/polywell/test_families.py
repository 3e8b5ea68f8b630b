from pathlib import Path

import numpy as np
import pytest

from polywell.data.reference import reference_structures
from polywell.families import BUILT_IN, FamilyTableError, load_families

ROW = """
schema = 1
[[family]]
name = "{name}"
metal = "{metal}"
cages = ["octahedron"]
ligands = ["{ligand}"]
lambda_k_ang2 = {value}
spread_k_ang2 = 1.0
published_ligands = ["O"]
published_apexes = ["La"]
source = "made up"
"""


def table(tmp_path: Path, **changes: object) -> Path:
    path = tmp_path / "families.toml"
    values = {"name": "cobaltate", "metal": "Co", "ligand": "O", "value": 900.0} | changes
    path.write_text(ROW.format(**values), encoding="utf-8")
    return path


# λ belongs to (metal, cage kind, ligand), and to nothing else.
@pytest.mark.parametrize(
    ("metal", "cage", "ligand", "value"),
    [
        ("Cu", "octahedron", "O", 1300.0),
        ("Cu", "octahedron", "F", 1300.0),
        ("Cu", "octahedron", "Cl", 1300.0),
        ("Cu", "octahedron", "S", None),
        ("Cu", "nonahedron", "Se", None),
        ("Ni", "octahedron", "O", 1300.0),
        ("Ni", "octahedron", "F", None),
        ("Ni", "nonahedron", "As", None),
        ("Fe", "nonahedron", "As", 400.0),
        ("Fe", "tridecahedron", "Te", 400.0),
        ("Fe", "octahedron", "O", None),
        ("Fe", "nonahedron", "Si", None),
        ("Co", "nonahedron", "As", None),
    ],
)
def test_lambda_of_the_built_in_table(metal: str, cage: str, ligand: str, value: float | None) -> None:
    family = load_families().of(metal, cage, ligand)
    assert (family.lambda_k_ang2 if family else None) == value


@pytest.mark.parametrize(("table", "name"), [(1, "cuprate"), (2, "iron-based")])
def test_spread_is_that_of_the_published_column(table: int, name: str) -> None:
    column = [
        row.published.lambda_k_ang2
        for row in reference_structures()
        if row.published and row.published.table == table
    ]
    assert len(column) == {1: 9, 2: 15}[table]
    family = next(row for row in load_families().rows if row.name == name)
    spread = np.sqrt(np.mean((np.array(column) - family.lambda_k_ang2) ** 2))
    assert family.spread_k_ang2 == pytest.approx(spread, abs=0.06)


def test_own_table(tmp_path: Path) -> None:
    families = load_families(table(tmp_path))
    assert families.metals == {"Co"}
    assert families.of("Co", "octahedron", "O") is not None
    assert families.digest != load_families().digest
    assert families.digest == load_families(table(tmp_path)).digest


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"metal": "Na"}, "forms no net"),
        ({"ligand": "Cu"}, "no ligand"),
        ({"value": -3}, "greater than 0"),
        ({"value": 0.5}, "not smaller than"),
        ({"name": ""}, "at least 1 character"),
    ],
)
def test_wrong_values_are_named(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    with pytest.raises(FamilyTableError, match=said):
        load_families(table(tmp_path, **changes))


def test_wrong_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(FamilyTableError, match=r"nowhere\.toml"):
        load_families(tmp_path / "nowhere.toml")
    for text in (
        "schema = ",
        "schema = 2\n",
        ROW.format(name="a", metal="Co", ligand="O", value=1e3) + "x = 1\n",
    ):
        path = tmp_path / "bad.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(FamilyTableError, match=r"bad\.toml"):
            load_families(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FamilyTableError, match=r"bad\.toml"):
        load_families(path)


def test_two_lambdas_for_one_cage_are_refused(tmp_path: Path) -> None:
    text = BUILT_IN.read_text(encoding="utf-8")
    row = ROW.format(name="other", metal="Cu", ligand="O", value=1200.0).replace("schema = 1", "")
    path = tmp_path / "two.toml"
    path.write_text(text + row, encoding="utf-8")
    with pytest.raises(FamilyTableError, match="keep one"):
        load_families(path)
