from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

from catalog.errors import EmptyFileError, MissingAtomsError
from catalog.readers.cif.scan import possible_elements
from catalog.readers.reading import read, read_parts
from catalog.sources.base import Failure, RawEntry
from polywell.records import Entry, Provenance

ROCK_SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.21), ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def structure_of(entries: list[Entry]) -> Structure:
    assert len(entries) == 1 and entries[0].structure is not None
    return entries[0].structure


def test_an_entry_of_a_source_passes_unchanged(la2cuo4: Structure, needs: Callable) -> None:
    entry = Entry("reference", "x", "La2CuO4", ("Cu", "La", "O"), la2cuo4)
    assert read(RawEntry("reference", "x", "entry", entry), needs)[0] is entry


def test_a_cif_with_symmetry_is_expanded(symmetric_cif: str, raw_cif: Callable, needs: Callable) -> None:
    (entry,) = read(raw_cif(symmetric_cif), needs)
    assert entry.formula == "La2CuO4" and entry.elements == ("Cu", "La", "O")
    assert entry.structure is not None and entry.structure.composition.formula == "La4 Cu2 O8"
    assert (
        entry.provenance.note is not None
        and "those of I4/m2/m2/m, by _symmetry_space_group_name_H-M" in entry.provenance.note
    )


def test_a_composition_without_net_metal_is_not_parsed(
    raw_cif: Callable, needs: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = str(CifWriter(ROCK_SALT))
    for name in ("check_before_parsing", "_structure"):
        monkeypatch.setattr(f"catalog.readers.cif.blocks.{name}", None)
    (entry,) = read(raw_cif(text), needs)
    assert entry == Entry("parquet:t.parquet", "x", "MgO", ("Mg", "O"), None)


@pytest.mark.parametrize("label", ["Cu1", "CU1", "cu", "Cu2+", "'Cu 1'", "0.5Cu"])
def test_a_net_metal_among_the_atoms_outweighs_the_declared_formula(label: str, raw_cif: Callable) -> None:
    asked: list[set[str]] = []

    def needs(elements: Collection[str]) -> bool:
        asked.append(set(elements))
        return "Cu" in elements

    text = str(CifWriter(ROCK_SALT)).replace("  Mg  Mg0", f"  {label}  {label}", 1)
    read_parts(raw_cif(text), needs)
    assert "Cu" not in asked[0] and any("Cu" in elements for elements in asked)


def test_the_layout_of_the_atom_loop_does_not_hide_an_element() -> None:
    assert "Cu" in possible_elements("data_x loop_ _atom_site_label _atom_site_fract_x\nCu1 0 O1 0.5")
    assert "Cu" in possible_elements("data_x\nloop_\n_ATOM_SITE_LABEL\nCu1\n")
    assert "Cu" in possible_elements("data_x\nloop_\n_atom_site_type_symbol\n'0.8Cu + 0.2Zn'\n")
    assert possible_elements("data_x\n_publ_author_name 'Cu Ni Fe'\n") == set()


def test_the_formula_column_serves_where_the_cif_declares_none(raw_cif: Callable, needs: Callable) -> None:
    text = "\n".join(
        line for line in str(CifWriter(ROCK_SALT)).splitlines() if "_chemical_formula" not in line
    )
    assert read(raw_cif(text, formula="MgO"), needs)[0].structure is None
    assert len(structure_of(read(raw_cif(text), needs))) == 8
    assert len(structure_of(read(raw_cif(text, formula="Mg(O)"), needs))) == 8


def test_a_wrong_formula_column_does_not_hide_a_net_metal(
    la2cuo4_cif: str, raw_cif: Callable, needs: Callable
) -> None:
    assert len(structure_of(read(raw_cif(la2cuo4_cif, formula="MgO"), needs))) == 14


def test_missing_hydrogen_is_a_note_and_other_missing_atoms_an_error(
    symmetric_cif: str, raw_cif: Callable, needs: Callable
) -> None:
    (entry,) = read(raw_cif(symmetric_cif.replace("Cu La2 O4", "Cu La2 O4 H2")), needs)
    assert "the declared hydrogen has no site" in str(entry.provenance.note)
    with pytest.raises(MissingAtomsError, match="declares F, but no site holds it"):
        read(raw_cif(symmetric_cif.replace("Cu La2 O4", "Cu La2 O4 F2")), needs)
    (entry,) = read(raw_cif(symmetric_cif.replace("Cu La2 O4", "Cu La2 O4.3")), needs)
    assert "share of O differs from the declared formula by 7 %" in str(entry.provenance.note)


def test_charges_and_isotopes_are_dropped(raw_path: Callable, needs: Callable, tmp_path: Path) -> None:
    charged = Structure(Lattice.cubic(5), [{"Fe2+": 0.4, "Fe3+": 0.4}, "D+", "O2-"], np.eye(3) / 2)
    charged.to(filename=str(tmp_path / "x.json"))
    (entry,) = read(raw_path(tmp_path / "x.json"), needs)
    assert entry.elements == ("Fe", "H", "O") and entry.formula == "Fe0.8HO"
    assert [site.species.as_dict() for site in structure_of([entry])] == [{"Fe": 0.8}, {"H": 1.0}, {"O": 1.0}]


def test_occupancies_slightly_above_one_are_scaled(
    symmetric_cif: str, raw_cif: Callable, needs: Callable
) -> None:
    text = symmetric_cif.replace("La1 0 0 0.361(1) 1", "La1 0 0 0.361(1) 0.93\nSr1 0 0 0.361(1) 0.09")
    entry = read(raw_cif(text.replace("La2", "La1.86 Sr0.18")), needs)[0]
    mixed = [site.species for site in structure_of([entry]) if "Sr" in site.species.as_dict()]
    assert len(mixed) == 4 and all(abs(sum(species.values()) - 1) < 1e-12 for species in mixed)
    assert "sum to > 1" in str(entry.provenance.note)
    failure = read_parts(raw_cif(text.replace("0.09", "0.29")), needs)[0]
    assert isinstance(failure, Failure) and "1.22" in failure.message


def test_images_of_a_rounded_special_position_are_one_atom(raw_cif: Callable, needs: Callable) -> None:
    # Hexagonal delafossite-type layer with three-digit coordinates, as older papers print them.
    text = """data_x
_cell_length_a 3.0
_cell_length_b 3.0
_cell_length_c 17
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
loop_
_symmetry_equiv_pos_as_xyz
'x, y, z'
'-y, x-y, z'
'-x+y, -x, z'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Cu1 0.333 0.667 0.1
O1 0 0 0.2
"""
    assert len(structure_of(read(raw_cif(text), needs))) == 2


def test_poscar_and_xsf_and_json_agree(
    la2cuo4: Structure, raw_path: Callable, needs: Callable, tmp_path: Path
) -> None:
    names = ["POSCAR", "CONTCAR.x", "x.vasp", "x.POSCAR", "x.json", "x.xsf", "x.yaml", "x.cssr"]
    for name in names:
        form = {"json": "json", "xsf": "xsf", "yaml": "yaml", "cssr": "cssr"}.get(
            name.split(".")[-1], "poscar"
        )
        (tmp_path / name).write_text(la2cuo4.to(fmt=form))
        (entry,) = read(raw_path(tmp_path / name, name), needs)
        read_in = structure_of([entry])
        assert entry.formula == "La2CuO4" and len(read_in) == 14, name
        np.testing.assert_allclose(read_in.lattice.matrix, la2cuo4.lattice.matrix, atol=1e-3)


def test_formats_of_ase_are_read(
    la2cuo4: Structure, raw_path: Callable, needs: Callable, tmp_path: Path
) -> None:
    from ase import Atoms
    from ase.io import write

    atoms = Atoms(
        [site.species_string for site in la2cuo4],
        cell=la2cuo4.lattice.matrix,
        scaled_positions=la2cuo4.frac_coords,
        pbc=True,
    )
    for name in ("x.extxyz", "x.traj", "x.gen", "x.cfg", "x.struct"):
        write(tmp_path / name, atoms)
        (entry,) = read(raw_path(tmp_path / name, name), needs)
        assert entry.formula == "La2CuO4", name
        np.testing.assert_allclose(structure_of([entry]).lattice.matrix, la2cuo4.lattice.matrix, atol=1e-3)


def test_a_trajectory_gives_an_entry_a_frame(
    la2cuo4: Structure, raw_path: Callable, needs: Callable, tmp_path: Path
) -> None:
    from ase import Atoms
    from ase.io import write

    frames = [Atoms("CuO", cell=[4, 4, 4 + i], positions=[[0, 0, 0], [2, 2, 2]], pbc=True) for i in range(3)]
    frames.insert(1, Atoms("CuO", positions=[[0, 0, 0], [2, 2, 2]]))
    write(tmp_path / "x.traj", frames)
    parts = read_parts(raw_path(tmp_path / "x.traj", "sub/x.traj"), needs)
    assert [part.id for part in parts] == ["sub/x.traj", "sub/x.traj#2", "sub/x.traj#3", "sub/x.traj#4"]
    assert isinstance(parts[1], Failure) and parts[1].error_type == "NotPeriodicError"
    entries = read(raw_path(tmp_path / "x.traj", "sub/x.traj"), needs)
    assert len(entries) == 3 and "1 of 4 structures could not be read" in str(entries[0].provenance.note)


def test_reading_nothing_raises(raw_cif: Callable, needs: Callable) -> None:
    with pytest.raises(EmptyFileError):
        read(raw_cif(""), needs)


def test_notes_are_added_to_the_sources_own_and_stay_short(symmetric_cif: str, needs: Callable) -> None:
    raw = RawEntry("s", "x", "cif", symmetric_cif, None, Provenance(note="n" * 290, pressure_gpa=1.0))
    provenance = read(raw, needs)[0].provenance
    assert provenance.pressure_gpa == 1.0
    assert str(provenance.note).startswith("n" * 290 + "; no ") and len(str(provenance.note)) == 300


def test_elements_without_electronegativity_are_no_warning(raw_cif: Callable, needs: Callable) -> None:
    text = str(CifWriter(ROCK_SALT)).replace("  Mg  Mg", "  Ar  Ar").replace("Mg4 O4", "Ar4 O4")
    assert read(raw_cif(text), needs)[0].elements == ("Ar", "O")
    copper = text.replace("  O  O4", "  Cu  Cu4").replace("Ar4 O4", "Ar4 Cu1 O3")
    assert read(raw_cif(copper), needs)[0].elements == ("Ar", "Cu", "O")


def test_running_out_of_memory_is_a_failure(
    raw_cif: Callable, needs: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("catalog.readers.cif.blocks.read_plain", greedy)
    text = str(CifWriter(ROCK_SALT)).replace("Mg", "Ni")
    (failure,) = read_parts(raw_cif(text), needs)
    assert isinstance(failure, Failure) and failure.error_type == "MemoryLimitError"


def test_an_unforeseen_error_is_a_failure_of_its_own_name(
    raw_cif: Callable, needs: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a mistake\nof ours")

    monkeypatch.setattr("catalog.readers.cif.blocks.read_plain", broken)
    (failure,) = read_parts(raw_cif(str(CifWriter(ROCK_SALT)).replace("Mg", "Ni")), needs)
    assert isinstance(failure, Failure)
    assert (failure.error_type, failure.message) == (
        "ZeroDivisionError",
        "ZeroDivisionError: a mistake of ours",
    )
