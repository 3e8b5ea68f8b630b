"""Holes known by the translations of a parent: what a net lacks where most of the crystal repeats.

A supercell of a compound, some of whose metals or ligands are missing or foreign, repeats with the vectors of
the parent in all other ions. The average over these is the disordered writing of the same crystal. What a
metal or ligand is carried to by several of them, and is not there, is a hole, however many stand together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from pymatgen.optimization.neighbors import find_points_in_spheres

from polywell.geometry.ions import PERIODIC, Bools, Floats, Holes, Ints, Ions
from polywell.geometry.nets.square_nets import BRIDGED, Drawn
from polywell.geometry.periodic import code, rows_of
from polywell.geometry.tolerances import Tolerances

ALIKE = 0.7
"""Least share of the ions that a vector of the parent carries to an ion of the same element."""

REPEATS = 1e-3
"""Fractions of the edges by which a vector misses a translation of the lattice at most."""

MOST_METALS = 0.5
"""Least share of the metals that such a vector carries to one of the same element."""

LARGEST_TABLE = 1_000_000
"""Pairs of a vector and a step between ions that are compared at once."""

ROUNDING = 1e-6
"""Å"""

SEEN_FROM = 2
"""Ions that must be carried to one place to make it a hole."""

METALS_OF_A_LIGAND = 2
"""Metals that a ligand of a net is bonded to, at least."""


def vectors_of_parents(
    ions: Ions, kinds: Sequence[Drawn], wanted: Bools, tolerances: Tolerances
) -> dict[int, Floats]:
    """Vectors (V, 3) in Å by which structures may repeat their parents, and do not repeat themselves.

    Of nets that are bridged these are edges, of nets that are capped diagonals of squares and two edges in a
    row, and the opposites of all. Of nearly equal ones one or a few are given. They carry most ions to one of
    the same element, and not all.

    Args:
        ions: those of C structures.
        kinds: the squares of all structures.
        wanted: the structures (C,) to ask for.
        tolerances: those of the geometry.

    Returns:
        The vectors of each structure that has some, by its number.
    """
    owners, found = [], []
    for kind in kinds:
        p, q = kind.corners
        asked = wanted[ions.crystals[kind.once.first[p]]]
        p, q = p[asked], q[asked]
        u, v = kind.once.vectors[p], kind.once.vectors[q]
        ways = [u, v] if kind.kind == BRIDGED else [u + v, u - v, 2 * u, 2 * v]
        owners += [ions.crystals[kind.once.first[p]]] * len(ways)
        found += ways
    crystals, vectors = np.concatenate(owners), np.concatenate(found)
    frac = np.einsum("ni,nij->nj", vectors, np.linalg.inv(ions.lattices)[crystals])
    is_new = (np.abs(frac - np.rint(frac)) > REPEATS).any(axis=1)
    crystals, vectors = crystals[is_new], vectors[is_new]
    if not len(crystals):
        return {}
    steps = np.rint(vectors / tolerances.parent_shift).astype(np.int64)
    ahead = np.where(steps[:, 0] != 0, steps[:, 0], np.where(steps[:, 1] != 0, steps[:, 1], steps[:, 2])) >= 0
    steps[~ahead] *= -1
    vectors[~ahead] *= -1
    _, rows = np.unique(code(crystals, np.zeros_like(crystals), steps, 1), return_index=True)
    crystals, vectors = crystals[rows], vectors[rows]
    # The metals alone first, as they are few.
    for chosen, least, most in ((ions.is_metal, MOST_METALS, 2.0), (ions.is_heavy, ALIKE, 1.0)):
        shares = _shares(ions, chosen, crystals, vectors, tolerances)
        kept = (shares >= least) & (shares < most)
        crystals, vectors = crystals[kept], vectors[kept]
    both = np.stack((vectors, -vectors), axis=1)
    return {crystal: both[crystals == crystal].reshape(-1, 3) for crystal in np.unique(crystals).tolist()}


def _shares(ions: Ions, chosen: Bools, crystals: Ints, vectors: Floats, tolerances: Tolerances) -> Floats:
    """Share (V,) of the chosen ions (N,) of its structure that a vector carries near one of their element."""
    asked = np.zeros(len(ions.lattices), dtype=bool)
    asked[crystals] = True
    steps = np.flatnonzero((chosen & asked[ions.crystals])[ions.centres])
    steps = steps[ions.kinds[ions.centres[steps]] == ions.kinds[ions.others[steps]]]
    # In order of structure and first component, of which few are near that of a vector.
    span, shift = 4 * tolerances.reach, tolerances.parent_shift
    along = span * ions.crystals[ions.centres[steps]] + ions.vectors[steps, 0]
    order = np.argsort(along)
    along, steps, wanted = along[order], steps[order], span * crystals + vectors[:, 0]
    centres, ahead = ions.centres[steps], np.ascontiguousarray(ions.vectors[steps].T)
    begin = np.searchsorted(along, wanted - shift - ROUNDING)
    end = np.searchsorted(along, wanted + shift + ROUNDING)
    carried = np.zeros(len(vectors))
    for some in np.split(np.arange(len(vectors)), _cuts(end - begin)):
        vector, row = rows_of(begin[some], end[some])
        for step, carrying in zip(ahead, vectors[some].T, strict=True):
            near = np.abs(step[row] - carrying[vector]) <= shift
            vector, row = vector[near], row[near]
        hits = np.unique(vector * len(ions.elements) + centres[row])
        carried[some] = np.bincount(hits // len(ions.elements), minlength=len(some))
    counts = np.bincount(ions.crystals[chosen], minlength=len(ions.lattices))
    return carried / counts[crystals]


def _cuts(sizes: Ints) -> Ints:
    """Where to cut a list so that the sizes of each part sum to `LARGEST_TABLE` or little more."""
    return np.flatnonzero(np.diff(np.cumsum(sizes) // LARGEST_TABLE)) + 1


def holes_between(ions: Ions, crystal: int, vectors: Floats, tolerances: Tolerances) -> Holes | None:
    """The holes of one structure by the translations of its parent; None where it has none.

    Args:
        ions: those of all structures.
        crystal: number of the structure.
        vectors: translations of its parent (see `vectors_of_parents`).
        tolerances: those of the geometry.
    """
    members = ions.members(crystal)
    lattice, names = ions.lattices[crystal], ions.elements[members]
    cart = np.ascontiguousarray(ions.cart[members])
    heavy, is_metal = ions.is_heavy[members], ions.is_metal[members]
    carried = is_metal | (ions.is_ligand[members] & heavy)
    is_other = heavy & ~is_metal & ~ions.is_ligand[members]
    count = len(cart)
    frac = (cart + vectors[:, None]) @ np.linalg.inv(lattice)
    target = ((frac - np.floor(frac)) @ lattice).reshape(-1, 3)
    near, other, _, distances = find_points_in_spheres(
        cart, target, tolerances.hole_radius, PERIODIC, lattice, 1e-8
    )
    lone = np.tile(carried, len(vectors))
    lone[near] = False
    close = (distances <= tolerances.parent_shift) & is_metal[near % count] & is_other[other]
    seen = np.unique(near[close] // count * count + other[close]) % count
    strange = tuple(np.flatnonzero(np.bincount(seen, minlength=count) >= SEEN_FROM).tolist())
    found, elements = _clusters(names, target[lone], np.flatnonzero(lone) % count, lattice, tolerances)
    found, elements = _of_nets(ions, members, found, elements, strange, lattice, tolerances)
    return Holes(found, elements, strange) if len(found) or strange else None


def _met(around: Floats, points: Floats, lattice: Floats, radius: float) -> tuple[Ints, Ints]:
    """Pairs of a point and of what stands within the radius of it."""
    one, other, _, _ = find_points_in_spheres(around, points, radius, PERIODIC, lattice, 1e-8)
    return one, other


def _clusters(
    names: tuple[str, ...], places: Floats, owners: Ints, lattice: Floats, tolerances: Tolerances
) -> tuple[Floats, tuple[str, ...]]:
    """Places to which several ions of one element are carried, and these elements."""
    if not len(places):
        return places, ()
    one, other, images, _ = find_points_in_spheres(
        places, places, tolerances.parent_shift, PERIODIC, lattice, 1e-8
    )
    taken = np.zeros(len(places), dtype=bool)
    found: list[Floats] = []
    elements: list[str] = []
    for seed in range(len(places)):
        mine = np.flatnonzero(one == seed)
        group = other[mine]
        if taken[seed] or len(group) < SEEN_FROM:
            continue
        taken[group] = True
        seen = Counter(names[owner] for owner in owners[group].tolist())
        found.append((places[group] + images[mine] @ lattice).mean(axis=0))
        elements.append(min(seen, key=lambda symbol: (-seen[symbol], symbol)))
    return np.array(found).reshape(-1, 3), tuple(elements)


def _of_nets(
    ions: Ions,
    members: slice,
    places: Floats,
    elements: tuple[str, ...],
    foreign: tuple[int, ...],
    lattice: Floats,
    tolerances: Tolerances,
) -> tuple[Floats, tuple[str, ...]]:
    """Places of metals, and those of ligands that are bonded to several places of metals."""
    of_metals = {ions.elements[ion] for ion in range(members.start, members.stop) if ions.is_metal[ion]}
    is_metal = np.array([symbol in of_metals for symbol in elements], dtype=bool)
    inside = np.flatnonzero(ions.is_metal[members])
    radius = float(ions.radii[members][inside].max())
    cart = ions.cart[members]
    corners = np.ascontiguousarray(np.concatenate((cart[inside], cart[list(foreign)], places[is_metal])))
    kept = is_metal.copy()
    ligands = {ions.elements[ion]: float(ions.radii[ion]) for ion in range(members.start, members.stop)}
    for row in np.flatnonzero(~is_metal).tolist():
        reach = tolerances.bond_ratio * (radius + ligands[elements[row]])
        kept[row] = len(_met(corners, places[row][None], lattice, reach)[0]) >= METALS_OF_A_LIGAND
    rows = np.flatnonzero(kept)
    return places[rows], tuple(elements[row] for row in rows.tolist())
