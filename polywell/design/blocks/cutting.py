"""Cutting a crystal at its sheets, into these and the blocks between them.

The sheets are those that `polywell.geometry.find` finds. An atom belongs to a sheet when it is one of its
metals or ligands, or a split site of such an ion; every other atom belongs to the block in whose range of
heights its centre lies. Nothing is moved, averaged or left out: what is cut can be put together again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from polywell.data.charges import NetKind
from polywell.design.blocks.layers import Atom, Block, Cut, NotCut, Plane, Role, Sheet
from polywell.electrons.families import carriers_of
from polywell.families import built_in_families
from polywell.geometry.cages import NONAHEDRON
from polywell.geometry.find import Geometry, Net, find_among
from polywell.geometry.ions import Floats
from polywell.geometry.layers.blocks import blocks
from polywell.geometry.nets.square_nets import BRIDGED
from polywell.geometry.tolerances import TOLERANCES
from polywell.records import Entry, Reason
from polywell.screening import screen_in_geometry

UNLAYERED = frozenset(
    {
        Reason.NO_LIGAND,
        Reason.NOT_PERIODIC,
        Reason.OVERLAPPING_ATOMS,
        Reason.NO_SQUARE_NET,
        Reason.NOT_LAYERED,
    }
)
"""Reasons of the screening that say that there is no sheet to cut at."""

IN_PLANE = 1e-3
"""An edge whose climb along the normal is a smaller share of its length lies in the sheets."""

_SUMS = [one for one in product(range(-2, 3), repeat=3) if sum(map(abs, one)) > 1]
EDGES = np.concatenate((np.eye(3), np.array(_SUMS, dtype=np.float64)))
"""Edges of the cell, and the sums of them that are tried where no two are in the sheets."""

APART_ANG = 1.0
"""Two sheets at heights that differ by less than this are no layers one above the other."""

CAP = (0.0, 0.5)
"""Place of the upper ligand relative to the metal from which a capped sheet is counted."""


@dataclass(frozen=True)
class Layer:
    """A sheet at its place in the cell, and what stands above it up to the next sheet.

    Positions (N, 3) are in-plane fractions of the whole cell and heights in Å over the plane of the sheet.
    `metals` says which atoms of the sheet are its metals.
    """

    net: Net
    sheet: Floats
    sheet_mixes: list[dict[str, float]]
    block: Floats
    block_mixes: list[dict[str, float]]
    metals: tuple[bool, ...]
    inner: bool
    apexes: tuple[tuple[str, ...], tuple[str, ...]]
    thickness_ang: float


@dataclass(frozen=True)
class Layers:
    """All layers of a crystal, from the bottom up.

    `climb` is the lateral way, in fractions of the plane, by which the first sheet stands aside above the
    last block.
    """

    id: str
    vectors: Floats
    climb: Floats
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class _Frame:
    """Axes of a cell with two edges in the sheets; `edges` (3, 3) says of which of the given cell each is."""

    edges: Floats
    vectors: Floats
    climb: Floats
    height: float

    def placed(self, frac: Floats) -> Floats:
        """In-plane fractions and height in Å of fractional coordinates (N, 3)."""
        frac = frac @ np.linalg.inv(self.edges)
        return np.column_stack((frac[:, :2] + frac[:, 2:] * self.climb, frac[:, 2] * self.height))

    def over(self, placed: Floats, height: float, low: float) -> Floats:
        """The images whose heights over `height` begin at `low`."""
        rise = placed[:, 2] - height
        turns = np.floor((rise - low) / self.height)
        lateral = placed[:, :2] - turns[:, None] * self.climb
        return np.column_stack((lateral, rise - turns * self.height))


def cut_many(entries: Sequence[Entry]) -> tuple[Cut | NotCut, ...]:
    """Cut crystals into sheets and blocks, their sites as they are, shared and split ones included.

    The geometry of all is found together, which is several times faster than of one after the other.
    """
    return tuple(
        one if isinstance(one, NotCut) else cut_of(one) for one in layers_of_many(entries, whole=False)
    )


def layers_of_many(entries: Sequence[Entry], whole: bool) -> list[Layers | NotCut]:
    """The layers of crystals at their places in their cells; the geometry of all is found together.

    Args:
        entries: with structures.
        whole: take whole ions (split sites joined, sites filled less than one half left out) in place of
            the sites as they are.
    """
    made: list[Layers | NotCut] = []
    for entry, (said, found) in zip(entries, screen_in_geometry(entries, built_in_families()), strict=True):
        if said.reason in UNLAYERED:
            made.append(NotCut(entry.id, f"{said.reason}: {said.message}"))
        elif (sites := entry.as_sites) is None:
            made.append(NotCut(entry.id, "no structure"))
        else:  # of other metals than those of the λ table screening finds no geometry
            made.append(_layers_in(entry, *(found or find_among([sites]).of(0)), whole))
    return made


def _layers_in(entry: Entry, geometry: Geometry, place: int, whole: bool) -> Layers | NotCut:
    if geometry.closes_in_space(place) or not geometry.nets(place):
        return NotCut(entry.id, "no square net, or nets that close in space")
    nets = _sheets(geometry, place)
    frame = _frame(geometry.ions.lattices[place], nets[0].normal)
    if frame is None:
        return NotCut(
            entry.id, "the sheets run along no two short vectors of the cell; give it in another cell"
        )
    least = np.cos(np.radians(1.0))
    if any(abs(float(net.normal @ nets[0].normal)) < least for net in nets):
        return NotCut(entry.id, "the sheets are not parallel")
    heights = [_height(geometry, place, frame, net) for net in nets]
    order = sorted(range(len(nets)), key=lambda k: heights[k] % frame.height)
    nets, heights = [nets[k] for k in order], [heights[k] % frame.height for k in order]
    gaps = [(up - low) % frame.height for low, up in zip(heights, heights[1:] + heights[:1], strict=True)]
    gaps = [frame.height] if len(nets) == 1 else gaps
    if min(gaps) < APART_ANG:
        return NotCut(entry.id, f"two sheets stand {min(gaps):.2f} Å apart; they are no layers")
    return _layers(entry.id, geometry, place, frame, nets, heights, gaps, whole)


def cut_of(layers: Layers) -> Cut:
    """Layers with every position counted from a metal of its sheet."""
    plane = _plane(layers.vectors)
    origins = [_origin(one) for one in layers.layers]
    sheets = [
        Sheet(
            "bridged" if one.net.kind == BRIDGED else "capped",
            one.net.sheet.metal,
            one.net.sheet.ligand,
            _atoms(one.sheet, one.sheet_mixes, origin),
        )
        for one, origin in zip(layers.layers, origins, strict=True)
    ]
    made = []
    count = len(sheets)
    roles: list[Role] = ["inner" if one.inner else "spacer" for one in layers.layers]
    for k, one in enumerate(layers.layers):
        step = origins[(k + 1) % count] - origins[k] + (layers.climb if k + 1 == count else 0.0)
        made.append(
            Block(
                parent=layers.id,
                role=roles[k],
                below=sheets[k],
                above=sheets[(k + 1) % count],
                atoms=_atoms(one.block, one.block_mixes, origins[k]),
                shift=(_folded(float(step[0])), _folded(float(step[1]))),
                thickness_ang=one.thickness_ang,
                plane=plane,
                apexes=one.apexes,
                beyond=(roles[k - 1], roles[(k + 1) % count]),
            )
        )
    return Cut(layers.id, plane, tuple(sheets), tuple(made))


def _sheets(geometry: Geometry, place: int) -> list[Net]:
    """The nets of the metal and kind that the electrons are counted for, with cages where some have them."""
    nets = [net for net in geometry.nets(place) if net.sheet.metal in built_in_families().metals]
    nets = nets or list(geometry.nets(place))

    def key(net: Net) -> tuple[str, NetKind]:
        return net.sheet.metal, "bridged" if net.kind == BRIDGED else "capped"

    chosen = min(map(key, nets), key=lambda one: (carriers_of(*one) is None, one))
    return [net for net in nets if key(net) == chosen]


def _frame(lattice: Floats, normal: Floats) -> _Frame | None:
    edges = _edges(lattice, normal)
    if edges is None:
        return None
    lattice = edges @ lattice
    if float(lattice[2] @ normal) < 0:
        normal = -normal
    if float(np.cross(lattice[0], lattice[1]) @ normal) < 0:
        edges, lattice = edges[[1, 0, 2]], lattice[[1, 0, 2]]
    x = lattice[0] / np.sqrt(lattice[0] @ lattice[0])
    axes = np.array([x, np.cross(normal, x)])
    vectors = lattice[:2] @ axes.T
    climb = np.linalg.solve(vectors.T, axes @ lattice[2])
    return _Frame(edges, vectors, climb, abs(float(lattice[2] @ normal)))


def _edges(lattice: Floats, normal: Floats) -> Floats | None:
    """Two edges in the sheets and one that leads out: those of the cell, else short sums of them.

    Primitive cells of body-centred crystals have no two edges in their sheets.
    """
    vectors = EDGES @ lattice
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors)).round(6)
    order = [0, 1, 2, *(3 + np.argsort(lengths[3:], kind="stable")).tolist()]
    flat = [k for k in order if abs(vectors[k] @ normal) < IN_PLANE * lengths[k]]
    for pair in combinations(flat, 2):
        volumes = EDGES @ np.cross(*EDGES[list(pair)])
        out = [k for k in order if abs(volumes[k]) == 1.0]
        if out:
            edges: Floats = EDGES[[*pair, out[0]]]
            return edges
    return None


def _height(geometry: Geometry, place: int, frame: _Frame, net: Net) -> float:
    placed = frame.placed(_fractions(geometry, place, net.metals))
    first = float(placed[0, 2])
    rises = frame.over(placed, first, -frame.height / 2)[:, 2]
    return first + float(rises.mean())


def _fractions(geometry: Geometry, place: int, ions: Sequence[int]) -> Floats:
    cart = geometry.ions.cart[list(ions)]
    fractions: Floats = cart @ np.linalg.inv(geometry.ions.lattices[place])
    return fractions


def _layers(
    id: str,
    geometry: Geometry,
    place: int,
    frame: _Frame,
    nets: Sequence[Net],
    heights: Sequence[float],
    gaps: Sequence[float],
    whole: bool,
) -> Layers:
    ions = geometry.ions
    members = [k for k in range(ions.members(place).start, ions.members(place).stop) if not ions.is_hole[k]]
    own = {ion: k for k, net in enumerate(nets) for ion in (*net.metals, *net.ligands)}
    metals = {ion for net in nets for ion in net.metals}
    placed_ions = frame.placed(_fractions(geometry, place, members))
    if whole:
        placed, mixes, ion_of = placed_ions, [ions.mixes[k] for k in members], members
    else:
        sites = geometry.sites[place]
        placed, mixes = frame.placed(sites.frac), sites.mixes
        ion_of = _ion_of_sites(geometry, place, members)
    in_sheet = [own.get(ion, -1) for ion in ion_of]
    is_metal = [ion in metals for ion in ion_of]
    inner, apexes = _between(nets)
    made = []
    for k, (net, height, gap) in enumerate(zip(nets, heights, gaps, strict=True)):
        sheet = [site for site, number in enumerate(in_sheet) if number == k]
        above = frame.over(placed, height, 0.0)
        block = [s for s, number in enumerate(in_sheet) if number < 0 and above[s, 2] < gap]
        block.sort(key=lambda s: (round(float(above[s, 2]), 6), s))
        rises = frame.over(placed_ions, height, 0.0)[:, 2]
        held = {ion for ion, rise in zip(members, rises, strict=True) if rise < gap and ion not in own}
        # Without another sheet the one below is also the one above.
        upper = nets[(k + 1) % len(nets)]
        sides = ((net, _up(net, frame, geometry, place)), (upper, not _up(upper, frame, geometry, place)))
        closes = [
            tuple(sorted({ions.elements[ion] for ion in apexes[one.number, side] if ion in held}))
            for one, side in sides
        ]
        made.append(
            Layer(
                net=net,
                sheet=frame.over(placed[sheet], height, -frame.height / 2),
                sheet_mixes=[mixes[s] for s in sheet],
                block=above[block],
                block_mixes=[mixes[s] for s in block],
                metals=tuple(is_metal[s] for s in sheet),
                inner=net.kind == BRIDGED and bool(held & inner),
                apexes=(closes[0], closes[1]),
                thickness_ang=gap,
            )
        )
    return Layers(id, frame.vectors, frame.climb, tuple(made))


def _up(net: Net, frame: _Frame, geometry: Geometry, place: int) -> bool:
    """Whether the net's own normal points upward."""
    return float(frame.edges[2] @ geometry.ions.lattices[place] @ net.normal) > 0


