import gzip
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure

from catalog.errors import (
    EmptyFileError,
    FileAccessError,
    NotAStructureError,
    NotPeriodicError,
    ParseError,
    ReadError,
)
from catalog.readers import structures_in


def test_a_cif_gives_its_entry_as_the_pipeline_reads_it(symmetric_cif: str, tmp_path: Path) -> None:
    (tmp_path / "a b.cif").write_text(symmetric_cif)
    (entry,) = structures_in(tmp_path / "a b.cif")
    assert (entry.id, entry.formula, entry.elements) == ("a b.cif", "La2CuO4", ("Cu", "La", "O"))
    assert entry.structure is not None and len(entry.structure) == 14
    assert "by _symmetry_space_group_name_H-M" in str(entry.provenance.note)


def test_a_compressed_poscar_is_read_too(la2cuo4: Structure, tmp_path: Path) -> None:
    path = tmp_path / "POSCAR.gz"
    path.write_bytes(gzip.compress(str(la2cuo4.to(fmt="poscar")).encode()))
    (entry,) = structures_in(str(path))
    assert entry.structure is not None
    np.testing.assert_allclose(entry.structure.lattice.matrix, la2cuo4.lattice.matrix, atol=1e-6)


def test_several_structures_have_names_of_their_own_and_the_lost_ones_a_note(tmp_path: Path) -> None:
    from ase import Atoms
    from ase.io import write

    frames = [Atoms("CuO", cell=[4, 4, 4 + i], positions=[[0, 0, 0], [2, 2, 2]], pbc=True) for i in range(2)]
    write(tmp_path / "x.traj", [frames[0], Atoms("CuO", positions=[[0, 0, 0], [2, 2, 2]]), frames[1]])
    entries = structures_in(tmp_path / "x.traj")
    assert [entry.id for entry in entries] == ["x.traj", "x.traj#3"]
    assert "1 of 3 structures could not be read" in str(entries[0].provenance.note)


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("empty.cif", "", EmptyFileError),
        ("letter.txt", "Dear all, please find attached the structure.", NotAStructureError),
        ("water.xyz", "3\nwater\nO 0 0 0\nH 0 0 1\nH 0 1 0\n", NotPeriodicError),
        ("broken.json", "{", ParseError),
    ],
)
def test_a_file_without_a_structure_says_what_is_expected(
    name: str, text: str, kind: type[ReadError], tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(kind, match=f"{name}' gives no structure .*; expected a file of a periodic crystal"):
        structures_in(tmp_path / name)


def test_a_molecule_keeps_its_composition_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "water.xyz").write_text("3\nwater\nO 0 0 0\nH 0 0 1\nH 0 1 0\n")
    with pytest.raises(NotPeriodicError) as caught:
        structures_in(tmp_path / "water.xyz")
    assert (caught.value.elements, caught.value.formula) == (("H", "O"), "H2O")


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileAccessError, match="is a folder; give one of its files"):
        structures_in(tmp_path)
    with pytest.raises(FileAccessError, match=r"nowhere\.cif' gives no structure .*No such file"):
        structures_in(tmp_path / "nowhere.cif")


def test_a_reader_that_fails_in_its_own_way_is_an_error_of_the_catalog(
    symmetric_cif: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise ZeroDivisionError("of the reader")

    monkeypatch.setattr("catalog.readers.reading.read_cif", fail)
    (tmp_path / "x.cif").write_text(symmetric_cif)
    with pytest.raises(ParseError, match="ZeroDivisionError: of the reader"):
        structures_in(tmp_path / "x.cif")
