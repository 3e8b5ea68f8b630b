"""The rows of atoms in a CIF: which element each holds, and which repeat what symmetry makes of another."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import spglib
from pymatgen.core import Structure
from pymatgen.io.cif import CifBlock

from catalog.errors import UnknownElementError
from catalog.readers.cif.images import affine, images_of
from catalog.readers.cif.scan import FRACTIONS, UNKNOWN
from catalog.readers.composition import plain_symbol

_ISOTOPE = re.compile(r"^\(?\d{1,3}\)?(?=[A-Za-z])")
"""A mass number before the symbol: 63Cu."""
_HYDROXIDE = re.compile(r"(?:OH(?![a-z])|O-H|[Ww]at|Ow|OW)")
"""How symbols of hydroxide and water begin: the oxygen of one site, its hydrogen without any."""
_NO_ATOM = re.compile(r"(?:X|Xx|Va|Vac\w*|Du|Dum\w*|Q)\d*$", re.IGNORECASE)
"""Symbols of vacancies, of dummy atoms and of peaks left over in a refinement."""
_LETTERS = re.compile(r"[A-Za-z]{1,2}")

SAME_EDGE_ANG = 0.01
"""Å: by so much a cell may miss the symmetry of its lattice."""
SAME_PLACE_ANG = 0.05
"""Å: by so much atoms may miss their symmetry."""


def element_of(symbol: str, label: str, declared: Collection[str]) -> str | None:
    """The element of a row by its symbol, or by its label where it has none; None for a row without an atom.

    Capitals that may be one element or another (CO, HO) are the one that the formula declares.

    Raises:
        UnknownElementError: the symbol is none of an element.
    """
    if symbol not in UNKNOWN and _NO_ATOM.match(symbol):
        return None
    word = _ISOTOPE.sub("", label if symbol in UNKNOWN else symbol)
    if _HYDROXIDE.match(word):
        return "O"
    letters = _LETTERS.match(word)
    if letters:
        known = [one for one in (letters[0].title(), letters[0][0].upper()) if plain_symbol(one)]
        if not letters[0][1:].islower():
            known.sort(key=lambda one: one not in declared)
        if known:
            return known[0]
    raise UnknownElementError(f"{label[:30]} holds {symbol[:30]!r}, which is no chemical element")


def is_hydroxide(symbol: str) -> bool:
    """Whether a symbol stands for OH or water."""
    return _HYDROXIDE.match(symbol) is not None


def without_images(block: CifBlock, operations: Sequence[str], tolerance: float) -> list[int]:
    """Rows of a block that no operation makes of an earlier row with the same symbol and occupancy."""
    places = np.array([[float(word) for word in block.data[name]] for name in FRACTIONS]).T
    kinds = list(zip(block.data["_atom_site_type_symbol"], block.data["_atom_site_occupancy"], strict=True))
    moves = affine(tuple(operations))
    kept: list[int] = []
    taken: dict[tuple[str, str], list[np.ndarray]] = {}
    for row, kind in enumerate(kinds):
        away = [images - places[row] for images in taken.get(kind, ())]
        if any((np.abs(some - np.rint(some)) <= tolerance).all(axis=1).any() for some in away):
            continue
        kept.append(row)
        taken.setdefault(kind, []).append(images_of(places[row], moves))
    return kept


def lacks_symmetry_of_cell(structure: Structure) -> bool:
    """Whether the atoms of a cell have fewer rotations than its lattice, as those of an asymmetric unit do.

    A triclinic cell asks for none.
    """
    lattice = structure.lattice.matrix
    species = [site.species_string for site in structure]
    kinds = [sorted(set(species)).index(one) for one in species]
    found = []
    for places, numbers, tolerance in (
        (np.zeros((1, 3)), [1], SAME_EDGE_ANG),
        (structure.frac_coords, kinds, SAME_PLACE_ANG),
    ):
        cell: Any = (lattice, places, numbers)
        symmetry = spglib.get_symmetry(cell, symprec=tolerance)
        rotations = np.eye(3, dtype=np.int32)[None] if symmetry is None else symmetry["rotations"]
        found.append(len({turned.tobytes() for one in rotations for turned in (one, -one)}))
    return found[1] < found[0]
