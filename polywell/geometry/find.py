"""The geometry of structures, found once: ions, neighbours, bonds, nets, sheets and cages.

Screening, spacers and whatever else asks for cages takes them from one `Geometry`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from polywell.geometry.cages import Cage, cages
from polywell.geometry.ions import (
    Floats,
    Ions,
    OverlappingAtomsError,
    crystal_in,
    side_by_side,
    without_ions,
)
from polywell.geometry.nets import Bonds, Nets, square_nets
from polywell.geometry.sheets import Sheet, sheets
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
    """One square net of one structure: row `number` of the nets of its kind, and the cages on it."""

    among: CagedNets
    number: int
    cages: list[Cage]

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
    def sheet(self) -> Sheet:
        """Means over the net."""
        return self.among.sheets[self.number]


@dataclass(frozen=True)
class Geometry:
    """What was found in structures laid side by side; each is asked for by its number in the batch.

    `sites` are those of the structures as they came. `overlaps` holds, for each structure in which two whole
    ions overlap or whose cell is too small for its contents, a sentence that says so; what else is found in
    such a structure means nothing.
    """

    sites: tuple[Sites, ...]
    ions: Ions
    bonds: Bonds
    bridged: CagedNets
    capped: CagedNets
    overlaps: Mapping[int, str]

    def nets(self, structure: int) -> Sequence[Net]:
        """The nets of one structure that are periodic in exactly two directions, bridged ones first."""
        return self._nets.get(structure, ())

    def closes_in_space(self, structure: int) -> bool:
        """Whether squares of one structure close in three directions, as in a perovskite."""
        return any(structure in kind.nets.three_dimensional for kind in (self.bridged, self.capped))

    @cached_property
    def _nets(self) -> dict[int, list[Net]]:
        found: dict[int, list[Net]] = defaultdict(list)
        for kind in (self.bridged, self.capped):
            on_net: list[list[Cage]] = [[] for _ in kind.sheets]
            for cage in kind.cages:
                on_net[cage.net].append(cage)
            for number, structure in enumerate(kind.nets.crystals.tolist()):
                found[structure].append(Net(kind, number, on_net[number]))
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
    for number, sites in enumerate(structures):
        try:
            crystals.append(crystal_in(sites, tolerances))
        except OverlappingAtomsError as error:
            crystals.append(without_ions(sites.lattice))
            overlaps[number] = str(error)
    ions, overlapping = side_by_side(crystals, tolerances)
    bonds, kinds = square_nets(ions, tolerances)
    bridged, capped = (
        CagedNets(nets, sheets(ions, bonds, nets, tolerances), cages(ions, nets, tolerances))
        for nets in kinds
    )
    return Geometry(tuple(structures), ions, bonds, bridged, capped, overlaps | overlapping)
