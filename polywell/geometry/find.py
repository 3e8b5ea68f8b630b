"""The geometry of structures, found once: ions, neighbours, bonds, nets, sheets and cages.

Screening, spacers and whatever else asks for cages takes them from one `Geometry`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import cos, radians
from typing import TYPE_CHECKING

import numpy as np

from polywell.geometry.cages import Cage, cages
from polywell.geometry.cells import OverlappingAtomsError, are_sound
from polywell.geometry.ions import (
    Crystal,
    Floats,
    Ions,
    completed,
    crystal_in,
    side_by_side,
    without_ions,
)
from polywell.geometry.layers.sheets import Sheet, sheets
from polywell.geometry.nets.bonds import Bonds
from polywell.geometry.nets.square_nets import Drawn, Nets, drawn, holes_of, nets_of
from polywell.geometry.nets.translations import holes_between, vectors_of_parents
from polywell.geometry.sites import Sites, sites_of
from polywell.geometry.tolerances import TOLERANCES, Tolerances

if TYPE_CHECKING:
    from pymatgen.core import Structure


@dataclass(frozen=True)
class CagedNets:
    """All nets of one kind in a batch of structures, with a description of each, and the cages on them."""

    nets: Nets
    sheets: list[Sheet]
    cages: list[Cage]


@dataclass(frozen=True)
class Net:
    """One square net of one structure: row `number` of the nets of its kind, and the cages on it.

    `holes` are those of its ions whose place is empty, `foreign` the cations on its corners that are no
    metals of nets.
    """

    among: CagedNets
    number: int
    cages: list[Cage]
    holes: tuple[int, ...]
    foreign: tuple[int, ...]

    @property
    def kind(self) -> str:
        """`bridged` or `capped`."""
        return self.among.nets.kind

    @property
    def normal(self) -> Floats:
        """Unit vector (3,) across the net."""
        normal: Floats = self.among.nets.normals[self.number]
        return normal

    @property
    def metals(self) -> tuple[int, ...]:
        """The ions that the net is made of."""
        return self.among.nets.metals[self.number]

    @property
    def ligands(self) -> tuple[int, ...]:
        """The ions that bridge or cap its metals, one for each edge or square."""
        return self.among.nets.ligands[self.number]

    @property
    def missing(self) -> float:
        """Share of its corners or, where that is larger, of its ligands that are holes, or foreign."""
        gone = {*self.holes, *self.foreign}
        return max(len(gone.intersection(some)) / len(set(some)) for some in (self.metals, self.ligands))

    @property
    def sheet(self) -> Sheet:
        """Means over the net."""
        return self.among.sheets[self.number]


@dataclass(frozen=True)
class Geometry:
    """What was found in structures laid side by side; each is asked for by its number in the batch.

    `sites` are those of the structures as they came. `overlaps` holds, for each structure in which two whole
    ions overlap or whose cell is too small for its contents, a sentence that says so; what else is found in
    such a structure means nothing. `completed` holds, for each structure with a net that is carried through
    holes, the geometry in which these are filled, and its number there (see `of`).
    """

    sites: tuple[Sites, ...]
    ions: Ions
    bonds: Bonds
    bridged: CagedNets
    capped: CagedNets
    overlaps: Mapping[int, str]
    completed: Mapping[int, tuple[Geometry, int]]

    @property
    def parts(self) -> list[Geometry]:
        """This geometry, and those in which holes are filled."""
        return [self, *{id(part): part for part, _ in self.completed.values()}.values()]

    def of(self, structure: int) -> tuple[Geometry, int]:
        """The geometry to ask for one structure, its holes filled if it has some, and its number there."""
        return self.completed.get(structure, (self, structure))

    def nets(self, structure: int) -> Sequence[Net]:
        """The nets of one structure that are periodic in exactly two directions, bridged ones first."""
        return self._nets.get(structure, ())

    def has_cages(self, structure: int) -> bool:
        """Whether any net of one structure bears cages, its holes filled if it has some."""
        part, place = self.of(structure)
        return any(net.cages for net in part.nets(place))

    def closes_in_space(self, structure: int) -> bool:
        """Whether squares of one structure close in three directions, as in a perovskite."""
        return any(structure in kind.nets.three_dimensional for kind in (self.bridged, self.capped))

    @cached_property
    def _nets(self) -> dict[int, list[Net]]:
        found: dict[int, list[Net]] = defaultdict(list)
        empty = frozenset(np.flatnonzero(self.ions.is_hole).tolist())
        foreign = frozenset(np.flatnonzero(self.ions.is_foreign).tolist())
        for kind in (self.bridged, self.capped):
            on_net: list[list[Cage]] = [[] for _ in kind.sheets]
            for cage in kind.cages:
                on_net[cage.net].append(cage)
            for number, structure in enumerate(kind.nets.crystals.tolist()):
                holes = empty and empty.intersection(kind.nets.metals[number] + kind.nets.ligands[number])
                others = foreign and foreign.intersection(kind.nets.metals[number])
                net = Net(kind, number, on_net[number], tuple(sorted(holes)), tuple(sorted(others)))
                found[structure].append(net)
        return dict(found)


def find(structures: Sequence[Structure], tolerances: Tolerances = TOLERANCES) -> Geometry:
    """Find ions, nets, sheets and cages of structures together, several times faster than one by one.

    Args:
        structures: any periodic structures, at least one.
        tolerances: see `polywell.geometry.tolerances`.

    Raises:
        ValueError: a cell or a coordinate is not finite, or a cell is flat or too skewed; which structure
            is to blame is not said.
    """
    return find_among([sites_of(structure) for structure in structures], tolerances)


def find_among(structures: Sequence[Sites], tolerances: Tolerances = TOLERANCES) -> Geometry:
    """As `find`, from the sites of structures as arrays."""
    crystals, overlaps = [], {}
    for number, (sites, is_sound) in enumerate(
        zip(structures, _are_sound(structures, tolerances), strict=True)
    ):
        try:
            crystals.append(crystal_in(sites, tolerances, is_sound))
        except OverlappingAtomsError as error:
            crystals.append(without_ions(sites.lattice))
            overlaps[number] = str(error)
    ions, overlapping = side_by_side(crystals, tolerances)
    overlaps |= overlapping
    bonds, kinds = drawn(ions, tolerances)
    holed = {
        number: completed(crystals[number], holes, tolerances)
        for number, holes in holes_of(ions, bonds, kinds, tolerances).items()
        if number not in overlaps
    }
    found = replace(_geometry(structures, ions, bonds, kinds, tolerances), overlaps=overlaps)
    found = replace(found, completed=_completed(found, holed, tolerances))
    is_open = np.array(
        [
            not (number in overlaps or found.has_cages(number) or found.closes_in_space(number))
            for number in range(len(structures))
        ]
    )
    between = {
        number: completed(crystals[number], holes, tolerances)
        for number, vectors in vectors_of_parents(ions, kinds, is_open, tolerances).items()
        if (holes := holes_between(ions, number, vectors, tolerances)) is not None
    }
    return replace(found, completed=dict(found.completed) | _completed(found, between, tolerances))


def _are_sound(structures: Sequence[Sites], tolerances: Tolerances) -> list[bool]:
    """Which structures need no check of their own (see `polywell.geometry.cells`)."""
    owner = np.repeat(np.arange(len(structures)), [len(sites.mixes) for sites in structures])
    contents = np.bincount(owner, np.concatenate([sites.occupancy for sites in structures]), len(structures))
    lattices, frac = np.array([sites.lattice for sites in structures]), [sites.frac for sites in structures]
    sound: list[bool] = are_sound(lattices, np.concatenate(frac), owner, contents, tolerances).tolist()
    return sound


def _completed(
    found: Geometry, crystals: Mapping[int, Crystal], tolerances: Tolerances
) -> dict[int, tuple[Geometry, int]]:
    """The geometry of the structures in which a net is carried through a hole, and their number there.

    Where nets are whole, holes are filled only in what runs parallel to them: nothing layered becomes a
    framework by what it lacks.
    """
    if not crystals:
        return {}
    ions, _ = side_by_side(list(crystals.values()), tolerances)
    bonds, kinds = drawn(ions, tolerances)
    geometry = _geometry([found.sites[number] for number in crystals], ions, bonds, kinds, tolerances)
    least = cos(radians(tolerances.parallel))
    chosen = {}
    for place, number in enumerate(crystals):
        nets, whole = geometry.nets(place), found.nets(number)
        alike = all(abs(float(net.normal @ one.normal)) >= least for net in nets for one in whole)
        closes = geometry.closes_in_space(place) and not found.closes_in_space(number)
        is_better = any(net.holes or net.foreign for net in nets) and not (whole and (closes or not alike))
        if is_better and all(net.missing <= tolerances.most_holes for net in nets):
            chosen[number] = (geometry, place)
    return chosen


def _geometry(
    structures: Sequence[Sites], ions: Ions, bonds: Bonds, kinds: tuple[Drawn, Drawn], tolerances: Tolerances
) -> Geometry:
    nets = [nets_of(ions, bonds, kind, tolerances) for kind in kinds]
    bridged, capped = (
        CagedNets(one, sheets(ions, bonds, one, tolerances), cages(ions, one, tolerances)) for one in nets
    )
    return Geometry(tuple(structures), ions, bonds, bridged, capped, {}, {})
