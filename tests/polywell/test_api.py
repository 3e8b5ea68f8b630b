"""The front door: what a person hands in comes back as an analysis, or as an error that says what to do."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Molecule, Species, Structure

import polywell
from catalog.errors import ReadError, SourceError
from polywell.data.reference import reference_entries
from polywell.evidence.calibration_table import CalibrationTableError, built_in_calibration, to_text
from polywell.evidence.estimates import estimated
from polywell.families import FamilyTableError, load_families
from polywell.records import PHASE_COLUMNS, Entry, Outcome, Provenance
from polywell.screening import screen_many

ENTRIES = {entry.id: entry for entry in reference_entries()}
PLACES = [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]]
COBALTATE = {
    "name": "cobaltate",
    "metal": "Co",
    "cages": ["octahedron"],
    "ligands": ["O"],
    "lambda_k_ang2": 900.0,
    "spread_k_ang2": 50.0,
    "published_ligands": ["O"],
    "published_apexes": ["Ca"],
    "source": "made up",
}


def infinite_layer(metal: str = "Cu") -> Structure:
    """CaCuO2: with λ = 1300 K·Å² and ξ = c the ceiling is 1300/3.1805² K."""
    return Structure(Lattice.tetragonal(3.8556, 3.1805), ["Ca", metal, "O", "O"], PLACES)


def atoms(structure: Structure):
    from pymatgen.io.ase import AseAtomsAdaptor

    return AseAtomsAdaptor.get_atoms(structure)


def test_a_structure() -> None:
    found = polywell.analyze(infinite_layer())
    [cage] = found.cages
    assert (cage.cage, cage.apexes, cage.xi_ang) == ("octahedron", ("Ca", "Ca"), pytest.approx(3.1805))
    assert found.ceiling is not None and found.ceiling.xi_ang == cage.xi_ang
    assert found.ceiling.tc_k == pytest.approx(1300 / 3.1805**2)
    assert found.ceiling.low_k < found.ceiling.tc_k < found.ceiling.high_k
    [sheet] = found.sheets
    assert (sheet.metal, sheet.ligand, sheet.bond_ang) == ("Cu", "O", pytest.approx(3.8556 / 2))
    assert (found.formula, found.family, found.reason, found.why_no_estimate) == (
        "CaCuO2",
        "cuprate",
        None,
        None,
    )
    assert found.estimate is not None
    assert found.estimate.tc_low_k < found.estimate.tc_expected_k < found.estimate.tc_high_k
    assert [one.tc_k > 0 for one in found.nearest_known] == [True] * 3


def test_atoms_of_ase_are_the_same_crystal() -> None:
    structure = ENTRIES["yba2cu3o7"].structure
    one, other = polywell.analyze(structure), polywell.analyze(atoms(structure))
    assert one.cages and [cage.xi_ang for cage in other.cages] == pytest.approx([c.xi_ang for c in one.cages])
    assert other.formula == one.formula


def test_atoms_keep_the_occupancies_that_ase_read(tmp_path: Path) -> None:
    from ase.io import read

    structure = ENTRIES["la1.85sr0.15cuo4"].structure
    assert structure is not None
    plain = Structure(structure.lattice, structure.species_and_occu, structure.frac_coords)
    plain.to(str(tmp_path / "x.cif"))
    [cage] = polywell.analyze(read(tmp_path / "x.cif")).cages
    [other] = polywell.analyze(structure).cages
    assert cage.apexes == other.apexes == ("La", "La")
    assert polywell.analyze(read(tmp_path / "x.cif")).formula == polywell.analyze(structure).formula


def test_a_molecule_of_ase_is_rejected_as_the_pipeline_does() -> None:
    from ase import Atoms

    found = polywell.analyze(Atoms("CuO", positions=[[0, 0, 0], [0, 0, 1.7]]))
    assert found.reason is not None and found.reason.startswith("not_periodic: ")
    assert (found.cages, found.ceiling, found.estimate) == ((), None, None)


def test_charges_and_isotopes_do_not_matter() -> None:
    charged = infinite_layer()
    charged.add_oxidation_state_by_element({"Ca": 2, "Cu": 2, "O": -2})
    assert polywell.analyze(charged).as_dict() == polywell.analyze(infinite_layer()).as_dict()
    heavy = Structure(Lattice.cubic(4), ["Cu", Species("D")], [[0, 0, 0], [0.5, 0.5, 0.5]])
    assert polywell.analyze(heavy).screening.elements == ("Cu", "H")


@pytest.mark.parametrize("name", ["x.cif", "POSCAR", "x.json", "x.cif.gz"])
def test_a_path(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    infinite_layer().to(str(path))
    for given in (path, str(path)):
        found = polywell.analyze(given)
        assert found.screening.id == name and found.ceiling is not None
        assert found.ceiling.tc_k == pytest.approx(1300 / 3.1805**2, rel=1e-5)
    assert [one.screening.id for one in polywell.screen(path)] == [name]


def test_the_remarks_of_a_reader_are_notes(tmp_path: Path) -> None:
    given = "data_x\n_cell_length_a 3.8556\n_cell_length_b 3.8556\n_cell_length_c 3.1805\n"
    given += "".join(f"_cell_angle_{name} 90\n" for name in ("alpha", "beta", "gamma"))
    given += "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
    given += "Ca1 0.5 0.5 0.5\nCu1 0 0 0\nO1 0.5 0 0\nO2 0 0.5 0\n"
    (tmp_path / "x.cif").write_text(given)
    found = polywell.analyze(tmp_path / "x.cif")
    [note] = found.notes
    assert note == found.screening.provenance.note and note in repr(found)


def test_several_structures_in_a_file_are_for_screen(tmp_path: Path) -> None:
    from ase.io import write

    path = tmp_path / "x.traj"
    write(path, [atoms(infinite_layer()), atoms(infinite_layer("Fe"))])
    with pytest.raises(ValueError, match=r"holds 2 structures, expected one; polywell\.screen\(path\)"):
        polywell.analyze(path)
    assert [one.screening.id for one in polywell.screen(path)] == ["x.traj", "x.traj#2"]


def test_a_folder_gives_one_analysis_for_every_structure_and_failure(tmp_path: Path) -> None:
    infinite_layer().to(str(tmp_path / "a.cif"))
    (tmp_path / "b.cif").write_text("")
    (tmp_path / "c.xyz").write_text("2\ncopper oxide\nCu 0 0 0\nO 0 0 1.7\n")
    (tmp_path / "deeper").mkdir()
    infinite_layer("Al").to(str(tmp_path / "deeper" / "d.cif"))
    found = {one.screening.id: one for one in polywell.screen(tmp_path)}
    assert list(found) == ["a.cif", "b.cif", "c.xyz", "deeper/d.cif"]
    assert found["a.cif"].reason is None
    assert str(found["b.cif"].reason).startswith("EmptyFileError: ")
    assert str(found["c.xyz"].reason).startswith("not_periodic: ")
    assert str(found["deeper/d.cif"].reason).startswith("no_net_metal: ")


@pytest.mark.parametrize(
    (
        "id",
        "reason",
        "cages",
        "sheets",
    ),  # a perovskite has sheets in three orientations, a body-centred cell two in one
    [
        ("nacl", "no_net_metal", 0, 0),
        ("cu", "no_ligand", 0, 0),
        ("cuo", "no_square_net", 0, 0),
        ("lanio3", "not_layered", 0, 3),
        ("srfeo2", "no_lambda", 1, 1),
        ("k2nif4", "no_lambda", 1, 2),
        ("bani2as2", "no_lambda", 2, 2),
    ],
)
def test_what_is_rejected_is_complete_too(id: str, reason: str, cages: int, sheets: int) -> None:
    found = polywell.analyze(ENTRIES[id])
    assert str(found.reason) == f"{reason}: {found.screening.message}"
    assert (len(found.cages), len(found.sheets)) == (cages, sheets)
    assert (found.ceiling, found.estimate, found.nearest_known, found.evidence) == (None, None, (), None)
    assert found.why_no_estimate == found.reason
    assert repr(found).startswith(f"{found.formula}: rejected, {reason}\n  reason")
    assert len(found.to_frame()) == cages and found.as_dict()["reason"] == reason


def test_screen_says_what_the_pipeline_says() -> None:
    entries = list(ENTRIES.values())[::7]
    families = load_families()
    screenings = screen_many(entries, families)
    candidates = [one for one in screenings if one.outcome is Outcome.CANDIDATE]
    evidence = iter(estimated(candidates, polywell.api.built_in_calibration(), families)[0])
    for found, screening in zip(polywell.screen(entries), screenings, strict=True):
        assert found.screening == screening
        assert found.evidence == (next(evidence) if screening.outcome is Outcome.CANDIDATE else None)


def test_structures_handed_in_are_never_corrected() -> None:
    """As entries of a database these would be corrected: of all of them a ξ was measured."""
    structures = [entry.structure.copy() for entry in ENTRIES.values() if entry.structure][:60]
    for structure in structures:
        structure.scale_lattice(structure.volume * 1.02**3)
    notes = {one.evidence.xi_correction_note for one in polywell.screen(structures) if one.evidence}
    assert notes == {"not corrected: no anchors, at least 4 compounds are needed"}


def test_one_structure_is_a_list_of_one_and_none_is_none() -> None:
    [one] = polywell.screen(infinite_layer())
    assert one == polywell.analyze(infinite_layer())
    assert polywell.screen([]) == []
    twice = polywell.screen([infinite_layer(), infinite_layer()])
    assert [found.screening.id for found in twice] == ["CaCuO2", "CaCuO2#2"]


def test_a_withdrawn_entry_is_rejected_with_its_cages() -> None:
    known = Provenance(deprecated=True)
    entry = Entry("made", "x", "CaCuO2", ("Ca", "Cu", "O"), infinite_layer(), known)
    found = polywell.analyze(entry)
    assert str(found.reason).startswith("deprecated: ") and found.cages and found.ceiling is not None
    assert found.estimate is None and "ceiling" in repr(found)


def test_a_family_of_ones_own(tmp_path: Path) -> None:
    cobaltate = infinite_layer("Co")
    assert str(polywell.analyze(cobaltate).reason).startswith("no_net_metal: ")
    lines = [f"{name} = {json.dumps(value)}" for name, value in COBALTATE.items()]
    path = tmp_path / "families.toml"
    path.write_text("\n".join(["schema = 1", "[[family]]", *lines]), encoding="utf-8")
    for families in (path, str(path), load_families(path), [COBALTATE], load_families(path).rows):
        found = polywell.analyze(cobaltate, families=families)
        assert found.family == "cobaltate" and found.ceiling is not None
        assert found.ceiling.tc_k == pytest.approx(900 / 3.1805**2)
        assert found.estimate is None and "cobaltate" in str(found.why_no_estimate)
        assert f"none: {found.why_no_estimate}" in repr(found)


def test_a_calibration_of_ones_own(tmp_path: Path) -> None:
    built_in = built_in_calibration()
    cuprates = replace(built_in, models=tuple(one for one in built_in.models if one.family != "cuprate"))
    file = tmp_path / "calibration.toml"
    file.write_text(to_text(cuprates), "utf-8")
    for calibration in (cuprates, file, str(file)):
        found = polywell.analyze(infinite_layer(), calibration=calibration)
        assert "no measured compound of the family cuprate is in the calibration" in repr(found)
    with pytest.raises(CalibrationTableError, match="expected the table that `polywell calibrate` writes"):
        polywell.analyze(infinite_layer(), calibration=tmp_path / "none.toml")


def test_a_family_more_leaves_the_others_as_they_are() -> None:
    more = polywell.analyze(infinite_layer(), families=[*load_families().rows, COBALTATE])
    plain = polywell.analyze(infinite_layer())
    assert more.estimate == plain.estimate and more.ceiling == plain.ceiling


def test_the_short_form_names_family_cage_ceiling_and_estimate() -> None:
    found = polywell.analyze(infinite_layer())
    lines = repr(found).splitlines()
    assert lines[0] == "CaCuO2: candidate, cuprate" and len(lines) == 8
    assert lines[1].split(maxsplit=1) == ["alpha", "octahedron Ca-Ca, ξ = 3.180 Å, λ/ξ² = 128.5 K"]
    estimate = found.estimate
    assert estimate is not None
    assert lines[3].split(maxsplit=1) == ["electrons", "parent, valence +2.00, carriers 0"]
    assert f"{estimate.tc_expected_k:.1f} K as written (80 %: {estimate.tc_low_k:.1f} to" in lines[4]
    assert f"{estimate.tc_best_k:.1f} K" in lines[5] and estimate.best_doping in lines[5]
    assert f"{estimate.support:.2f}, {estimate.support_word}" in lines[7]
    assert "<th>alpha</th><td>octahedron Ca-Ca, ξ = 3.180 Å" in found._repr_html_()


def test_the_table_of_a_notebook_escapes_what_a_file_says() -> None:
    note = "<script>alert(1)</script>"
    entry = Entry("made", "x", "CaCuO2", ("Ca", "Cu", "O"), infinite_layer(), Provenance(note=note))
    html = polywell.analyze(entry)._repr_html_()
    assert "&lt;script&gt;" in html and "<script>" not in html


def test_the_table_has_one_cage_a_row() -> None:
    frame = polywell.analyze(ENTRIES["hgba2ca2cu3o8.16"]).to_frame()
    assert list(frame.columns) == ["id", "formula", *(c.name for c in PHASE_COLUMNS if c.name != "vertices")]
    assert list(frame["phase"]) == ["alpha", "beta"] and frame["xi_ang"].is_monotonic_increasing
    nothing = polywell.analyze(infinite_layer("Al")).to_frame()
    assert len(nothing) == 0 and list(nothing.columns) == list(frame.columns)


def test_the_dictionary_is_json() -> None:
    for entry in (ENTRIES["yba2cu3o7"], infinite_layer("Al")):
        found = polywell.analyze(entry)
        made = found.as_dict()
        assert json.loads(json.dumps(made, allow_nan=False)) == made
    found = polywell.analyze(ENTRIES["yba2cu3o7"])
    made = found.as_dict()
    assert made["tc_ceiling_k"] == found.screening.tc_ceiling_k
    assert made["evidence"]["tc_low_k"] == found.estimate.tc_low_k
    assert len(made["sheets"]) == len(found.sheets) == 2
    assert made["phases"][0]["vertices"][0]["role"] == "metal"


@pytest.mark.parametrize("wrong", [3, None, np.eye(3), Molecule(["O"], [[0, 0, 0]]), {"a": 1}, b"x"])
def test_what_is_no_structure_is_an_error_that_says_what_is_expected(wrong: object) -> None:
    with pytest.raises(TypeError, match="expected a pymatgen Structure, an ASE Atoms, a polywell"):
        polywell.analyze(wrong)
    with pytest.raises(TypeError, match="expected a pymatgen Structure, an ASE Atoms, a polywell"):
        polywell.screen([wrong])


def test_wrong_paths_tables_ids_and_species_are_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"nowhere\.cif"):
        polywell.analyze(tmp_path / "nowhere.cif")
    with pytest.raises(SourceError, match="nowhere"):
        polywell.screen(tmp_path / "nowhere")
    with pytest.raises(FamilyTableError, match=r"family\.0: .* forms no net"):
        polywell.analyze(infinite_layer(), families=[COBALTATE | {"metal": "Na"}])
    with pytest.raises(FamilyTableError, match="at least 1"):
        polywell.analyze(infinite_layer(), families=[])
    with pytest.raises(FamilyTableError, match="keep one"):
        polywell.analyze(infinite_layer(), families=[COBALTATE, COBALTATE | {"name": "other"}])
    with pytest.raises(TypeError, match=r"expected the path of a λ table, or its rows .* lambda_k_ang2"):
        polywell.analyze(infinite_layer(), families=COBALTATE)
    with pytest.raises(ValueError, match="give each an id of its own"):
        polywell.screen([ENTRIES["fese"], ENTRIES["fese"]])
    with pytest.raises(ValueError, match="'X', which is no chemical element"):
        polywell.analyze(Structure(Lattice.cubic(4), ["Cu", "X"], [[0, 0, 0], [0.5, 0.5, 0.5]]))


def test_a_cell_that_cannot_be_is_an_analysis_that_says_so() -> None:
    flat = Structure(Lattice([[4, 0, 0], [0, 4, 0], [4, 4, 1e-9]]), ["Cu", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    found = polywell.analyze(flat)
    assert str(found.reason).startswith("ValueError: the cell is flat") and found.cages == ()


def test_public_names() -> None:
    assert set(polywell.__all__) == {"ALGORITHM_VERSION", "Analysis", "__version__", "analyze", "screen"}
    assert all(hasattr(polywell, name) for name in polywell.__all__)
    assert set(polywell.__all__) <= set(dir(polywell))
    assert polywell.__version__[0].isdigit()
    with pytest.raises(AttributeError, match=r"polywell has no 'analyse'; it has .*analyze"):
        _ = polywell.analyse  # type: ignore[attr-defined]


HEAVY = (
    "sklearn pandas prefect matplotlib pyarrow ase deltalake mp_api plotly jinja2 typer rich "
    "catalog flows reports"
)


def test_an_analysis_imports_nothing_heavier_than_numpy_scipy_and_the_core_of_pymatgen() -> None:
    code = f"""
import sys
import polywell
assert not any(name.startswith(("numpy", "scipy", "pymatgen")) for name in sys.modules), "on import"
from pymatgen.core import Lattice, Structure
before = set(sys.modules)
found = polywell.analyze(Structure(Lattice.tetragonal(3.8556, 3.1805), ["Ca", "Cu", "O", "O"], {PLACES}))
assert found.estimate is not None and repr(found) and found.as_dict()
tops = {{name.partition(".")[0] for name in set(sys.modules) - before}}
assert not tops & set({HEAVY!r}.split()), tops
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
