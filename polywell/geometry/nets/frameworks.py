"""Frameworks: sheets whose octahedra share apical ligands with the next sheet, and so on along the normal.

Seen along the normal, a perovskite is one column of octahedra, of whatever metals, each joined to the next by
a ligand that both hold. Such a column makes a framework where it comes back to itself, or where it reaches
the vacuum at both ends, as in a slab cut from a perovskite. A layered compound breaks it: by a layer without
apical ligands (infinite layers, YBa2Cu3O7), or by two layers of rock salt (La2NiO4, La3Ni2O7).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np

from polywell.geometry.ions import Bools, Floats, Ions
from polywell.geometry.nets.square_nets import BRIDGED, Nets
from polywell.geometry.tolerances import Tolerances

MOST_OCTAHEDRA = 400
"""Octahedra of a column beyond which it is taken for endless."""

ROUNDING = 0.01
"""Å"""


@dataclass(frozen=True)
class _Slab:
    """Period in Å of a crystal with a vacuum along the normal, and heights of its two surfaces."""

    period: float
    lower: float
    upper: float


@dataclass(frozen=True)
class _End:
    """Where a column of octahedra ends: how many it has beyond the first, on what height in Å, and how.

    `closed` says that the last octahedron has a ligand beyond it, which no other octahedron shares.
    """

    beyond: int
    height: float
    closed: bool


def is_framework(ions: Ions, nets: Nets, net: int, tolerances: Tolerances) -> bool:
    """Whether more than half of the metals of a net stand in columns of a framework.

    Args:
        ions: those of all structures.
        nets: those of one kind; capped ones are no frameworks.
        net: number of the net.
        tolerances: those of the geometry.
    """
    if nets.kind != BRIDGED:
        return False
    normal: Floats = nets.normals[net]
    metals = [ion for ion in nets.metals[net] if not ions.is_hole[ion]]
    slab = _slab(ions, int(nets.crystals[net]), normal, tolerances)
    alone = 0
    for ion in metals:
        alone += not _in_framework(ions, ion, normal, slab, tolerances)
        if 2 * alone >= len(metals):
            return False
    return True


def _in_framework(ions: Ions, metal: int, normal: Floats, slab: _Slab | None, tolerances: Tolerances) -> bool:
    up = _end(ions, metal, normal, tolerances)
    if up is None or slab is None:
        return up is None
    down = _end(ions, metal, -normal, tolerances)
    if down is None:
        return True
    sheets = 1 + up.beyond + down.beyond
    if sheets == 1:
        return False
    if sheets <= tolerances.rock_salt_sheets and up.closed and down.closed:
        return False
    height = float(ions.cart[metal] @ normal)
    above = (slab.upper - height - up.height + ROUNDING) % slab.period
    below = (height - down.height - slab.lower + ROUNDING) % slab.period
    return max(above, below) <= tolerances.octahedron_height + ROUNDING


def _end(ions: Ions, metal: int, up: Floats, tolerances: Tolerances) -> _End | None:
    """Where the column above a metal ends; None where it comes back to itself."""
    at, height, beyond = metal, 0.0, 0
    seen = {metal}
    while beyond < MOST_OCTAHEDRA:
        ligand, vector = _apical(ions, at, up, tolerances)
        if ligand < 0:
            return _End(beyond, height, closed=False)
        following = _beyond(ions, ligand, vector, up, tolerances)
        if following is None:
            return _End(beyond, height, closed=True)
        at, rise = following
        height += float(vector @ up) + rise
        beyond += 1
        if at in seen:
            return None
        seen.add(at)
    return None


def _rows(ions: Ions, ion: int) -> slice:
    return slice(int(ions.starts[ion]), int(ions.starts[ion + 1]))


def _bonded(ions: Ions, ion: int, tolerances: Tolerances) -> Bools:
    """Which neighbours are near enough for a bond."""
    rows = _rows(ions, ion)
    near: Bools = ions.distances[rows] <= tolerances.bond_ratio * (
        ions.radii[ion] + ions.radii[ions.others[rows]]
    )
    return near


def _apical(ions: Ions, metal: int, up: Floats, tolerances: Tolerances) -> tuple[int, Floats]:
    """The nearest ligand bonded to a metal along `up`, and the vector to it in Å; -1 without one."""
    rows = _rows(ions, metal)
    others = ions.others[rows]
    rise = ions.vectors[rows] @ up
    along = rise >= cos(radians(tolerances.apical_angle)) * ions.distances[rows]
    held = along & _bonded(ions, metal, tolerances) & ions.is_ligand[others] & ions.is_heavy[others]
    if not held.any():
        return -1, up
    nearest = int(np.flatnonzero(held)[np.argmin(ions.distances[rows][held])])
    vector: Floats = ions.vectors[rows][nearest]
    return int(others[nearest]), vector


def _beyond(
    ions: Ions, ligand: int, vector: Floats, up: Floats, tolerances: Tolerances
) -> tuple[int, float] | None:
    """The centre of the octahedron that shares a ligand, and its height over this in Å; None without one."""
    rows = _rows(ions, ligand)
    distances = ions.distances[rows]
    straight = ions.vectors[rows] @ vector >= -cos(radians(tolerances.tilted_angle)) * distances * float(
        np.linalg.norm(vector)
    )
    held = straight & _bonded(ions, ligand, tolerances) & ~ions.is_ligand[ions.others[rows]]
    for row in np.flatnonzero(held)[np.argsort(distances[held], kind="stable")].tolist():
        other = int(ions.others[rows][row])
        if _is_octahedron_of_a_sheet(ions, other, up, tolerances):
            return other, float(ions.vectors[rows][row] @ up)
    return None


def _is_octahedron_of_a_sheet(ions: Ions, ion: int, up: Floats, tolerances: Tolerances) -> bool:
    """Whether most of four ligands within the sheet join a cation straight to others of its sheet.

    So do the octahedra of a perovskite; rock salt, dumbbells, chains and tetrahedra do not.
    """
    rows = _rows(ions, ion)
    others = ions.others[rows]
    flat = np.abs(ions.vectors[rows] @ up) <= sin(radians(tolerances.apical_angle)) * ions.distances[rows]
    held = flat & _bonded(ions, ion, tolerances) & ions.is_ligand[others]
    joined = 0
    for row in np.flatnonzero(held).tolist():
        arm, ligand = ions.vectors[rows][row], int(others[row])
        around = _rows(ions, ligand)
        length = float(np.linalg.norm(arm)) * ions.distances[around]
        straight = ions.vectors[around] @ arm >= -cos(radians(tolerances.tilted_angle)) * length
        cation = ~ions.is_ligand[ions.others[around]] & _bonded(ions, ligand, tolerances)
        apart = ions.vectors[around] + arm
        near = np.einsum("ij,ij->i", apart, apart) <= tolerances.bridged_edge[1] ** 2
        joined += bool((straight & cation & near).any())
    return joined >= 3


def _slab(ions: Ions, crystal: int, normal: Floats, tolerances: Tolerances) -> _Slab | None:
    """The slab that a crystal is along a normal; None where no vacuum parts it from the next."""
    members = np.arange(ions.members(crystal).start, ions.members(crystal).stop)
    heights = ions.cart[members[ions.is_heavy[members]]] @ normal
    climbs = np.abs(ions.lattices[crystal] @ normal)
    period = _common_measure(climbs)
    if period <= tolerances.vacuum:
        return None
    ordered = np.sort(heights % period)
    gaps = np.append(ordered[1:], ordered[0] + period) - ordered
    widest = int(np.argmax(gaps))
    if gaps[widest] <= tolerances.vacuum:
        return None
    return _Slab(period, float(ordered[widest] + gaps[widest]), float(ordered[widest]))


def _common_measure(lengths: Floats) -> float:
    """The largest length in Å of which all are multiples, as far as `ROUNDING` tells."""
    measure = 0.0
    for length in lengths.tolist():
        while length > ROUNDING:
            measure, length = length, measure % length
    return measure
