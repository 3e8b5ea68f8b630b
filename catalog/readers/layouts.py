"""Structures found in files; the arrays of ASE and JARVIS in the layout of OPTIMADE, which `arrays` reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element

from catalog.errors import ParseError, ReadError
from catalog.sources.base import Kind
from polywell.geometry.slab import periods


@dataclass(frozen=True)
class Found:
    """One structure of a file, not yet built, laid out as `catalog.sources.base.RawEntry` has it."""

    kind: Kind
    payload: str | Mapping[str, Any] | ReadError
    id: str | None = None
    elements: tuple[str, ...] | None = None


def arrays_of(
    numbers: Iterable[int], positions: NDArray[np.float64], cell: NDArray[np.float64], pbc: Iterable[object]
) -> dict[str, Any]:
    """Attributes of OPTIMADE.

    Args:
        numbers: atomic numbers, (N,).
        positions: Cartesian, (N, 3), in Å.
        cell: vectors as rows, (3, 3), in Å.
        pbc: whether the structure is periodic along each vector, (3,); along a vector of zero it is not.

    Raises:
        ParseError: an atomic number of no element.
    """
    return {
        "lattice_vectors": cell.tolist(),
        "cartesian_site_positions": positions.tolist(),
        "species_at_sites": symbols_of(numbers),
        "dimension_types": [int(repeats) for repeats in periods(cell, list(pbc))],
    }


def symbols_of(numbers: Iterable[int]) -> list[str]:
    """The symbols of atomic numbers; ASE's placeholder X for 0.

    Raises:
        ParseError: an atomic number of no element.
    """
    known = {0: "X"}
    symbols = []
    for number in map(int, numbers):
        if number not in known:
            try:
                known[number] = Element.from_Z(number).symbol
            except ValueError as error:
                raise ParseError(f"a site has the atomic number {number}, which no element has") from error
        symbols.append(known[number])
    return symbols


def from_ase(node: Mapping[Any, Any]) -> dict[str, Any] | None:
    """A row of ASE's JSON database, or its atoms: numbers, positions, cell and pbc; None for all else."""
    if not {"numbers", "positions", "cell"} <= node.keys():
        return None
    numbers = _array(node["numbers"]).astype(np.int64)
    positions = _array(node["positions"]).astype(np.float64).reshape(-1, 3)
    cell = _array(node["cell"]).astype(np.float64)
    pbc = _array(node.get("pbc", [False] * 3)).astype(bool)
    if cell.shape == (3,):
        cell = np.diag(cell)
    return arrays_of(numbers, positions, cell, np.broadcast_to(pbc, 3))


def from_jarvis(node: Mapping[Any, Any]) -> dict[str, Any] | None:
    """Atoms of JARVIS: lattice_mat, coords (fractional unless `cartesian`), elements; None for all else."""
    if not {"lattice_mat", "coords", "elements"} <= node.keys():
        return None
    matrix = np.array(node["lattice_mat"], dtype=np.float64)
    coords = np.array(node["coords"], dtype=np.float64).reshape(-1, 3)
    names: Sequence[Any] = node["elements"]
    return {
        "lattice_vectors": matrix.tolist(),
        "cartesian_site_positions": (coords if node.get("cartesian") else coords @ matrix).tolist(),
        "species_at_sites": [str(name) for name in names],
    }


def _array(value: Any) -> NDArray[Any]:
    """An array as ASE writes it into JSON: nested lists, or shape, type and flat numbers."""
    if isinstance(value, Mapping):
        if "__ndarray__" in value:
            shape, _, flat = value["__ndarray__"]
            return np.array(flat).reshape(shape)
        return _array(value["array"]) if "array" in value else np.array(None)
    return np.array(value)
