"""The reflections of a crystal, with |F|² by scattering factors of neutral atoms, sites by share.

They are those of pymatgen's `XRDCalculator`, whose table is read, on arrays: it gathers lines and families of
planes one pair after the other, and imports scipy's statistics.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element, Lattice

from polywell.geometry.sites import Sites

Floats = NDArray[np.float64]

SAME_DEG = 1e-5
"""2θ: reflections this close are of one spacing."""

LEAST = 1e-3
"""Lines below this share of the strongest, in per cent, are extinct but for rounding."""

SCATTERING = 41.78214
"""From the table's constants to scattering factors: f = Z - 41.78214 s² Σ a exp(-b s²), s = 1/2d in 1/Å."""


@dataclass(frozen=True)
class Reflections:
    """The N lines of a crystal by falling spacing, the planes of each spacing together.

    `d_ang` (N,) holds spacings in Å, `squared` (N,) the sums of |F|², `heights` (N,) these with the factor of
    Lorentz and polarisation, and `planes` the Miller indices of one half of the planes of each line, with
    the fourth index where the cell is hexagonal.
    """

    d_ang: Floats
    squared: Floats
    heights: Floats
    planes: tuple[NDArray[np.int64], ...]


@cache
def _table() -> Mapping[str, Any]:
    table = files("pymatgen.analysis.diffraction") / "atomic_scattering_params.json"
    found: Mapping[str, Any] = json.loads(table.read_text(encoding="utf-8"))
    return found


def unscattered(elements: Collection[str]) -> tuple[str, ...]:
    """Elements that pymatgen has no scattering factor of, so that no pattern can be calculated."""
    return tuple(sorted(symbol for symbol in elements if symbol not in _table()))


def reflections(cell: Sites, wavelength_ang: float, first_deg: float, last_deg: float) -> Reflections:
    """The lines of a crystal between two angles 2θ.

    Args:
        cell: its sites, to whose axes the Miller indices refer.
        wavelength_ang: of the radiation in Å.
        first_deg: 2θ of the first line that is looked for, in degrees.
        last_deg: that of the last.

    Raises:
        KeyError: an element has no scattering factor; see `unscattered`.
    """
    lattice = Lattice(cell.lattice)
    least, most = 2 * np.sin(np.radians([first_deg / 2, last_deg / 2])) / wavelength_ang
    found: Any = lattice.reciprocal_lattice_crystallographic.get_points_in_sphere(
        [[0, 0, 0]], [0, 0, 0], most, zip_results=False
    )
    hkl, lengths = np.round(found[0]).astype(int), found[1]
    h, k, m = hkl.T  # one of each pair of opposite planes, whose |F|² are equal
    kept = (lengths >= least) & ((h > 0) | ((h == 0) & (k > 0)) | ((h == 0) & (k == 0) & (m > 0)))
    hkl, lengths = hkl[kept], lengths[kept]
    order = np.lexsort((*-hkl.T[::-1], lengths))
    hkl, lengths = hkl[order], lengths[order]
    squared = 2 * np.abs(_amplitudes(cell, hkl, lengths)) ** 2
    sines = wavelength_ang * lengths / 2
    places = np.round(np.degrees(2 * np.arcsin(sines)) / SAME_DEG).astype(int)
    _, firsts, lines = np.unique(places, return_index=True, return_inverse=True)
    heights = np.bincount(lines, squared * lorentz_polarisation(sines))
    strong = heights > heights.max() * LEAST / 100
    if lattice.is_hexagonal():
        hkl = np.insert(hkl, 2, -hkl[:, 0] - hkl[:, 1], axis=1)
    planes = np.split(hkl[np.argsort(lines, kind="stable")], np.cumsum(np.bincount(lines))[:-1])
    return Reflections(
        1 / lengths[firsts][strong],
        np.bincount(lines, squared)[strong],
        heights[strong],
        tuple(planes[line] for line in np.flatnonzero(strong)),
    )


def _amplitudes(cell: Sites, hkl: NDArray[np.int64], lengths: Floats) -> NDArray[np.complex128]:
    """Structure factors F (M,) of planes (M, 3) with 1/d (M,)."""
    squares = (lengths / 2) ** 2
    factors = {
        symbol: Element(symbol).Z
        - SCATTERING * squares * sum(a * np.exp(-b * squares) for a, b in _table()[symbol])
        for symbol in {symbol for mix in cell.mixes for symbol in mix}
    }
    amplitudes = np.zeros(len(hkl), dtype=np.complex128)
    for mix, place in zip(cell.mixes, cell.frac, strict=True):  # site by site: large cells need no more room
        factor = sum(share * factors[symbol] for symbol, share in mix.items())
        amplitudes += factor * np.exp(2j * np.pi * (hkl @ place))
    return amplitudes


def lorentz_polarisation(sines: Floats) -> Floats:
    """(1 + cos² 2θ) / (sin² θ cos θ) of sin θ: what a powder's intensity rises by over |F|²."""
    theta = np.arcsin(sines)
    return np.asarray((1 + np.cos(2 * theta) ** 2) / (sines**2 * np.cos(theta)))
