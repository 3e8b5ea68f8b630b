"""The distinct cages of a material: its phases, named α, β, γ ... in order of growing ξ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import gcd
from statistics import fmean

import numpy as np

from polywell.geometry.cages import Cage
from polywell.geometry.find import CagedNets, Geometry, Net
from polywell.geometry.ions import Ions
from polywell.geometry.layers.blocks import Block, Blocks, blocks
from polywell.geometry.layers.sheets import Sheet
from polywell.geometry.nets.square_nets import Nets
from polywell.geometry.polyhedra import face_counts
from polywell.geometry.tolerances import TOLERANCES, Tolerances
from polywell.records import PHASE_NAMES, Phase, Vertex


@dataclass(frozen=True)
class _Found:
    """One cage, and its apexes as (element, shared with another sheet, height)."""

    cage: Cage
    tips: tuple[tuple[str, bool, float], ...]


@dataclass(frozen=True)
class _Cluster:
    """The cages of one phase, their mean ξ and the one that stands for them; apexes as in `Phase`."""

    found: list[_Found]
    xi_ang: float
    typical: Cage
    apexes: tuple[str, ...]
    apex_heights_ang: tuple[float, ...]
    described: list[Sheet]
    block: Block

    @property
    def place(self) -> tuple[float, str, tuple[str, ...], float]:
        """What phases are in the order of."""
        return round(self.xi_ang, 3), self.typical.kind, self.apexes, self.xi_ang


@dataclass(frozen=True)
class _Body:
    """The typical cage of a phase as a body, and the mean edges in Å of the squares under all its cages."""

    faces: int
    edges_ang: tuple[float, float]
    vertices: tuple[Vertex, ...]


def phases(
    geometry: Geometry, nets: Mapping[int, Sequence[Net]], tolerances: Tolerances = TOLERANCES
) -> dict[int, list[Phase]]:
    """Group the cages of structures into phases, those of each in order of growing ξ.

    Cages are one phase when they have the same kind, metal and ligand, the same apex elements, share
    the same apexes with other sheets (so that inner and outer sheets stay apart), and their ξ form one
    cluster. λ and T_c are left open.

    Args:
        geometry: what was found in a batch of structures.
        nets: by the number of a structure in the batch those of its nets that count.
        tolerances: those of the geometry.
    """
    found: dict[int, list[tuple[_Cluster, _Body]]] = {structure: [] for structure in nets}
    empty = frozenset(np.flatnonzero(geometry.ions.is_hole).tolist())
    for part in (geometry.bridged, geometry.capped):
        owned = [
            (structure, cluster)
            for structure, own in nets.items()
            for cluster in _clusters(geometry.ions, part, own, empty, tolerances.phase_gap)
        ]
        if owned:
            bodies = _bodies(geometry.ions, part.nets, [cluster for _, cluster in owned], tolerances)
            for (structure, cluster), body in zip(owned, bodies, strict=True):
                found[structure].append((cluster, body))
    made = {}
    for structure, own in found.items():
        own.sort(key=lambda one: one[0].place)
        units = _formula_units(geometry.ions, structure) if own else 1
        made[structure] = [_phase(_name(place), *one, units) for place, one in enumerate(own)]
    return made


def _formula_units(ions: Ions, crystal: int) -> int:
    """Formula units in the cell, shared sites counted by their majority and sparse ones left out."""
    members = ions.members(crystal)
    counts = Counter(
        ions.elements[ion] for ion in range(members.start, members.stop) if not ions.is_hole[ion]
    )
    return gcd(*counts.values())


def _name(place: int) -> str:
    return PHASE_NAMES[place] if place < len(PHASE_NAMES) else f"phase{place + 1}"


def _groups(
    ions: Ions, part: CagedNets, cages: list[Cage], together: Blocks
) -> dict[tuple[object, ...], list[_Found]]:
    groups: dict[tuple[object, ...], list[_Found]] = defaultdict(list)
    for cage in cages:
        tips = tuple(
            (ions.elements[ion], ion in together.shared, abs(height))
            for (ion, _), height in zip(cage.apexes, cage.heights, strict=True)
        )
        alike = tuple(sorted((symbol, shared) for symbol, shared, _ in tips))
        sheet = part.sheets[cage.net]
        groups[(cage.kind, sheet.metal, sheet.ligand, alike)].append(_Found(cage, tips))
    return groups


def _clusters(
    ions: Ions, part: CagedNets, nets: Sequence[Net], empty: frozenset[int], gap: float
) -> Iterator[_Cluster]:
    """The phases of one structure on nets of one kind; `empty` are the ions of the batch that are holes."""
    cages = [cage for net in nets if net.among is part for cage in net.cages]
    if not cages:
        return
    together = blocks(part.nets, cages)
    for group in _groups(ions, part, cages, together).values():
        group.sort(key=lambda found: found.cage.xi_ang)
        cuts = [
            place + 1
            for place, (one, other) in enumerate(pairwise(group))
            if other.cage.xi_ang - one.cage.xi_ang > gap
        ]
        for begin, end in pairwise((0, *cuts, len(group))):
            yield _cluster(part, together, group[begin:end], empty)


def _cluster(part: CagedNets, together: Blocks, found: list[_Found], empty: frozenset[int]) -> _Cluster:
    xi = fmean(one.cage.xi_ang for one in found)
    members = sorted({one.cage.net for one in found})
    return _Cluster(
        found,
        xi,
        min((one.cage for one in found), key=lambda cage: _atypical(part.nets, cage, xi, empty)),
        *_apexes(found),
        [part.sheets[number] for number in members],
        _common([together.of_net[number] for number in members]),
    )


def _apexes(cluster: list[_Found]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Apex elements and mean heights; an octahedron stands on the apex nearer to the sheet."""
    if len(cluster[0].tips) == 1:
        return (cluster[0].tips[0][0],), (fmean(found.tips[0][2] for found in cluster),)
    lower, upper = [], []
    for found in cluster:
        one, other = sorted(found.tips)
        if one[:2] == other[:2] and other[2] < one[2]:
            one, other = other, one
        lower.append(one)
        upper.append(other)
    tips = [(fmean(tip[2] for tip in side), side[0][0]) for side in (lower, upper)]
    tips.sort(key=lambda tip: (round(tip[0], 1), tip[1]))
    return tuple(symbol for _, symbol in tips), tuple(height for height, _ in tips)


