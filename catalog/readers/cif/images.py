"""Crystals from the resolved rows of a CIF and its operations, as arrays.

They have the sites of pymatgen's parser, in its order and to the last digit, in a tenth of the time; what
asks for a judgement, such as a site that is filled more than once, is left to that parser. Beside them: rows
that are images of others, and atoms that lack images.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from math import isnan
from typing import Any

import numpy as np
import spglib
from numpy.typing import NDArray
from pymatgen.core import Composition, Lattice, Site, Structure, SymmOp
from pymatgen.io.cif import CifBlock

from catalog.errors import ReadError
from catalog.readers.cif.scan import ANGLES, FRACTIONS, LENGTHS, OPERATIONS, check_cell
from catalog.readers.limits import ReadingLimits

Floats = NDArray[np.float64]

_THIRDS = (1 / 3, 2 / 3)
"""Coordinates that stand in files with few digits."""
_FEW_DIGITS = 1e-4
"""Share by which they miss them there."""

SAME_EDGE_ANG = 0.01
"""Å: by so much a cell may miss the symmetry of its lattice."""
SAME_PLACE_ANG = 0.05
"""Å: by so much atoms may miss their symmetry."""


def crystal(block: CifBlock, limits: ReadingLimits) -> Structure | None:
    """The crystal that the operations of a block make of its rows; None where pymatgen's parser is to decide.

    Args:
        block: resolved, with its operations (see `values.resolve` and `symmetry.Symmetry.block`).
        limits: how near two places are one.
    """
    data = block.data
    try:
        lengths, angles = (tuple(float(data[name]) for name in names) for names in (LENGTHS, ANGLES))
        check_cell(lengths, angles, limits)
        places = np.array([data[name] for name in FRACTIONS], np.float64).T
        shares = np.array(data["_atom_site_occupancy"], np.float64)
    except (KeyError, TypeError, ValueError, ReadError):
        return None
    moves, filled = affine(tuple(data[OPERATIONS])), np.flatnonzero(shares > 0)
    if not len(filled) or not (moves == np.eye(4)).all(axis=(1, 2)).any():
        return None
    for third in _THIRDS:
        places[np.abs(places / third - 1) <= _FEW_DIGITS] = third
    symbols = [data["_atom_site_type_symbol"][row] for row in filled.tolist()]
    rows = _joined(symbols, places[filled], shares[filled], moves, limits.position_tolerance)
    with warnings.catch_warnings(action="ignore"):  # pymatgen tells once of an element that has none
        if any(sum(mix.values()) > 1 or isnan(mix.average_electroneg) for _, mix in rows):
            return None
    species: list[Composition] = []
    found: list[Floats] = []
    for mix, some in groupby(sorted(rows, key=lambda row: row[1]), key=lambda row: row[1]):
        images = np.concatenate([images_of(place, moves) for place, _ in some])
        images = _each_once(images - np.floor(images), limits.position_tolerance)
        species.append(mix)
        found.append(images)
    order = sorted(range(len(species)), key=lambda group: Site(species[group], (0.0, 0.0, 0.0)))
    return Structure(
        Lattice.from_parameters(*lengths, *angles),
        [species[group] for group in order for _ in found[group]],
        np.concatenate([found[group] for group in order]),
    )


@lru_cache(maxsize=512)
def affine(operations: tuple[str, ...]) -> Floats:
    """Operations as matrices (N, 4, 4)."""
    return np.array([SymmOp.from_xyz_str(word).affine_matrix for word in operations], np.float64)


def images_of(place: Floats, moves: Floats) -> Floats:
    """Where the operations (N, 4, 4) bring a place (3,): (N, 3)."""
    images: Floats = (moves.reshape(-1, 4) @ np.append(place, 1.0)).reshape(-1, 4)[:, :3]
    return images


def _joined(
    symbols: Sequence[str], places: Floats, shares: Floats, moves: Floats, tolerance: float
) -> list[tuple[Floats, Composition]]:
    """The places of the rows with all that stands there: a row whose image is an earlier place adds to it."""
    known, mixes = np.empty_like(places), list[Composition]()
    for symbol, place, share in zip(symbols, places, shares.tolist(), strict=True):
        own = Composition({symbol: max(share, 1e-8)})
        apart = known[: len(mixes)][None] - images_of(place, moves)[:, None]
        _, earlier = np.nonzero((np.abs(apart - np.round(apart)) < tolerance).all(axis=2))
        if len(earlier):
            mixes[earlier[0]] += own
        else:
            known[len(mixes)] = place
            mixes.append(own)
    return list(zip(known, mixes, strict=False))


def _each_once(places: Floats, tolerance: float) -> Floats:
    """The places (N, 3) without those that come near an earlier one."""
    kept = []
    while len(places):
        kept.append(places[0])
        apart = places - places[0]
        places = places[(np.abs(apart - np.round(apart)) >= tolerance).any(axis=1)]
    return np.array(kept)


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
