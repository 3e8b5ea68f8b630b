"""The conventional cell of a structure: its space group by spglib, and one site for each orbit."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import spglib
from numpy.typing import NDArray
from pymatgen.core import Composition, Element

from polywell.geometry.sites import Sites

SYMMETRY_TOLERANCE_ANG = 0.01
"""Å: sites that an operation moves this far apart at most are taken as one."""

SAME_SITE = 1e-4
"""Fraction of an axis within which two sites of the idealised cell are one."""

OCCUPANCY_DIGITS = 6
AMU_PER_ANG3_IN_G_CM3 = 1.66053906660
"""g/cm³ of one atomic mass unit in 1 Å³ (CODATA 2018)."""


@dataclass(frozen=True)
class Conventional:
    """A structure idealised by its space group, in the standard setting of spglib.

    Attributes:
        number: of the space group in the International Tables.
        symbol: short Hermann-Mauguin symbol, such as ``P4/mmm``.
        rotations: (K, 3, 3) integers, of the operations in this cell.
        translations: (K, 3), fractions of the axes.
        cell: every site of the cell; its lattice is idealised too.
        asymmetric: index into `cell` of one site of each orbit, in the order of the cell.
    """

    number: int
    symbol: str
    rotations: NDArray[np.int32]
    translations: NDArray[np.float64]
    cell: Sites
    asymmetric: tuple[int, ...]

    @property
    def axes(self) -> tuple[float, float, float, float, float, float]:
        """a, b, c in Å, α, β, γ in degrees."""
        lengths = np.linalg.norm(self.cell.lattice, axis=1)
        a, b, c = self.cell.lattice / lengths[:, None]
        angles = np.degrees(np.arccos(np.clip([b @ c, a @ c, a @ b], -1, 1)))
        first, second, third, alpha, beta, gamma = map(float, (*lengths, *angles))
        return first, second, third, alpha, beta, gamma

    @property
    def density_g_cm3(self) -> float:
        """Of the cell as it is filled; D and T weigh as H."""
        mass = sum(
            share * float(Element(symbol).atomic_mass)
            for mix in self.cell.mixes
            for symbol, share in mix.items()
        )
        return AMU_PER_ANG3_IN_G_CM3 * mass / self.cell.volume_ang3

    def formula_units(self, formula: str) -> float:
        """How many of a formula the cell holds; no integer where the formula is not that of the cell.

        Raises:
            ValueError: the text is no formula.
        """
        return float(self.cell.occupancy.sum()) / float(Composition(formula).num_atoms)


def conventional(sites: Sites) -> Conventional | None:
    """The conventional cell of a structure; None where spglib finds no symmetry, not even the identity.

    Sites are alike where they hold the same elements in the same shares. Magnetic order is not looked at.
    """
    keys = [
        tuple(sorted((symbol, round(share, OCCUPANCY_DIGITS)) for symbol, share in mix.items()))
        for mix in sites.mixes
    ]
    kinds = {key: kind for kind, key in enumerate(dict.fromkeys(keys), start=1)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # spglib announces another way to report errors
        found: Any = spglib.get_symmetry_dataset(
            (sites.lattice.tolist(), sites.frac.tolist(), [kinds[key] for key in keys]),
            symprec=SYMMETRY_TOLERANCE_ANG,
        )
        operations: Any = None if found is None else spglib.get_symmetry_from_database(found.hall_number)
    if operations is None:
        return None
    mixes = {kinds[key]: mix for key, mix in zip(keys, sites.mixes, strict=True)}
    cell = Sites(
        np.asarray(found.std_lattice, dtype=float),
        np.asarray(found.std_positions, dtype=float),
        [mixes[int(kind)] for kind in found.std_types],
    )
    rotations, translations = operations["rotations"], operations["translations"]
    firsts = _orbits(cell.frac, np.asarray(found.std_types), rotations, translations)
    return Conventional(int(found.number), str(found.international), rotations, translations, cell, firsts)


def _orbits(
    frac: NDArray[np.float64],
    kinds: NDArray[np.int_],
    rotations: NDArray[np.int32],
    translations: NDArray[np.float64],
) -> tuple[int, ...]:
    """One site of each orbit."""
    left = np.ones(len(frac), dtype=bool)
    firsts = []
    while left.any():
        first = int(np.flatnonzero(left)[0])
        images = rotations @ frac[first] + translations
        apart = images[:, None] - frac[None]
        near = (np.abs(apart - np.round(apart)) < SAME_SITE).all(axis=2).any(axis=0)
        orbit = near & left & (kinds == kinds[first])
        orbit[first] = True
        left &= ~orbit
        firsts.append(first)
    return tuple(firsts)
