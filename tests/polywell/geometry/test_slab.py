"""Monolayers and slabs with two periods are screened as crystals, chains and molecules are not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import write
from pymatgen.core import Lattice, Structure

import polywell
from polywell.analysis import Analysis
from polywell.geometry.slab import LEAST_GAP_ANG, SLAB, VACUUM_ANG, as_crystal

A, HEIGHT = 3.77, 1.40
"""A sheet of FeSe: edge of the cell, and height of Se over the plane of Fe, in Å; rounded. ξ = 2 × height."""
PLACES = [(0.5, 0, 0), (0, 0.5, 0), (0, 0, HEIGHT), (0.5, 0.5, -HEIGHT)]
SYMBOLS = ["Fe", "Fe", "Se", "Se"]


def sheet(third: Sequence[float] = (0, 0, 20), axis: int = 2, pbc: Sequence[int] = (1, 1, 0)) -> Atoms:
    """The sheet with its normal along an axis; `third` is the vector without a period, before that turn."""
    order = np.roll(range(3), axis - 2)
    vectors = np.array([[A, 0, 0], [0, A, 0], third], dtype=float)[np.ix_(order, order)]
    positions = np.array([(A * x, A * y, z + 5) for x, y, z in PLACES])[:, order]
    return Atoms(SYMBOLS, positions=positions, cell=vectors, pbc=np.array(pbc)[order])


def assert_sheet(found: Analysis, note: str | None = SLAB) -> None:
    assert [(cage.cage, round(cage.xi_ang, 3)) for cage in found.cages] == [("nonahedron", 2 * HEIGHT)]
    assert found.screening.provenance.note == note
    assert note is None or (note in repr(found) and note in found._repr_html_())


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("third", [(0, 0, 20), (0, 0, 0), (0, 0, 3), (0, 0, -20), (1, 2, 25), (3, 0, 1)])
def test_a_sheet_of_ase_is_screened_whatever_its_third_vector(third: tuple[float, ...], axis: int) -> None:
    assert_sheet(polywell.analyze(sheet(third, axis)))


def test_a_sheet_with_three_periods_has_no_note_and_a_vector_of_zero_is_none(tmp_path: Path) -> None:
    assert_sheet(polywell.analyze(sheet(pbc=(1, 1, 1))), None)
    flat = sheet((0, 0, 0), pbc=(1, 1, 1))
    assert_sheet(polywell.analyze(flat))
    atoms = [f"atom {x} {y} {z} {symbol}" for symbol, (x, y, z) in zip(SYMBOLS, flat.positions, strict=True)]
    vectors = [f"lattice_vector {A} 0 0", f"lattice_vector 0 {A} 0", "lattice_vector 0 0 0"]
    (tmp_path / "geometry.in").write_text("\n".join([*vectors, *atoms]) + "\n")
    write(tmp_path / "x.json", flat)
    for name in ("geometry.in", "x.json"):
        assert_sheet(polywell.analyze(tmp_path / name))


@pytest.mark.parametrize("pbc", [(1, 0, 0), (0, 0, 1), (0, 0, 0)])
def test_chains_and_molecules_stay_what_they_are(pbc: tuple[int, ...]) -> None:
    found = polywell.analyze(sheet(pbc=pbc))
    assert str(found.reason).startswith("not_periodic: ") and found.formula == "FeSe"


def test_a_sheet_of_pymatgen_and_in_files(tmp_path: Path) -> None:
    atoms = sheet()
    lattice = Lattice(atoms.cell.array, pbc=(True, True, False))
    structure = Structure(lattice, SYMBOLS, atoms.positions, coords_are_cartesian=True)
    assert_sheet(polywell.analyze(structure))
    (tmp_path / "x.json").write_text(json.dumps({"structure": structure.as_dict()}))
    optimade = {
        "lattice_vectors": [[A, 0, 0], [0, A, 0], [None, None, None]],
        "cartesian_site_positions": atoms.positions.tolist(),
        "species_at_sites": SYMBOLS,
        "dimension_types": [1, 1, 0],
    }
    (tmp_path / "page.json").write_text(json.dumps({"data": [{"id": "x", "attributes": optimade}]}))
    names = ["x.json", "page.json", "x.extxyz", "x.traj", "x.db"]
    for name in names[2:]:
        write(tmp_path / name, atoms)
    for name in names:
        assert_sheet(polywell.analyze(tmp_path / name))


def test_a_third_vector_with_room_is_kept_and_another_set() -> None:
    places = [(0, 0, 1.0), (1, 1, 4.0)]
    roomy, narrow = np.diag([4, 5, 3 + LEAST_GAP_ANG + 0.1]), np.diag([4, 5, 3 + LEAST_GAP_ANG - 0.1])
    assert np.array_equal(as_crystal(roomy, places, (1, 1, 0)), roomy)
    assert np.allclose(as_crystal(narrow, places, (1, 1, 0)), np.diag([4, 5, 3 + VACUUM_ANG]))
    assert as_crystal([[4, 0, 0], [8, 0, 0], [0, 0, 9]], places, (1, 1, 0)) is None
    assert as_crystal(roomy, places, (1, 0, 0)) is None