def _between(nets: Sequence[Net]) -> tuple[frozenset[int], Mapping[tuple[int, bool], set[int]]]:
    """Ions that two sheets share, and the apexes of each net on the two sides of its normal."""
    cages = [cage for net in nets for cage in net.cages]
    apexes: dict[tuple[int, bool], set[int]] = defaultdict(set)
    for cage in cages:
        if cage.kind != NONAHEDRON:
            for (ion, _), height in zip(cage.apexes, cage.heights, strict=True):
                apexes[cage.net, height > 0].add(ion)
    shared = blocks(nets[0].among.nets, cages).shared if cages else frozenset()
    return shared, apexes


def _ion_of_sites(geometry: Geometry, place: int, members: Sequence[int]) -> list[int]:
    """The ion that each site is, or is a split part of; -1 where it is none."""
    ions, sites = geometry.ions, geometry.sites[place]
    of = {int(ions.sites[k]): k for k in members}
    frac = _fractions(geometry, place, members)
    for site in range(len(sites.mixes)):
        if site in of or sites.occupancy[site] >= 0.999:
            continue
        away = frac - sites.frac[site]
        away -= np.round(away)
        distances = np.sqrt(((away @ sites.lattice) ** 2).sum(axis=1))
        for row in np.argsort(distances, kind="stable").tolist():
            if distances[row] > TOLERANCES.split_distance:
                break
            head = int(ions.sites[members[row]])
            if sites.occupancy[head] < 0.999:
                of[site] = members[row]
                break
    return [of.get(site, -1) for site in range(len(sites.mixes))]


