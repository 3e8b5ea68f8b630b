import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from polywell.data.orbits import check_cell, operations, orbits
from polywell.data.reference import reference_structures

GENERAL = (0.11, 0.23, 0.37)


@pytest.mark.parametrize("symbol", sorted({one.space_group for one in reference_structures()} - {"Fd-3m:2"}))
@pytest.mark.parametrize("site", [GENERAL, (0.0, 0.5, 0.25), (0.0, 0.0, 0.1)])
def test_images_are_those_of_pymatgen(symbol: str, site: tuple[float, float, float]) -> None:
    cell = Lattice.hexagonal(4, 9) if symbol.startswith("R") else Lattice.cubic(5)
    expected = Structure.from_spacegroup(symbol, cell, ["Cu"], [site], tol=1e-4)
    [images] = orbits(symbol, [site], 1e-4)
    apart = images[:, None] - expected.frac_coords[None]
    same = np.abs(apart - np.round(apart)).sum(axis=2) < 1e-4
    assert same.sum(axis=0).tolist() == same.sum(axis=1).tolist() == [1] * len(expected)


def test_operations_form_a_group() -> None:
    turns = {tuple(np.round(one[:3, :3]).ravel()) for one in operations("I4/mmm")}
    products = {
        tuple(np.round(np.reshape(a, (3, 3)) @ np.reshape(b, (3, 3))).ravel()) for a in turns for b in turns
    }
    assert len(turns) == 16 and products == turns and len(operations("I4/mmm")) == 32


def test_a_cell_that_does_not_fit_is_refused() -> None:
    check_cell("P4/mmm", Lattice.tetragonal(3.8, 12))
    check_cell("R-3m:H", Lattice.hexagonal(3, 20))
    check_cell("P2_1/c", Lattice.monoclinic(5, 6, 7, 101))
    for symbol, cell in (
        ("P4/mmm", Lattice.orthorhombic(3.8, 3.9, 12)),
        ("Fm-3m", Lattice.tetragonal(3.8, 3.9)),
        ("R-3m:H", Lattice.cubic(4)),
        ("P2_1/c", Lattice.from_parameters(5, 6, 7, 90, 101, 95)),
    ):
        with pytest.raises(ValueError, match="does not fit the space group"):
            check_cell(symbol, cell)
    with pytest.raises(ValueError, match="P9"):
        operations("P9")
