"""What stands in a CIF beside the plain crystal: moments, hydroxide, hydrogen on the sites of oxygen."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

import polywell
from catalog.readers.reading import read_parts
from catalog.sources.base import Failure
from polywell.records import Entry

# Ba(Fe,Co)2As2, I4/mmm: a cell of the known size with a rounded height of As.
A, C, Z_AS = 3.96, 13.0, 0.3545
PLAIN = """x,y,z -x,-y,z -y,x,z y,-x,z -x,y,-z x,-y,-z y,x,-z -y,-x,-z
-x,-y,-z x,y,-z y,-x,-z -y,x,-z x,-y,z -x,y,z -y,-x,z y,x,z""".split()
HEAD = f"data_x\n_cell_length_a {A}\n_cell_length_b {A}\n_cell_length_c {C}\n"
SITES = f"""loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Ba1 Ba 0 0 0 1
Fe1 Fe 0 0.5 0.25 0.94
Co1 Co 0 0.5 0.25 0.06
As1 As 0 0 {Z_AS} 1
"""
MOMENTS = """loop_
_atom_site_moment.label
_atom_site_moment.crystalaxis_x
_atom_site_moment.crystalaxis_y
_atom_site_moment.crystalaxis_z
Fe1 0.0 0.0 0.9
"""


def operations(reversal: str = ",+1", dot: str = ".") -> str:
    rows = "\n".join(f"{number} {word}{reversal}" for number, word in enumerate(PLAIN, start=1))
    return (
        f"loop_\n_space_group_symop_magn_operation{dot}id\n_space_group_symop_magn_operation{dot}xyz\n{rows}\n"
        f"loop_\n_space_group_symop_magn_centering{dot}id\n_space_group_symop_magn_centering{dot}xyz\n"
        "1 x,y,z,+1\n2 x+1/2,y+1/2,z+1/2,-1\n"
    )


@pytest.fixture
def read(raw_cif: Callable, needs: Callable) -> Callable[[str], Entry | Failure]:
    def one(text: str) -> Entry | Failure:
        (part,) = read_parts(raw_cif(text), needs)
        return part

    return one


@pytest.mark.parametrize(
    ("symmetry", "moments"),
    [
        (operations(), MOMENTS),
        (operations(), ""),
        (operations(",-1"), MOMENTS),
        (operations(""), MOMENTS),
        (operations().upper().replace("LOOP_", "loop_"), MOMENTS),
        (operations(dot="_"), MOMENTS.replace(".", "_", 4)),
        (operations() + operations(",-1").split("loop_")[1].replace("magn_", ""), MOMENTS),
        ("_space_group_magn.name_BNS \"I4/mm'm'\"\n", MOMENTS),
        ("_space_group_magn.number_BNS 139.537\n", MOMENTS),
        ("_space_group_name_H-M_alt 'I 4/m m m'\n", MOMENTS),
    ],
)
def test_a_magnetic_cif_with_shared_sites_is_read_without_its_moments(
    symmetry: str, moments: str, read: Callable
) -> None:
    part = read(HEAD + symmetry + SITES + moments)
    assert isinstance(part, Entry) and part.structure is not None, part
    expected = Structure.from_spacegroup(
        "I4/mmm",
        Lattice.tetragonal(A, C),
        ["Ba", {"Fe": 0.94, "Co": 0.06}, "As"],
        [(0, 0, 0), (0, 0.5, 0.25), (0, 0, Z_AS)],
    )
    assert part.structure.composition.almost_equals(expected.composition)
    distances = expected.lattice.get_all_distances(part.structure.frac_coords, expected.frac_coords)
    assert sorted(distances.argmin(axis=1)) == list(range(len(expected)))
    assert np.max(distances.min(axis=1)) < 1e-3
    assert ("read without its moments" in str(part.provenance.note)) == ("magn" in symmetry.lower())


def test_a_magnetic_operation_that_is_not_understood_fails_by_name(read: Callable) -> None:
    part = read(HEAD + operations().replace("-y,x,z,+1", "-y,,z,+1") + SITES)
    assert isinstance(part, Failure) and "'-y,,z,+1' is not understood" in part.message


# CeFeAs(O,H), P4/nmm: Ce, As and O/H on the sites of LaFeAsO (2c, 2c, 2a); rounded.
def oxyhydride(first: str, second: str, share: float) -> Structure:
    return Structure.from_spacegroup(
        "P4/nmm",
        Lattice.tetragonal(3.97, 8.97),
        ["Ce", "Fe", "As", {first: 1 - share, second: share}],
        [(0, 0.5, 0.1455), (0, 0, 0.5), (0, 0.5, 0.6535), (0, 0, 0)],
    )


def of_asymmetric_unit(first: str, second: str, share: float) -> str:
    """The same, by the name of its group."""
    rows = [("Ce", 0, 0.5, 0.1455, 1), ("Fe", 0, 0, 0.5, 1), ("As", 0, 0.5, 0.6535, 1)]
    rows += [(first, 0, 0, 0, 1 - share), (second, 0, 0, 0, share)]
    atoms = "\n".join(
        f"{el}{number} {el} {x} {y} {z} {share}" for number, (el, x, y, z, share) in enumerate(rows)
    )
    cell = HEAD.replace(str(A), "3.97").replace(str(C), "8.97")
    return f"{cell}_space_group_name_H-M_alt 'P 4/n m m :1'\n{SITES[: SITES.index('Ba1')]}{atoms}\n"


@pytest.mark.parametrize("is_listed", [False, True])
@pytest.mark.parametrize(
    ("first", "second", "share"), [("O", "H", 0.5), ("O", "H", 0.4), ("O", "D", 0.25), ("F", "H", 0.5)]
)
def test_oxygen_and_hydrogen_on_one_site_are_both_kept(
    first: str, second: str, share: float, is_listed: bool, read: Callable
) -> None:
    listed = str(CifWriter(oxyhydride(first, second, share)))
    part = read(listed if is_listed else of_asymmetric_unit(first, second, share))
    assert isinstance(part, Entry) and part.structure is not None
    assert part.structure.composition.as_dict() == pytest.approx(
        {"Ce": 2, "Fe": 2, "As": 2, first: 2 * (1 - share), "H": 2 * share}
    )
    assert "hydrogen" not in str(part.provenance.note)


def test_a_cif_and_json_of_one_crystal_give_one_row(tmp_path: Path) -> None:
    crystal = oxyhydride("O", "H", 0.4)
    (tmp_path / "x.json").write_text(json.dumps(crystal.as_dict()))
    (tmp_path / "x.cif").write_text(of_asymmetric_unit("O", "H", 0.4))
    one, other = (polywell.analyze(tmp_path / name) for name in ("x.json", "x.cif"))
    assert one.formula == other.formula and one.evidence is not None and other.evidence is not None
    assert one.evidence.compound == other.evidence.compound == "CeFeAsO"
    assert one.evidence.tc_expected_k == pytest.approx(other.evidence.tc_expected_k, rel=1e-6)
    assert [cage.xi_ang for cage in one.cages] == pytest.approx([cage.xi_ang for cage in other.cages])
    # twice the height of As, and from Fe to Ce
    assert [cage.xi_ang for cage in other.cages] == pytest.approx(
        [2 * 0.1535 * 8.97, 0.3545 * 8.97], abs=1e-4
    )


@pytest.mark.parametrize("symbol", ["OH", "O-H", "OH2", "Wat"])
def test_hydroxide_and_water_are_oxygen_with_a_remark(symbol: str, read: Callable) -> None:
    part = read(HEAD + operations() + SITES.replace("Ba1 Ba", f"{symbol}1 {symbol}"))
    assert isinstance(part, Entry) and part.structure is not None
    assert part.structure.composition["O"] == 2 and "H" not in part.elements
    assert f"read as oxygen, without hydrogen: {symbol}1" in str(part.provenance.note)


def test_osmium_and_holmium_are_no_hydroxide(read: Callable) -> None:
    for symbol in ("Os", "Ho"):
        part = read(HEAD + operations() + SITES.replace("Ba1 Ba", f"{symbol}1 {symbol}"))
        assert isinstance(part, Entry) and symbol in part.elements


def test_a_declared_dopant_without_a_site_counts_among_the_electrons(tmp_path: Path) -> None:
    sites = SITES.replace("0.94\nCo1 Co 0 0.5 0.25 0.06", "1")
    head = f"{HEAD}_space_group_name_H-M_alt 'I 4/m m m'\n_chemical_formula_sum 'Ba0.6 K0.4 Fe2 As2'\n"
    place = tmp_path / "doped.cif"
    place.write_text(head + sites, encoding="ascii")
    found = polywell.analyze(place)
    assert found.formula == "Ba(FeAs)2"
    assert found.screening.provenance.declared_formula == "K0.4Ba0.6Fe2As2"
    assert found.electrons.carriers == pytest.approx(5.8)  # 0.4 holes for two Fe
    place.write_text(head.replace("Ba0.6 K0.4", "Ba") + sites, encoding="ascii")
    parent = polywell.analyze(place)
    assert parent.screening.provenance.declared_formula is None
    assert parent.electrons.carriers == pytest.approx(6.0)
