"""From the sites of structures, partly filled and shared as they are, to whole ions with neighbours.

Many structures are laid side by side in one set of arrays, so that what follows works on all of them at
once; no row of the neighbour table joins two structures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pymatgen.optimization.neighbors import find_points_in_spheres

from polywell.data.elements import LIGANDS, NET_METALS, covalent_radius
from polywell.geometry.cells import check_cell
from polywell.geometry.sites import Sites, majority, sites_of
from polywell.geometry.tolerances import TOLERANCES, Tolerances

if TYPE_CHECKING:
    from pymatgen.core import Structure

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

PERIODIC = np.array([1, 1, 1], dtype=np.int64)


@dataclass(frozen=True)
class Crystal:
    """The ions of one structure, N of them, and the pairs within reach, M of them.

    `frac` (N, 3) lies inside the cell; ion k is site `sites[k]` of the structure in the periodic image
    `shifts[k]`. Pair rows are centre, other and image of the other, in order of the centre. `is_hole` marks
    places that an ion of that element left empty: they have no mix, no occupancy and no site (-1).
    `is_foreign` marks cations that stand on the corner of a net and are no metals of nets (see
    `polywell.geometry.nets.holes`).
    """

    lattice: Floats
    frac: Floats
    elements: tuple[str, ...]
    mixes: list[dict[str, float]]
    occupancy: Floats
    is_hole: Bools
    is_foreign: Bools
    sites: Ints
    shifts: Ints
    centres: Ints
    others: Ints
    images: Floats


@dataclass(frozen=True)
class Holes:
    """The holes of one structure.

    `places` (H, 3) in Å are empty and belong to the ions `elements`, metals or ligands; `foreign` numbers
    the ions of the structure, no metals of nets, that stand on corners.
    """

    places: Floats
    elements: tuple[str, ...]
    foreign: tuple[int, ...]

    def with_those_of(self, other: Holes) -> Holes:
        """The holes of both."""
        return Holes(
            np.concatenate((self.places, other.places)),
            self.elements + other.elements,
            tuple(sorted({*self.foreign, *other.foreign})),
        )


@dataclass(frozen=True)
class Ions:
    """N ions of C structures, with every neighbour within reach.

    `crystals` (N,) numbers the structure of each ion and `lattices` (C, 3, 3) holds their cells in Å;
    `cart` (N, 3) in Å lies inside the cell, and `kinds` (N,) numbers the elements as they come. Ion k is
    site `sites[k]` of its structure in the periodic image `shifts[k]`. The neighbour table is sorted by
    centre: rows `starts[k]:starts[k + 1]` belong to ion k; `others`, `images` and `vectors` (Å, from the
    centre to the neighbour) describe each row. Holes and foreign corners are marked as in `Crystal`; these
    are metals too, and those are not heavy.
    """

    lattices: Floats
    crystals: Ints
    cart: Floats
    elements: tuple[str, ...]
    kinds: Ints
    mixes: tuple[dict[str, float], ...]
    occupancy: Floats
    radii: Floats
    sites: Ints
    shifts: Ints
    starts: Ints
    centres: Ints
    others: Ints
    images: Ints
    vectors: Floats
    distances: Floats
    is_metal: Bools
    is_ligand: Bools
    is_heavy: Bools
    is_hole: Bools
    is_foreign: Bools

    def at(self, ions: Ints, images: Ints) -> Floats:
        """Positions (K, 3) in Å of ions (K,) in periodic images (K, 3)."""
        return self.cart.take(ions, axis=0) + translations(self.lattices, self.crystals.take(ions), images)

    def members(self, crystal: int) -> slice:
        """The ions of one structure."""
        return slice(self._ends[crystal], self._ends[crystal + 1])

    @cached_property
    def _ends(self) -> list[int]:
        ends: list[int] = np.searchsorted(self.crystals, np.arange(len(self.lattices) + 1)).tolist()
        return ends


def crystal_of(structure: Structure, tolerances: Tolerances = TOLERANCES) -> Crystal:
    """Reduce a structure of pymatgen to its ions and their neighbours; see `crystal_in`."""
    return crystal_in(sites_of(structure), tolerances)


def crystal_in(sites: Sites, tolerances: Tolerances = TOLERANCES, is_sound: bool = False) -> Crystal:
    """Reduce the sites of a structure to its ions and their neighbours.

    Sites filled less than one half are left out, split sites of one ion count once at their mean
    position, and shared sites count by their majority and keep the mix.

    Args:
        sites: those of any periodic structure.
        tolerances: see `polywell.geometry.tolerances`.
        is_sound: whether the cell is known to be (see `polywell.geometry.cells`).

    Raises:
        OverlappingAtomsError: the cell is too small for its contents.
        ValueError: the cell or a coordinate is not finite, or the cell is flat or too skewed.
    """
    lattice, frac, mixes, occupancy = sites.lattice, sites.frac, sites.mixes, sites.occupancy
    if not is_sound:
        check_cell(lattice, frac, float(occupancy.sum()), tolerances)
    numbers: Ints = np.arange(len(mixes), dtype=np.int64)
    shifts: Ints = np.floor(frac).astype(np.int64)
    frac = frac - shifts
    shifts = -shifts
    if (occupancy < 0.999).any():
        frac, mixes, occupancy, kept = _whole_ions(frac, mixes, occupancy, lattice, tolerances)
        numbers, shifts = numbers[kept], shifts[kept]
        moved = np.floor(frac).astype(np.int64)
        frac -= moved
        shifts -= moved
    if not len(frac):
        return without_ions(lattice)
    nowhere = np.zeros(len(frac), dtype=bool)
    elements = tuple(majority(mix) for mix in mixes)
    return Crystal(
        lattice,
        frac,
        elements,
        mixes,
        occupancy,
        nowhere,
        nowhere,
        numbers,
        shifts,
        *_within_reach(lattice, frac, tolerances),
    )


def completed(crystal: Crystal, holes: Holes, tolerances: Tolerances = TOLERANCES) -> Crystal:
    """The crystal with its holes as ions of their own, and its foreign corners marked."""
    more = holes.places @ np.linalg.inv(crystal.lattice)
    frac = np.concatenate((crystal.frac, more - np.floor(more)))
    size, added = len(crystal.frac), len(more)
    is_hole = np.arange(size + added) >= size
    is_foreign = np.zeros(size + added, dtype=bool)
    is_foreign[list(holes.foreign)] = True
    return Crystal(
        crystal.lattice,
        frac,
        (*crystal.elements, *holes.elements),
        [*crystal.mixes, *({} for _ in range(added))],
        np.where(is_hole, 0.0, np.append(crystal.occupancy, np.zeros(added))),
        is_hole,
        is_foreign,
        np.append(crystal.sites, np.full(added, -1)),
        np.concatenate((crystal.shifts, np.zeros((added, 3), np.int64))),
        *_within_reach(crystal.lattice, frac, tolerances),
    )


def _within_reach(lattice: Floats, frac: Floats, tolerances: Tolerances) -> tuple[Ints, Ints, Floats]:
    cart = np.ascontiguousarray(frac @ lattice)
    return find_points_in_spheres(cart, cart, tolerances.reach, PERIODIC, lattice, 1e-8)[:3]


def without_ions(lattice: Floats) -> Crystal:
    """A cell that holds no ion."""
    none: Ints = np.zeros(0, np.int64)
    rows, nowhere, no = none.reshape(0, 3), np.zeros((0, 3)), none.astype(bool)
    return Crystal(lattice, nowhere, (), [], np.zeros(0), no, no, none, rows, none, none, nowhere)


def side_by_side(
    crystals: Sequence[Crystal], tolerances: Tolerances = TOLERANCES
) -> tuple[Ions, dict[int, str]]:
    """Lay structures side by side.

    Returns:
        The ions of all structures, and for each structure in which two whole ions overlap a sentence
        that says which.
    """
    sizes = np.array([len(crystal.mixes) for crystal in crystals])
    begin = np.cumsum(sizes) - sizes
    pairs = np.array([len(crystal.centres) for crystal in crystals])
    first = np.repeat(begin, pairs)
    lattices = np.array([crystal.lattice for crystal in crystals])
    owner = np.repeat(np.arange(len(crystals)), sizes)
    mixes = tuple(mix for crystal in crystals for mix in crystal.mixes)
    elements = tuple(symbol for crystal in crystals for symbol in crystal.elements)
    symbols = list(dict.fromkeys(elements))
    numbers = {symbol: number for number, symbol in enumerate(symbols)}
    kinds: Ints = np.array([numbers[symbol] for symbol in elements], dtype=np.int64)
    is_hole = np.concatenate([crystal.is_hole for crystal in crystals])
    is_foreign = np.concatenate([crystal.is_foreign for crystal in crystals])
    cart = np.einsum("ij,ijk->ik", np.concatenate([crystal.frac for crystal in crystals]), lattices[owner])
    centres = np.concatenate([crystal.centres for crystal in crystals]) + first
    others = np.concatenate([crystal.others for crystal in crystals]) + first
    images = np.concatenate([crystal.images for crystal in crystals])
    alike = np.flatnonzero(centres == others)
    is_other = np.ones(len(centres), dtype=bool)
    is_other[alike] = images[alike].any(axis=1)
    kept = np.flatnonzero(is_other)
    centres, others, images = centres.take(kept), others.take(kept), images.take(kept, axis=0)
    vectors = translations(lattices, owner[others], images)
    vectors += cart.take(others, axis=0)
    vectors -= cart.take(centres, axis=0)
    ions = Ions(
        lattices=lattices,
        crystals=owner,
        cart=cart,
        elements=elements,
        kinds=kinds,
        mixes=mixes,
        occupancy=np.concatenate([crystal.occupancy for crystal in crystals]),
        radii=np.array([covalent_radius(symbol) for symbol in symbols], dtype=np.float64)[kinds],
        sites=np.concatenate([crystal.sites for crystal in crystals]),
        shifts=np.concatenate([crystal.shifts for crystal in crystals]),
        starts=np.searchsorted(centres, np.arange(len(elements) + 1)),
        centres=centres,
        others=others,
        images=images.astype(np.int64),
        vectors=vectors,
        distances=np.sqrt(np.einsum("ij,ij->i", vectors, vectors)),
        is_metal=np.array([symbol in NET_METALS for symbol in symbols], dtype=bool)[kinds] | is_foreign,
        is_ligand=np.array([symbol in LIGANDS for symbol in symbols], dtype=bool)[kinds],
        is_heavy=np.array([symbol != "H" for symbol in symbols], dtype=bool)[kinds] & ~is_hole,
        is_hole=is_hole,
        is_foreign=is_foreign,
    )
    return ions, _overlaps(ions, tolerances)


def translations(lattices: Floats, crystals: Ints, images: Ints | Floats) -> Floats:
    """Vectors (K, 3) in Å to periodic images (K, 3) of structures (K,).

    Column by column: rows of three are too short for numpy to be quick with them.
    """
    moved = np.empty(images.shape)
    i, j, k = np.ascontiguousarray(images.T, dtype=np.float64)
    for axis in range(3):
        a, b, c = lattices[:, :, axis].T
        moved[:, axis] = i * a.take(crystals) + j * b.take(crystals) + k * c.take(crystals)
    return moved


def _overlaps(ions: Ions, tolerances: Tolerances) -> dict[int, str]:
    close = ions.distances < tolerances.overlap_ratio * (ions.radii[ions.centres] + ions.radii[ions.others])
    close &= ions.occupancy[ions.centres] + ions.occupancy[ions.others] > tolerances.full_occupancy
    said = {}
    rows = np.flatnonzero(close)
    for row in rows[np.argsort(-ions.distances[rows], kind="stable")].tolist():
        a, b = int(ions.centres[row]), int(ions.others[row])
        said[int(ions.crystals[a])] = (
            f"{ions.elements[a]} (site {ions.sites[a]}) and {ions.elements[b]} (site {ions.sites[b]}) are "
            f"{ions.distances[row]:.3f} Å apart; check coordinates and occupancies"
        )
    return said


def _whole_ions(
    frac: Floats,
    mixes: list[dict[str, float]],
    occupancy: Floats,
    lattice: Floats,
    tolerances: Tolerances,
) -> tuple[Floats, list[dict[str, float]], Floats, Ints]:
    """Join split sites and drop what is filled less than one half.

    An ion that is split over sites of different elements (Se and Te at heights of their own) stands
    where its majority stands.

    Returns:
        Positions, mixes and occupancies of the ions, and for each the site that stands for it.
    """
    positions, joined, filled, kept = [], [], [], []
    for group in _split_ions(frac, occupancy, lattice, tolerances):
        members = list(group)
        total = float(occupancy[members].sum())
        if total < tolerances.ion_occupancy - 1e-6:
            continue
        mix: dict[str, float] = {}
        for member in members:
            for symbol, amount in mixes[member].items():
                mix[symbol] = mix.get(symbol, 0.0) + amount
        major = majority(mix)
        members = [member for member in members if majority(mixes[member]) == major] or members
        head = max(members, key=lambda member: (occupancy[member], -member))
        steps = np.array([group[member] - group[head] for member in members])
        positions.append(frac[head] + np.average(steps, axis=0, weights=occupancy[members]))
        joined.append(mix)
        filled.append(total)
        kept.append(head)
    return np.array(positions).reshape(-1, 3), joined, np.array(filled), np.array(kept, dtype=np.int64)


def _split_ions(
    frac: Floats, occupancy: Floats, lattice: Floats, tolerances: Tolerances
) -> list[dict[int, Floats]]:
    """Groups of sites that are one ion, each site with its position in the frame of the group."""
    cart = np.ascontiguousarray(frac @ lattice)
    first, second, images, distances = find_points_in_spheres(
        cart, cart, tolerances.split_distance, PERIODIC, lattice, 1e-8
    )
    partial = (occupancy[first] < 0.999) & (occupancy[second] < 0.999)
    nearest_first = np.lexsort((second, first, distances.round(6)))
    groups: list[dict[int, Floats]] = [{site: frac[site]} for site in range(len(frac))]
    of = list(range(len(frac)))
    for row in nearest_first[partial[nearest_first]].tolist():
        a, b = int(first[row]), int(second[row])
        one, other = groups[of[a]], groups[of[b]]
        if one is other or occupancy[[*one, *other]].sum() > tolerances.full_occupancy:
            continue
        shift = one[a] + (frac[b] + images[row] - frac[a]) - other[b]
        for member, position in list(other.items()):
            one[member] = position + shift
            of[member] = of[a]
        other.clear()
    return [group for group in groups if group]


def shortest_contact(ions: Ions, crystal: int) -> tuple[float | None, str | None]:
    """Smallest distance of two ions of one structure over the sum of their covalent radii, and the pair.

    None for a structure whose ions have no neighbour.
    """
    members = ions.members(crystal)
    rows = slice(int(ions.starts[members.start]), int(ions.starts[members.stop]))
    one, other = ions.centres[rows], ions.others[rows]
    share = ions.distances[rows] / (ions.radii[one] + ions.radii[other])
    share[ions.is_hole[one] | ions.is_hole[other]] = np.inf
    if not np.isfinite(share).any():
        return None, None
    row = int(share.argmin())
    symbols = sorted((ions.elements[one[row]], ions.elements[other[row]]))
    return round(float(share[row]), 6), f"{'-'.join(symbols)} {ions.distances[rows][row]:.2f} Å"
