"""The distinct cages of a material: its phases, named α, β, γ ... in order of growing ξ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd
from statistics import fmean

import numpy as np

from polywell.geometry.cages import Cage, Corner, vertices
from polywell.geometry.find import CagedNets, Geometry, Net
from polywell.geometry.ions import Ions
from polywell.geometry.layers.blocks import Block, Blocks, blocks
from polywell.geometry.nets.square_nets import Nets
from polywell.geometry.polyhedra import face_count
from polywell.geometry.tolerances import TOLERANCES, Tolerances
from polywell.records import PHASE_NAMES, Phase, Vertex


@dataclass(frozen=True)
class _Found:
    """One cage, and its apexes as (element, shared with another sheet, height)."""

    cage: Cage
    tips: tuple[tuple[str, bool, float], ...]


def phases(
    geometry: Geometry, structure: int, nets: Sequence[Net], tolerances: Tolerances = TOLERANCES
) -> list[Phase]:
    """Group the cages of one structure into phases, in order of growing ξ.

    Cages are one phase when they have the same kind, metal and ligand, the same apex elements, share
    the same apexes with other sheets (so that inner and outer sheets stay apart), and their ξ form one
    cluster. λ and T_c are left open.

    Args:
        geometry: what was found in a batch of structures.
        structure: number of the structure in the batch.
        nets: those of its nets that count.
        tolerances: those of the geometry.
    """
    made: list[Phase] = []
    ions = geometry.ions
    units = _formula_units(ions, structure)
    for part in (geometry.bridged, geometry.capped):
        cages = [cage for net in nets if net.among is part for cage in net.cages]
        if cages:
            together = blocks(part.nets, cages)
            for group in _groups(ions, part, cages, together).values():
                for cluster in _clusters(group, tolerances.phase_gap):
                    made.append(_phase(ions, part, together, cluster, units, tolerances))
    made.sort(key=lambda phase: (round(phase.xi_ang, 3), phase.cage, phase.apexes, phase.xi_ang))
    return [replace(phase, phase=_name(place)) for place, phase in enumerate(made)]


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


def _clusters(group: list[_Found], gap: float) -> list[list[_Found]]:
    ordered = sorted(group, key=lambda found: found.cage.xi_ang)
    clusters = [[ordered[0]]]
    for found in ordered[1:]:
        if found.cage.xi_ang - clusters[-1][-1].cage.xi_ang > gap:
            clusters.append([])
        clusters[-1].append(found)
    return clusters


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


def _phase(
    ions: Ions, part: CagedNets, together: Blocks, cluster: list[_Found], units: int, tolerances: Tolerances
) -> Phase:
    heights = [found.cage.xi_ang for found in cluster]
    xi = fmean(heights)
    typical = min(cluster, key=lambda found: _atypical(ions, part.nets, found.cage, xi)).cage
    apexes, apex_heights = _apexes(cluster)
    members = sorted({found.cage.net for found in cluster})
    described = [part.sheets[number] for number in members]
    block = _common([together.of_net[number] for number in members])
    first = described[0]
    angles = [sheet.anion_angle_deg for sheet in described if sheet.anion_angle_deg is not None]
    return Phase(
        phase="",
        cage=typical.kind,
        metal=first.metal,
        metal_mix=first.metal_mix,
        ligand=first.ligand,
        apexes=apexes,
        xi_ang=xi,
        xi_spread_ang=max(heights) - min(heights),
        apex_heights_ang=apex_heights,
        lateral_offset_ang=fmean(found.cage.offset_ang for found in cluster),
        faces=face_count(vertices(ions, part.nets, typical), tolerances.coplanar_facets),
        count=max(1, round(len(cluster) / units)),
        edges_ang=_edges(part.nets, cluster),
        bond_ang=fmean(sheet.bond_ang for sheet in described),
        bond_angle_deg=fmean(sheet.bond_angle_deg for sheet in described),
        buckling_ang=fmean(sheet.buckling_ang for sheet in described),
        apical_ligands=first.apical_ligands,
        apical_distances_ang=_means([sheet.apical_distances_ang for sheet in described]),
        anion_heights_ang=_means([sheet.anion_heights_ang for sheet in described]),
        anion_angle_deg=fmean(angles) if angles else None,
        sheets_per_block=block.text,
        sheet_distance_ang=block.distance_ang,
        vertices=_vertices(ions, part.nets, typical),
    )


def _atypical(ions: Ions, nets: Nets, cage: Cage, xi: float) -> tuple[bool, float, int]:
    """What the typical cage of a phase has least of: an empty corner, distance in Å from the mean ξ."""
    corners = [*nets.squares.sites[cage.square].tolist(), *(ion for ion, _ in cage.ligands)]
    return bool(ions.is_hole[corners].any()), abs(cage.xi_ang - xi), cage.square


def _means(rows: list[tuple[float, ...]]) -> tuple[float, ...]:
    """Column means over the rows that are as long as the first."""
    alike = [row for row in rows if len(row) == len(rows[0])]
    return tuple(fmean(column) for column in zip(*alike, strict=True))


def _common(members: list[Block]) -> Block:
    """The block of a phase: that of its largest member, with the smallest distance."""
    distances = [block.distance_ang for block in members if block.distance_ang is not None]
    largest = max(members, key=lambda block: float("inf") if block.sheets is None else block.sheets)
    return Block(largest.sheets, min(distances, default=None))


def _edges(nets: Nets, cluster: list[_Found]) -> tuple[float, float]:
    """The two mean edges in Å of the squares under the cages, shorter first."""
    rings = nets.squares.corners[[found.cage.square for found in cluster]]
    around = rings - rings[:, [1, 2, 3, 0]]
    sides = np.sqrt(np.einsum("ijk,ijk->ij", around, around))
    short, long = np.sort((sides[:, :2] + sides[:, 2:]) / 2, axis=1).mean(axis=0).tolist()
    return short, long


def _vertices(ions: Ions, nets: Nets, cage: Cage) -> tuple[Vertex, ...]:
    """The cage's corners as sites of the structure: metals, then ligands, then apexes; no empty ones."""
    sites, images = nets.squares.sites[cage.square].tolist(), nets.squares.images[cage.square].tolist()
    metals = [(site, (i, j, k)) for site, (i, j, k) in zip(sites, images, strict=True)]

    def vertex(corner: Corner, role: str) -> Vertex:
        ion, (i, j, k) = corner
        a, b, c = ions.shifts[ion].tolist()
        return Vertex(int(ions.sites[ion]), (i + a, j + b, k + c), ions.elements[ion], role)

    corners = {"metal": metals, "ligand": cage.ligands, "apex": cage.apexes}
    return tuple(
        vertex(corner, role)
        for role, some in corners.items()
        for corner in some
        if not ions.is_hole[corner[0]]
    )
