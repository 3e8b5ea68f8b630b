"""Electrostatic potential of periodic point charges at any point, by Ewald's sum.

pymatgen's EwaldSummation gives energies of the sites only; a landscape needs the points in between.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import erfc

from polywell.geometry.ions import Floats, Ints

COULOMB_EV_ANG = 14.399645
"""e²/(4πε0) in eV·Å (CODATA 2018: e = 1.602176634e-19 C, ε0 = 8.8541878128e-12 F/m)."""

ACCURACY = 1e-9
"""Terms of either sum that are smaller, relative to the first, are left out."""

SHARPNESS = 1.2
"""Shifts work from the real to the reciprocal sum, whose terms cost less here; the result does not change."""

NEUTRAL = 1e-6
"""Largest net charge of a cell, in e, that counts as neutral."""

CHUNK = 200_000
"""Distances that are held at one time."""


def potential_v(lattice: Floats, frac: Floats, charges: Floats, points: Floats) -> Floats:
    """Potential in V at points of a crystal of point charges; its mean over the cell is zero.

    Within `1e-6` Å of a charge the value is infinite. The value depends on the zero of the potential;
    for cells of different volume only differences between points may be compared.

    Args:
        lattice: (3, 3) cell in Å, one vector a row.
        frac: (N, 3) fractional coordinates.
        charges: (N,) in units of e.
        points: (M, 3) Cartesian, in Å.

    Raises:
        ValueError: the cell is not neutral or shapes do not fit.
    """
    if frac.shape != (len(charges), 3) or points.ndim != 2 or points.shape[1] != 3:
        raise ValueError(
            f"expected (N, 3) sites, (N,) charges and (M, 3) points, got {frac.shape}, {charges.shape}, "
            f"{points.shape}"
        )
    if abs(float(charges.sum())) > NEUTRAL:
        raise ValueError(
            f"the cell carries {float(charges.sum()):+.3g} e: neutralise it first (polywell.data.charges)"
        )
    volume = abs(float(np.linalg.det(lattice)))
    screening = SHARPNESS * np.sqrt(np.pi) * (len(charges) / volume**2) ** (1 / 6)
    reach = np.sqrt(-np.log(ACCURACY))
    sites = (frac - np.floor(frac)) @ lattice
    inside = points @ np.linalg.inv(lattice)
    inside = (inside - np.floor(inside)) @ lattice
    near = _real_sum(lattice, sites, charges, inside, screening, reach / screening)
    far = _reciprocal_sum(lattice, sites, charges, inside, screening, 2 * screening * reach)
    total: Floats = COULOMB_EV_ANG * (near + far)
    return total


def _in_parts(points: Floats, sources: int, part: Callable[[Floats], Floats]) -> Floats:
    """A sum over sources at all points, as many points at a time as `CHUNK` allows."""
    step = max(1, CHUNK // max(1, sources))
    return np.concatenate([part(points[begin : begin + step]) for begin in range(0, len(points), step)])


def _indices(lattice: Floats, radius: float, margin: int) -> Ints:
    """Integer combinations of lattice vectors whose cells reach into a sphere."""
    spacing = 1 / np.linalg.norm(np.linalg.inv(lattice), axis=0)
    most = np.ceil(radius / spacing).astype(np.int64) + margin
    steps = [np.arange(-k, k + 1) for k in most.tolist()]
    return np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)


def _real_sum(
    lattice: Floats, sites: Floats, charges: Floats, points: Floats, screening: float, cutoff: float
) -> Floats:
    cells = _indices(lattice, cutoff, 1) @ lattice
    sources = (sites[:, None, :] + cells[None, :, :]).reshape(-1, 3)
    weights = np.repeat(charges, len(cells))
    low, high = points.min(axis=0) - cutoff, points.max(axis=0) + cutoff
    close = ((sources >= low) & (sources <= high)).all(axis=1)
    sources, weights = sources[close], weights[close]

    def part(some: Floats) -> Floats:
        vectors = some[:, None, :] - sources[None, :, :]
        squares = np.einsum("ijk,ijk->ij", vectors, vectors)
        here, source = np.nonzero(squares < cutoff * cutoff)
        distance = np.sqrt(squares[here, source])
        touching = distance < 1e-6
        term = weights[source] * erfc(screening * distance) / np.where(touching, 1.0, distance)
        term[touching] = np.copysign(np.inf, weights[source[touching]])
        return np.bincount(here, term, len(squares)).astype(np.float64)

    return _in_parts(points, len(sources), part)


def _reciprocal_sum(
    lattice: Floats, sites: Floats, charges: Floats, points: Floats, screening: float, cutoff: float
) -> Floats:
    reciprocal = np.asarray(2 * np.pi * np.linalg.inv(lattice).T, dtype=np.float64)
    waves = _indices(reciprocal, cutoff, 0) @ reciprocal
    squares = np.einsum("ij,ij->i", waves, waves)
    # One of each pair G, -G is enough, as the sum is real.
    first = np.lexsort((waves[:, 2], waves[:, 1], waves[:, 0]))[len(waves) // 2 + 1 :]
    kept = first[squares[first] < cutoff * cutoff]
    waves, squares = waves[kept], squares[kept]
    volume = abs(float(np.linalg.det(lattice)))
    weight = 8 * np.pi / volume * np.exp(-squares / (4 * screening**2)) / squares
    structure_factor = weight * (np.exp(-1j * (waves @ sites.T)) @ charges)

    def part(some: Floats) -> Floats:
        phase = some @ waves.T
        found: Floats = np.cos(phase) @ structure_factor.real - np.sin(phase) @ structure_factor.imag
        return found

    return _in_parts(points, len(waves), part)
