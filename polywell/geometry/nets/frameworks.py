"""Frameworks: sheets whose octahedra share apical ligands with the next sheet, and so on along the normal.

Seen along the normal, a perovskite is one column of octahedra, of whatever metals, each joined to the next by
a ligand that both hold. Such a column makes a framework where it comes back to itself, or where it reaches
the vacuum at both ends, as in a slab cut from a perovskite. A layered compound breaks it: by a layer without
apical ligands (infinite layers, YBa2Cu3O7), or by two layers of rock salt (La2NiO4, La3Ni2O7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np

from polywell.geometry.ions import Bools, Floats, Ints, Ions
from polywell.geometry.nets.square_nets import Nets
from polywell.geometry.periodic import rows_of
from polywell.geometry.tolerances import Tolerances

MOST_OCTAHEDRA = 400
"""Octahedra of a column beyond which it is taken for endless."""

ROUNDING = 0.01
"""Å"""


@dataclass(frozen=True)
class _Slabs:
    """Periods (K,) in Å of crystals along normals, and the heights of two surfaces with a vacuum beyond them.

    The heights are nan where no vacuum parts a crystal from the next.
    """

    periods: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True)
class _Ends:
    """Where columns of octahedra end: how many (K,) each has beyond its first, and on what height in Å.

    `closed` says that the last octahedron has a ligand beyond it, which no other octahedron shares;
    `endless` that the column comes back to itself.
    """

    beyond: Ints
    heights: Floats
    closed: Bools
    endless: Bools


def frameworks(ions: Ions, nets: Nets, numbers: Sequence[int], tolerances: Tolerances) -> set[int]:
    """Those of some bridged nets of which more than half of the metals stand in columns of a framework.

    Args:
        ions: those of all structures.
        nets: bridged ones; capped ones are no frameworks.
        numbers: the nets in question.
        tolerances: those of the geometry.
    """
    if not numbers:
        return set()
    whole = [[ion for ion in nets.metals[net] if not ions.is_hole[ion]] for net in numbers]
    of = np.repeat(np.arange(len(whole)), [len(some) for some in whole])
    metals = np.array([ion for some in whole for ion in some], np.int64)
    normals, crystals = nets.normals[numbers], nets.crystals[numbers]
    up = _ends(ions, metals, normals[of], tolerances)
    slabs = _slabs(ions, crystals, normals, tolerances)
    held = up.endless.copy()
    own = np.flatnonzero(~up.endless & ~np.isnan(slabs.lower[of]))
    net, metals = of[own], metals[own]
    down = _ends(ions, metals, -normals[net], tolerances)
    sheets = 1 + up.beyond[own] + down.beyond
    is_block = (sheets <= tolerances.rock_salt_sheets) & up.closed[own] & down.closed
    heights = np.einsum("ij,ij->i", ions.cart[metals], normals[net])
    above = (slabs.upper[net] - heights - up.heights[own] + ROUNDING) % slabs.periods[net]
    below = (heights - down.heights - slabs.lower[net] + ROUNDING) % slabs.periods[net]
    reaches = np.maximum(above, below) <= tolerances.octahedron_height + ROUNDING
    held[own] = down.endless | ((sheets > 1) & ~is_block & reaches)
    inside = np.bincount(of[held], minlength=len(whole)).tolist()
    return {net for net, some, most in zip(numbers, whole, inside, strict=True) if 2 * most > len(some)}


def _ends(ions: Ions, metals: Ints, ups: Floats, tolerances: Tolerances) -> _Ends:
    """Where the columns above metals (K,) end; `ups` (K, 3) are unit vectors."""
    count = len(metals)
    beyond, heights = np.zeros(count, np.int64), np.zeros(count)
    closed, endless = np.zeros(count, bool), np.zeros(count, bool)
    column, path = np.arange(count), metals[:, None]
    while len(column):
        ligands, vectors = _apical(ions, path[column, -1], ups[column], tolerances)
        held = ligands >= 0
        column, ligands, vectors = column[held], ligands[held], vectors[held]
        following, rises = _beyond(ions, ligands, vectors, ups[column], tolerances)
        shared = following >= 0
        closed[column] = ~shared
        column, following = column[shared], following[shared]
        heights[column] += np.einsum("ij,ij->i", vectors[shared], ups[column]) + rises[shared]
        beyond[column] += 1
        endless[column] = (path[column] == following[:, None]).any(axis=1)
        endless[column] |= beyond[column] >= MOST_OCTAHEDRA
        path = np.column_stack((path, np.full(count, -1)))
        path[column, -1] = following
        column = column[~endless[column]]
    return _Ends(beyond, heights, closed, endless)


def _bonded(ions: Ions, centres: Ints, tolerances: Tolerances) -> tuple[Ints, Ints]:
    """The neighbours near enough for a bond: for each the place of its centre in `centres`, and its row."""
    of, rows = rows_of(ions.starts[centres], ions.starts[centres + 1])
    reach = tolerances.bond_ratio * (ions.radii[centres][of] + ions.radii[ions.others[rows]])
    near = np.flatnonzero(ions.distances[rows] <= reach)
    return of[near], rows[near]


def _nearest(ions: Ions, of: Ints, rows: Ints, count: int) -> Ints:
    """The nearest (count,) of the rows of each owner; -1 without one."""
    nearest = np.full(count, -1)
    order = np.lexsort((ions.distances[rows], of))[::-1]
    nearest[of[order]] = rows[order]
    return nearest


def _apical(ions: Ions, metals: Ints, ups: Floats, tolerances: Tolerances) -> tuple[Ints, Floats]:
    """The nearest ligand bonded to each metal along `ups`, and the vector to it in Å; -1 without one."""
    of, rows = _bonded(ions, metals, tolerances)
    rise = np.einsum("ij,ij->i", ions.vectors[rows], ups[of])
    held = rise >= cos(radians(tolerances.apical_angle)) * ions.distances[rows]
    held &= (ions.is_ligand & ions.is_heavy)[ions.others[rows]]
    nearest = _nearest(ions, of[held], rows[held], len(metals))
    return np.where(nearest < 0, -1, ions.others[nearest]), ions.vectors[nearest]


def _beyond(
    ions: Ions, ligands: Ints, vectors: Floats, ups: Floats, tolerances: Tolerances
) -> tuple[Ints, Floats]:
    """The centre of the octahedron that shares each ligand, and its height over this in Å; -1 without one."""
    of, rows = _bonded(ions, ligands, tolerances)
    held = _is_straight(ions, rows, vectors[of], tolerances) & ~ions.is_ligand[ions.others[rows]]
    of, rows = of[held], rows[held]
    held = _are_octahedra_of_a_sheet(ions, ions.others[rows], ups[of], tolerances)
    nearest = _nearest(ions, of[held], rows[held], len(ligands))
    rises = np.einsum("ij,ij->i", ions.vectors[nearest], ups)
    return np.where(nearest < 0, -1, ions.others[nearest]), rises


def _is_straight(ions: Ions, rows: Ints, arms: Floats, tolerances: Tolerances) -> Bools:
    """Whether bonds from ligands go on, more or less straight, from the arms (R, 3) that lead to these."""
    lengths = np.sqrt(np.einsum("ij,ij->i", arms, arms)) * ions.distances[rows]
    along = np.einsum("ij,ij->i", ions.vectors[rows], arms)
    straight: Bools = along >= -cos(radians(tolerances.tilted_angle)) * lengths
    return straight


def _are_octahedra_of_a_sheet(ions: Ions, centres: Ints, ups: Floats, tolerances: Tolerances) -> Bools:
    """Whether most of four ligands within the sheet join each cation straight to others of its sheet.

    So do the octahedra of a perovskite; rock salt, dumbbells, chains and tetrahedra do not.
    """
    of, rows = _bonded(ions, centres, tolerances)
    rise = np.abs(np.einsum("ij,ij->i", ions.vectors[rows], ups[of]))
    flat = rise <= sin(radians(tolerances.apical_angle)) * ions.distances[rows]
    flat &= ions.is_ligand[ions.others[rows]]
    of, arms, ligands = of[flat], ions.vectors[rows[flat]], ions.others[rows[flat]]
    arm, rows = _bonded(ions, ligands, tolerances)
    joined = _is_straight(ions, rows, arms[arm], tolerances) & ~ions.is_ligand[ions.others[rows]]
    apart = ions.vectors[rows] + arms[arm]
    joined &= np.einsum("ij,ij->i", apart, apart) <= tolerances.bridged_edge[1] ** 2
    joining = np.unique(arm[joined])
    enough: Bools = np.bincount(of[joining], minlength=len(centres)) >= 3
    return enough


def _slabs(ions: Ions, crystals: Ints, normals: Floats, tolerances: Tolerances) -> _Slabs:
    """The slabs that crystals (K,) are along normals (K, 3)."""
    climbs = np.abs(np.einsum("ijk,ik->ij", ions.lattices[crystals], normals))
    periods = np.array([_common_measure(lengths) for lengths in climbs.tolist()])
    slabs = _Slabs(periods, np.full(len(periods), np.nan), np.full(len(periods), np.nan))
    long = np.flatnonzero(periods > tolerances.vacuum)
    if not len(long):
        return slabs
    begin, end = (np.searchsorted(ions.crystals, crystals[long], side) for side in ("left", "right"))
    of, ion = rows_of(begin, end)
    of, ion = long[of[ions.is_heavy[ion]]], ion[ions.is_heavy[ion]]
    heights = np.einsum("ij,ij->i", ions.cart[ion], normals[of]) % periods[of]
    order = np.lexsort((heights, of))
    of, below = of[order], heights[order]
    first = np.unique(of, return_index=True)[1]
    above = np.append(below[1:], 0.0)
    above[np.append(first[1:], len(of)) - 1] = below[first] + periods[of[first]]
    widest = np.lexsort((below - above, of))[first]
    widest = widest[above[widest] - below[widest] > tolerances.vacuum]
    slabs.lower[of[widest]], slabs.upper[of[widest]] = above[widest], below[widest]
    return slabs


def _common_measure(lengths: Sequence[float]) -> float:
    """The largest length in Å of which all are multiples, as far as `ROUNDING` tells."""
    measure = 0.0
    for length in lengths:
        while length > ROUNDING:
            measure, length = length, measure % length
    return measure
