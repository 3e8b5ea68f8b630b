"""Crystals and CIF texts that the tests of the catalog share; cells from the literature named beside them."""

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

from catalog.home import Home
from catalog.sources.base import RawEntry
from polywell.records import Outcome, Phase, Provenance, Reason, Screening, Vertex


def needs_net_metal(elements: Collection[str]) -> bool:
    """Stands for the λ table: entries with Cu, Ni or Fe are worth a structure."""
    return not {"Cu", "Ni", "Fe"}.isdisjoint(elements)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.at(tmp_path)
    home.prepare()
    return home


@pytest.fixture
def needs() -> Callable[[Collection[str]], bool]:
    return needs_net_metal


@pytest.fixture
def la2cuo4() -> Structure:
    # Tetragonal La2CuO4, J. M. Longo and P. M. Raccah, J. Solid State Chem. 6, 526 (1973): rounded.
    return Structure.from_spacegroup(
        "I4/mmm",
        Lattice.tetragonal(3.78, 13.2),
        ["Cu", "La", "O", "O"],
        [[0, 0, 0], [0, 0, 0.361], [0, 0.5, 0], [0, 0, 0.182]],
    )


@pytest.fixture
def doped() -> Structure:
    return Structure(
        Lattice.tetragonal(3.78, 13.2),
        [{"La": 0.925, "Sr": 0.075}, {"Cu": 1}, {"O": 0.98}],
        [[0, 0, 0.361], [0, 0, 0], [0, 0.5, 1 / 3]],
    )


@pytest.fixture
def la2cuo4_cif(la2cuo4: Structure) -> str:
    return str(CifWriter(la2cuo4))


SYMMETRIC_CIF = """data_symmetric
_publ_author_name 'Longo, J. M.'
_chemical_formula_sum 'Cu La2 O4'
_cell_length_a 3.78(1)
_cell_length_b 3.78(1)
_cell_length_c 13.2
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'I 4/m m m'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Cu1 0 0 0 1
La1 0 0 0.361(1) 1
O1 0 0.5 0 1
O2 0 0 0.182(1) 1
"""


@pytest.fixture
def symmetric_cif() -> str:
    return SYMMETRIC_CIF


@pytest.fixture
def raw_cif() -> Callable[..., RawEntry]:
    def make(text: str, id_: str = "x", formula: str | None = None) -> RawEntry:
        return RawEntry("parquet:t.parquet", id_, "cif", text, formula)

    return make


@pytest.fixture
def raw_path() -> Callable[..., RawEntry]:
    def make(path: object, id_: str = "x") -> RawEntry:
        return RawEntry("files:t", id_, "path", str(path))

    return make


PHASE = Phase(
    phase="alpha",
    cage="octahedron",
    metal="Cu",
    metal_mix="Cu",
    ligand="O",
    apexes=("La", "La"),
    xi_ang=3.6,
    xi_spread_ang=0.0,
    apex_heights_ang=(1.8, 1.8000000000000003),
    lateral_offset_ang=0.0,
    faces=8,
    count=2,
    edges_ang=(3.78, 3.78),
    bond_ang=1.89,
    bond_angle_deg=180.0,
    buckling_ang=0.0,
    apical_ligands=("O", "O"),
    apical_distances_ang=(2.4, 2.4),
    anion_heights_ang=(),
    anion_angle_deg=None,
    sheets_per_block="1",
    sheet_distance_ang=None,
    vertices=(Vertex(0, (0, 0, 0), "Cu", "metal"), Vertex(2, (0, -1, 1), "La", "apex")),
    lambda_k_ang2=500.0,
    tc_k=38.6,
)


@pytest.fixture
def candidate() -> Callable[..., Screening]:
    def make(id_: str = "a", **changes: object) -> Screening:
        record = Screening(
            source="files:/data/x",
            id=id_,
            formula="La2CuO4",
            elements=("Cu", "La", "O"),
            outcome=Outcome.CANDIDATE,
            algorithm_version=1,
            families_digest="d",
            family="cuprate",
            metal="Cu",
            phases=(PHASE, replace(PHASE, phase="beta", vertices=())),
            tc_ceiling_k=38.6,
            xi_ceiling_ang=3.6,
            provenance=Provenance(pressure_gpa=0.5, theoretical=False, note="ξ <b>"),
        )
        return replace(record, **changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def rejected() -> Callable[..., Screening]:
    def make(id_: str = "r") -> Screening:
        return Screening(
            "files:/data/x",
            id_,
            "MgO",
            ("Mg", "O"),
            Outcome.REJECTED,
            1,
            "d",
            Reason.NO_NET_METAL,
            "no metal",
        )

    return make


@pytest.fixture
def failed() -> Callable[..., Screening]:
    def make(id_: str = "f") -> Screening:
        return Screening(
            source="files:/data/x",
            id=id_,
            formula="",
            elements=(),
            outcome=Outcome.FAILED,
            algorithm_version=1,
            families_digest="d",
            message="empty",
            error_type="EmptyFileError",
            stage="read",
        )

    return make