def _plane(vectors: Floats) -> Plane:
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    angle = float(np.degrees(np.arccos(vectors[0] @ vectors[1] / lengths.prod())))
    return Plane(float(lengths[0]), float(lengths[1]), 90.0 if abs(angle - 90) < 1e-6 else angle)


def _origin(layer: Layer) -> Floats:
    """The metal from which a sheet is counted: of a capped one that whose upper ligand stands at `CAP`."""
    places: Floats = layer.sheet[list(layer.metals), :2]
    caps = layer.sheet[[not one for one in layer.metals]]
    caps = caps[caps[:, 2] > 0][:, :2]

    def misfit(place: Floats) -> float:
        away = caps - place - CAP
        away = away - np.round(away)
        return float(np.round(np.abs(away).sum(axis=1).min(), 2)) if len(away) else 0.0

    ranked = sorted(
        range(len(places)),
        key=lambda k: (
            misfit(places[k]) if layer.net.kind != BRIDGED else 0.0,
            *(np.round(places[k], 6) % 1.0).tolist(),
        ),
    )
    origin: Floats = places[ranked[0]]
    return origin


def _atoms(placed: Floats, mixes: Sequence[Mapping[str, float]], origin: Floats) -> tuple[Atom, ...]:
    return tuple(
        Atom(tuple(mix.items()), _folded(u - float(origin[0])), _folded(v - float(origin[1])), z)
        for (u, v, z), mix in zip(placed.tolist(), mixes, strict=True)
    )


def _folded(fraction: float) -> float:
    """The fraction in the cell, rounding at its end taken to 0."""
    folded = fraction % 1.0
    return 0.0 if folded > 1 - 1e-9 else folded
