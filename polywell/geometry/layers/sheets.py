"""What a crystallographer asks of a sheet: bonds, angles, buckling, apical ligands, anion heights."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, radians
from statistics import fmean

import numpy as np

from polywell.geometry.ions import Floats, Ints, Ions
from polywell.geometry.nets.bonds import Bonds
from polywell.geometry.nets.square_nets import BRIDGED, Nets
from polywell.geometry.sites import majority
from polywell.geometry.tolerances import TOLERANCES, Tolerances


@dataclass(frozen=True)
class Sheet:
    """Means over one net. Lengths in Å, angles in degrees; field meanings as in `polywell.records.Phase`.

    `tied` are the metals with the largest share, in alphabetical order: several where none has a majority.
    """

    metal: str
    tied: tuple[str, ...]
    metal_mix: str
    ligand: str
    bond_ang: float
    bond_angle_deg: float
    buckling_ang: float
    apical_ligands: tuple[str, ...]
    apical_distances_ang: tuple[float, ...]
    anion_heights_ang: tuple[float, ...]
    anion_angle_deg: float | None


def mix_of(ions: Ions, members: Iterable[int]) -> dict[str, float]:
    """Element shares of several ions taken together, vacancies left out; they sum to 1."""
    total: dict[str, float] = defaultdict(float)
    for ion in members:
        for symbol, amount in ions.mixes[ion].items():
            total[symbol] += amount
    whole = sum(total.values())
    return {symbol: amount / whole for symbol, amount in total.items()}


def mix_text(mix: dict[str, float]) -> str:
    """A mix as text, largest share first: `Fe0.93 Co0.07`; a pure one is the bare symbol."""
    ordered = sorted(mix.items(), key=lambda item: (-round(item[1], 6), item[0]))
    if len(ordered) == 1:
        return ordered[0][0]
    return " ".join(f"{symbol}{amount:.3g}" for symbol, amount in ordered)


def _tied(mix: dict[str, float]) -> tuple[str, ...]:
    most = round(max(mix.values()), 6)
    return tuple(sorted(symbol for symbol, amount in mix.items() if round(amount, 6) == most))


def sheets(ions: Ions, bonds: Bonds, nets: Nets, tolerances: Tolerances = TOLERANCES) -> list[Sheet]:
    """Describe every net, in the order of the nets."""
    size = len(nets.metals)
    if not size:
        return []
    edges, of = nets.edges, nets.net_of_edge
    if ions.is_hole.any():
        whole = ~(ions.is_hole[edges.first] | ions.is_hole[edges.second])
        whole &= ~ions.is_hole[bonds.ligands[edges.bonds[:, 0]]]
        edges, of = edges.chosen(whole), of[whole]
    u, v = bonds.vectors[edges.bonds[:, 0]], bonds.vectors[edges.bonds[:, 1]]
    angle = _means(of, _angles_deg(u, v), size)
    if nets.kind == BRIDGED:
        length = _means(of, np.sqrt(np.einsum("ij,ij->i", u, u)), size)
        rise = np.einsum("ij,ij->i", u + v, nets.normals[of])
        buckling = _means(of, np.abs(rise) / 2, size)
        apical = _apical(ions, nets, tolerances)
        anions: list[tuple[tuple[float, ...], float | None]] = [((), None)] * size
    else:
        corners = nets.squares.corners - nets.squares.centres[:, None, :]
        arms = nets.squares.cap_vectors[:, None, :] - corners
        length = _means(nets.net_of, np.sqrt(np.einsum("ijk,ijk->ij", arms, arms)).mean(axis=1), size)
        rises = np.abs(np.einsum("ijk,ik->ij", corners, nets.normals[nets.net_of]))
        buckling = _means(nets.net_of, rises.mean(axis=1), size)
        apical = [((), ())] * size
        anions = _anions(nets, arms)
    described = []
    for net in range(size):
        metals = mix_of(ions, nets.metals[net])
        described.append(
            Sheet(
                metal=majority(metals),
                tied=_tied(metals),
                metal_mix=mix_text(metals),
                ligand=majority(mix_of(ions, nets.ligands[net])),
                bond_ang=float(length[net]),
                bond_angle_deg=float(angle[net]),
                buckling_ang=float(buckling[net]),
                apical_ligands=apical[net][0],
                apical_distances_ang=apical[net][1],
                anion_heights_ang=anions[net][0],
                anion_angle_deg=anions[net][1],
            )
        )
    return described


def _means(groups: Ints, values: Floats, size: int) -> Floats:
    """Mean of the values of each of `size` groups; NaN for a group without any."""
    counts = np.bincount(groups, minlength=size)
    means: Floats = np.divide(
        np.bincount(groups, values, size), counts, out=np.full(size, np.nan), where=counts > 0
    )
    return means


def _angles_deg(u: Floats, v: Floats) -> Floats:
    """Angles in degrees between the rows of two (N, 3) arrays."""
    norms = np.sqrt(np.einsum("ij,ij->i", u, u) * np.einsum("ij,ij->i", v, v))
    cosine = np.einsum("ij,ij->i", u, v) / norms
    angles: Floats = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    return angles


def _apical(
    ions: Ions, nets: Nets, tolerances: Tolerances
) -> list[tuple[tuple[str, ...], tuple[float, ...]]]:
    """Nearest anions above and below the metals of each net, nearer side first.

    Distances are means over the metals that have one.
    """
    least = cos(radians(tolerances.apical_angle))
    net_of = {metal: net for net, metals in enumerate(nets.metals) for metal in metals}
    inside = np.full(len(ions.elements), -1)
    inside[list(net_of)] = list(net_of.values())
    anion = ions.is_ligand & ions.is_heavy
    inside[ions.is_hole] = -1
    rows = np.flatnonzero(
        (inside[ions.centres] >= 0) & anion[ions.others] & (ions.distances <= tolerances.apical_distance)
    )
    normals = nets.normals[inside[ions.centres[rows]]]
    rise = np.einsum("ij,ij->i", ions.vectors[rows], normals) / ions.distances[rows]
    rows, rise = rows[np.abs(rise) >= least], rise[np.abs(rise) >= least]
    nearest: dict[tuple[int, bool], tuple[float, str]] = {}
    sides = zip(ions.centres[rows].tolist(), (rise > 0).tolist(), strict=True)
    reached = zip(ions.distances[rows].tolist(), ions.others[rows].tolist(), strict=True)
    for side, (distance, other) in zip(sides, reached, strict=True):
        tip = (distance, ions.elements[other])
        nearest[side] = min(nearest.get(side, tip), tip)
    return [_apical_of(metals, nearest) for metals in nets.metals]


def _apical_of(
    metals: tuple[int, ...], nearest: dict[tuple[int, bool], tuple[float, str]]
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    places: list[list[tuple[float, str]]] = [[], []]
    for metal in metals:
        found = sorted(nearest[side] for side in ((metal, False), (metal, True)) if side in nearest)
        for place, tip in enumerate(found):
            places[place].append(tip)
    kept = [place for place in places if len(place) * 2 > len(metals)]
    return (
        tuple(Counter(symbol for _, symbol in sorted(place)).most_common(1)[0][0] for place in kept),
        tuple(fmean(distance for distance, _ in place) for place in kept),
    )


def _anions(nets: Nets, arms: Floats) -> list[tuple[tuple[float, ...], float | None]]:
    """Heights of the two anion planes of each net, smaller first, and the mean angle X-M-X on one side.

    `arms` (S, 4, 3) run from the corners of each square to its cap.
    """
    size = len(nets.metals)
    height = np.einsum("ij,ij->i", nets.squares.cap_vectors, nets.normals[nets.net_of])
    up = height > 0
    plane = nets.net_of * 2 + up
    filled = np.bincount(plane, minlength=2 * size)
    total = np.bincount(plane, np.abs(height), 2 * size)
    corner = nets.squares.sites.ravel() * 2 + np.repeat(up, 4)
    order = np.argsort(corner, kind="stable")
    counts = np.bincount(corner, minlength=1)[corner[order]] if len(corner) else corner
    pairs = order[counts == 2].reshape(-1, 2)
    flat = arms.reshape(-1, 3)
    angles = _angles_deg(flat[pairs[:, 0]], flat[pairs[:, 1]])
    net = nets.net_of[pairs[:, 0] // 4]
    measured = np.bincount(net, minlength=size)
    sums = np.bincount(net, angles, size)
    return [
        (
            tuple(sorted(float(total[k] / filled[k]) for k in (2 * net, 2 * net + 1) if filled[k])),
            float(sums[net] / measured[net]) if measured[net] else None,
        )
        for net in range(size)
    ]