def _phase(name: str, cluster: _Cluster, body: _Body, units: int) -> Phase:
    heights = [found.cage.xi_ang for found in cluster.found]
    described, block = cluster.described, cluster.block
    first = described[0]
    angles = [sheet.anion_angle_deg for sheet in described if sheet.anion_angle_deg is not None]
    return Phase(
        phase=name,
        cage=cluster.typical.kind,
        metal=first.metal,
        metal_mix=first.metal_mix,
        ligand=first.ligand,
        apexes=cluster.apexes,
        xi_ang=cluster.xi_ang,
        xi_spread_ang=max(heights) - min(heights),
        apex_heights_ang=cluster.apex_heights_ang,
        lateral_offset_ang=fmean(found.cage.offset_ang for found in cluster.found),
        faces=body.faces,
        count=max(1, round(len(heights) / units)),
        edges_ang=body.edges_ang,
        bond_ang=fmean(sheet.bond_ang for sheet in described),
        bond_angle_deg=fmean(sheet.bond_angle_deg for sheet in described),
        buckling_ang=fmean(sheet.buckling_ang for sheet in described),
        apical_ligands=first.apical_ligands,
        apical_distances_ang=_means([sheet.apical_distances_ang for sheet in described]),
        anion_heights_ang=_means([sheet.anion_heights_ang for sheet in described]),
        anion_angle_deg=fmean(angles) if angles else None,
        sheets_per_block=block.text,
        sheet_distance_ang=block.distance_ang,
        vertices=body.vertices,
    )


def _atypical(nets: Nets, cage: Cage, xi: float, empty: frozenset[int]) -> tuple[bool, float, int]:
    """What the typical cage of a phase has least of: an empty corner, distance in Å from the mean ξ."""
    lacks = bool(empty) and not (
        empty.isdisjoint(nets.squares.sites[cage.square].tolist())
        and empty.isdisjoint(ion for ion, _ in cage.ligands)
    )
    return lacks, abs(cage.xi_ang - xi), cage.square


def _means(rows: list[tuple[float, ...]]) -> tuple[float, ...]:
    """Column means over the rows that are as long as the first."""
    alike = [row for row in rows if len(row) == len(rows[0])]
    return tuple(fmean(column) for column in zip(*alike, strict=True))


def _common(members: list[Block]) -> Block:
    """The block of a phase: that of its largest member, with the smallest distance."""
    distances = [block.distance_ang for block in members if block.distance_ang is not None]
    largest = max(members, key=lambda block: float("inf") if block.sheets is None else block.sheets)
    return Block(largest.sheets, min(distances, default=None))


def _bodies(ions: Ions, nets: Nets, clusters: Sequence[_Cluster], tolerances: Tolerances) -> Iterator[_Body]:
    """The bodies of phases on nets of one kind, whose cages have equally many corners.

    Vertices are metals, then ligands, then apexes; no empty ones.
    """
    typical = [cluster.typical for cluster in clusters]
    squares = [cage.square for cage in typical]
    others = [(*cage.ligands, *cage.apexes) for cage in typical]
    sites = np.array([[ion for ion, _ in some] for some in others])
    images = np.array([[image for _, image in some] for some in others])
    placed = ions.at(sites.ravel(), images.reshape(-1, 3)).reshape(images.shape)
    corners = np.concatenate((nets.squares.corners[squares], placed), axis=1)
    faces = face_counts(corners, tolerances.coplanar_facets).tolist()
    sites = np.concatenate((nets.squares.sites[squares], sites), axis=1)
    images = np.concatenate((nets.squares.images[squares], images), axis=1) + ions.shifts[sites]
    first = typical[0]
    roles = ["metal"] * 4 + ["ligand"] * len(first.ligands) + ["apex"] * len(first.apexes)
    rows = zip(sites.tolist(), ions.sites[sites].tolist(), images.tolist(), strict=True)
    vertices = (
        tuple(
            Vertex(site, (i, j, k), ions.elements[ion], role)
            for ion, site, (i, j, k), role in zip(*row, roles, strict=True)
            if site >= 0
        )
        for row in rows
    )
    return map(_Body, faces, _edges(nets, clusters), vertices)


def _edges(nets: Nets, clusters: Sequence[_Cluster]) -> Iterator[tuple[float, float]]:
    """The two mean edges in Å of the squares under the cages of each phase, shorter first."""
    sizes = [len(cluster.found) for cluster in clusters]
    rings = nets.squares.corners[[found.cage.square for cluster in clusters for found in cluster.found]]
    around = rings - rings[:, [1, 2, 3, 0]]
    sides = np.sqrt(np.einsum("ijk,ijk->ij", around, around))
    ordered = np.sort((sides[:, :2] + sides[:, 2:]) / 2, axis=1)
    of = np.repeat(np.arange(len(sizes)), sizes)
    short, long = ((np.bincount(of, ordered[:, end]) / sizes).tolist() for end in (0, 1))
    return zip(short, long, strict=True)
