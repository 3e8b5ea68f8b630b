"""Structures given as arrays or dicts: pymatgen's own dict, and the attributes of OPTIMADE.

The layout of OPTIMADE serves the columns of LeMat-Bulk and the rows of an ASE database too:
`lattice_vectors` (3 x 3, Å), `cartesian_site_positions` (N x 3, Å), `species_at_sites` (N names), and
where sites are mixed or partly empty `species` (what the names stand for) and `assemblies` (groups of
sites that exclude each other); OPTIMADE specification 1.2, section Structures Entries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Composition, Lattice

from catalog.errors import (
    BadCellError,
    BadCoordinatesError,
    MissingAtomsError,
    MissingValueError,
    NotPeriodicError,
    ParseError,
    TooManySitesError,
    UnknownElementError,
)
from catalog.readers.checks import Amounts, at_most_one, check_sites
from catalog.readers.composition import plain_symbol
from catalog.readers.limits import ReadingLimits
from polywell.geometry.sites import Sites
from polywell.geometry.slab import SLAB, as_crystal

VACANCY = "vacancy"
"""OPTIMADE's word for the empty share of a site."""

PLACEHOLDER = "X"
"""The symbol of OPTIMADE and ASE for what is no chemical element."""

TRACE = Composition.amount_tolerance
"""Less of an element is nothing, as for pymatgen."""

FULL = 1 - 1e-6
"""A site occupied to less than this is partly empty."""


@dataclass(frozen=True)
class Contents:
    """The sites of a structure before it is built: what stands on each, and remarks about them.

    `place` holds the index of each site in the source's own list of positions.
    """

    amounts: tuple[Amounts, ...]
    place: tuple[int, ...]
    notes: tuple[str, ...] = ()

    def composition(self) -> Amounts:
        """Amounts by element symbol in the whole cell."""
        total: Amounts = {}
        for site in self.amounts:
            for symbol, amount in site.items():
                total[symbol] = total.get(symbol, 0.0) + amount
        return total


def read_contents(kind: Literal["pymatgen", "optimade"], payload: Mapping[str, Any]) -> Contents:
    """What stands on the sites, without looking at the cell or the positions.

    Raises:
        ReadError: a value is missing, or a name stands for no chemical element.
    """
    try:
        contents = _pymatgen_sites(payload) if kind == "pymatgen" else _optimade_sites(payload)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ParseError(f"the list of sites is not as expected ({type(error).__name__}: {error})") from error
    for index, site in enumerate(contents.amounts):
        if not all(0 <= amount < np.inf for amount in site.values()):
            raise BadCoordinatesError(f"site {index} holds {site}; expected occupancies from 0 to 1")
    return contents


def build(
    kind: Literal["pymatgen", "optimade"],
    payload: Mapping[str, Any],
    contents: Contents,
    declared: Sequence[str] | None,
    limits: ReadingLimits,
) -> tuple[Sites, list[str]]:
    """The sites, and remarks; they keep their order, empty ones are left out.

    Args:
        kind: layout of the payload.
        payload: the arrays.
        contents: what `read_contents` made of the payload.
        declared: elements that the source names beside the structure; all but H must be on some site.
        limits: bounds of the reading.

    Raises:
        ReadError: an impossible cell, a position that is no number, elements without a site.
    """
    if len(contents.amounts) > limits.sites:
        raise TooManySitesError(f"{len(contents.amounts)} sites, the limit is {limits.sites}")
    notes = list(contents.notes)
    cartesian = kind == "optimade"
    periodic = _periodic(kind, payload)
    matrix = _cell(payload["lattice_vectors"] if cartesian else _matrix(payload["lattice"]), periodic)
    positions = _positions(payload, contents, cartesian)
    if not all(periodic):
        matrix, positions = _as_crystal(matrix, positions if cartesian else positions @ matrix, periodic)
        notes.append(SLAB)
    fractional = _solve(matrix, positions) if cartesian or not all(periodic) else positions
    amounts = list(contents.amounts)
    if cartesian:
        amounts, fractional, merged = _merged(amounts, fractional, limits)
        notes += merged
    amounts, scaled = at_most_one(amounts, limits)
    sites = Sites(matrix, fractional, _mixes(amounts))
    check_sites(sites.lattice, sites.frac, limits)
    absent = sorted(set(map(str, declared or ())) - set(contents.composition()) - {"D", "T"})
    if [symbol for symbol in absent if symbol != "H"]:
        raise MissingAtomsError(
            f"the source declares {', '.join(absent)}, but no site holds "
            f"{'it' if len(absent) == 1 else 'them'}; the list of atoms is incomplete"
        )
    notes += ["the declared hydrogen has no site"] if absent else []
    return sites, [*notes, *scaled]


def _pymatgen_sites(payload: Mapping[str, Any]) -> Contents:
    lattice = payload.get("lattice")
    if lattice is None or payload.get("sites") is None:
        raise MissingValueError("the entry has no structure; expected a dict with lattice and sites")
    _periodic("pymatgen", payload)
    amounts = []
    for site in payload["sites"]:
        here: Amounts = {}
        for species in site["species"]:
            symbol = _symbol(species["element"])
            here[symbol] = here.get(symbol, 0.0) + float(species["occu"])
        amounts.append(here)
    return Contents(tuple(amounts), tuple(range(len(amounts))))


def _optimade_sites(payload: Mapping[str, Any]) -> Contents:
    names = payload.get("species_at_sites")
    if names is None:
        raise MissingValueError("the entry has no structure; expected species_at_sites and positions")
    _periodic("optimade", payload)
    known: dict[str, Amounts] = {}
    notes: list[str] = []
    for species in payload.get("species") or ():
        known[species["name"]] = _species_amounts(species, notes)
    shares = _group_shares(payload.get("assemblies") or (), len(names))
    amounts, place = [], []
    for index, name in enumerate(names):
        if name not in known:
            known[name] = _whole_site(name, notes)
        here = {symbol: amount * shares[index] for symbol, amount in known[name].items()}
        if here:
            amounts.append(here)
            place.append(index)
    if "implicit_atoms" in (payload.get("structure_features") or ()):
        notes.append("the source says that some atoms have no site")
    return Contents(tuple(amounts), tuple(place), tuple(dict.fromkeys(notes)))


def _periodic(kind: Literal["pymatgen", "optimade"], payload: Mapping[str, Any]) -> tuple[bool, ...]:
    """Along which of the three vectors the structure repeats: all, or those of a slab.

    Raises:
        NotPeriodicError: fewer than two.
    """
    given = payload["lattice"].get("pbc") if kind == "pymatgen" else payload.get("dimension_types")
    if given is None and payload.get("nperiodic_dimensions", 3) not in (3, None):
        raise NotPeriodicError(f"periodic in {payload['nperiodic_dimensions']} directions, not said in which")
    directions = (True, True, True) if given is None else tuple(map(bool, given))
    if len(directions) != 3 or sum(directions) < 2:
        raise NotPeriodicError(f"periodic in {sum(directions)} directions; a square net needs two")
    return directions


def _as_crystal(
    matrix: NDArray[np.float64], positions: NDArray[np.float64], periodic: Sequence[bool]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The vectors of a slab with room around it, and its Cartesian positions."""
    if not np.isfinite(positions).all():
        raise BadCoordinatesError("a position is no finite number")
    vectors = as_crystal(matrix, positions, periodic)
    if vectors is None:
        raise BadCellError(f"cell vectors {matrix.tolist()}: the two periods of the slab span no area")
    return vectors, positions


def _species_amounts(species: Mapping[str, Any], notes: list[str]) -> Amounts:
    """Elements of one species with their concentrations; vacancies are what is left out."""
    symbols, shares = species["chemical_symbols"], species.get("concentration")
    if shares is None and len(symbols) == 1:
        shares = [1.0]
    if shares is None:
        raise ParseError(f"species {species['name']!r} has {len(symbols)} elements and no concentrations")
    if len(symbols) != len(shares):
        raise ParseError(f"species {species['name']!r} has {len(symbols)} elements, {len(shares)} shares")
    amounts: Amounts = {}
    for name, share in zip(symbols, shares, strict=True):
        if name != VACANCY and float(share) != 0:
            for symbol, whole in _whole_site(name, notes).items():
                amounts[symbol] = amounts.get(symbol, 0.0) + whole * float(share)
    attached = [str(name) for name in species.get("attached") or ()]
    if attached:
        notes.append(
            f"{', '.join(attached)} attached to {'/'.join(map(str, symbols))} has no site of its own"
        )
    return amounts


def _whole_site(name: object, notes: list[str]) -> Amounts:
    """What fills a site of this name; nothing for the placeholder."""
    if name == PLACEHOLDER:
        notes.append("sites of X, which is no chemical element, were left out")
        return {}
    return {_symbol(name): 1.0}


def _group_shares(assemblies: Sequence[Mapping[str, Any]], count: int) -> list[float]:
    """The probability of each site: that of its group, where groups of sites exclude each other."""
    shares = [1.0] * count
    for assembly in assemblies:
        groups = assembly["sites_in_groups"]
        for group, probability in zip(groups, assembly["group_probabilities"], strict=True):
            for site in group:
                shares[site] *= float(probability)
    return shares


def _symbol(name: object) -> str:
    symbol = plain_symbol(str(name))
    if symbol is None:
        raise UnknownElementError(f"a site holds {str(name)[:40]!r}, which is no chemical element")
    return symbol


def _cell(vectors: object, periodic: Sequence[bool]) -> NDArray[np.float64]:
    """The vectors as numbers; OPTIMADE leaves out the numbers of one that is no period."""
    if isinstance(vectors, list) and len(vectors) == 3:
        vectors = [
            vector if repeats or (isinstance(vector, list) and None not in vector) else [0.0, 0.0, 0.0]
            for vector, repeats in zip(vectors, periodic, strict=True)
        ]
    try:
        matrix = np.array(vectors, dtype=np.float64)
    except (TypeError, ValueError):
        matrix = np.empty(0)
    if matrix.shape != (3, 3):
        raise BadCellError(f"cell vectors {str(vectors)[:80]}: expected three vectors of three numbers")
    if not np.isfinite(matrix).all():
        raise BadCellError(f"cell vectors {matrix.tolist()}: expected nine finite numbers")
    return matrix


def _matrix(lattice: Mapping[str, Any]) -> object:
    """The vectors of a lattice of pymatgen, which may be given by lengths and angles alone."""
    if "matrix" in lattice:
        return lattice["matrix"]
    try:
        return Lattice.from_parameters(
            *(float(lattice[key]) for key in ("a", "b", "c", "alpha", "beta", "gamma"))
        ).matrix
    except (KeyError, TypeError, ValueError) as error:
        raise BadCellError("the lattice has no matrix, and not all lengths and angles") from error


def _positions(payload: Mapping[str, Any], contents: Contents, cartesian: bool) -> NDArray[np.float64]:
    try:
        rows = (
            payload["cartesian_site_positions"] if cartesian else [site["abc"] for site in payload["sites"]]
        )
        positions = np.array(rows, dtype=np.float64).reshape(-1, 3)
    except (KeyError, TypeError, ValueError) as error:
        raise BadCoordinatesError(
            f"the positions are not three numbers for each site ({type(error).__name__}: {str(error)[:80]})"
        ) from error
    listed = len(payload["species_at_sites"]) if cartesian else len(payload["sites"])
    if len(positions) != listed:
        raise BadCoordinatesError(
            f"{listed} sites but {len(positions)} positions; expected one for each site"
        )
    return positions if len(contents.place) == listed else positions[list(contents.place)]


def _solve(matrix: NDArray[np.float64], positions: NDArray[np.float64]) -> NDArray[np.float64]:
    try:
        fractional = np.linalg.solve(matrix.T, positions.T).T
    except np.linalg.LinAlgError as error:
        raise BadCellError(f"cell vectors {matrix.tolist()} span no volume") from error
    return np.ascontiguousarray(fractional)


def _merged(
    amounts: list[Amounts], fractional: NDArray[np.float64], limits: ReadingLimits
) -> tuple[list[Amounts], NDArray[np.float64], list[str]]:
    """Makes one site of partly occupied ones at the same place, as databases list mixed sites one by one."""
    partial = [index for index, site in enumerate(amounts) if sum(site.values()) < FULL]
    if len(partial) < 2 or not np.isfinite(fractional).all():
        return amounts, fractional, []
    from scipy.spatial import cKDTree  # a quarter of a second, and few structures have such sites

    wrapped = fractional[partial] % 1.0
    wrapped[wrapped >= 1.0] = 0.0
    pairs = cKDTree(wrapped, boxsize=1.0).query_pairs(limits.position_tolerance, p=np.inf)
    gone: set[int] = set()
    merged = [dict(site) for site in amounts]
    for first, second in sorted((partial[min(pair)], partial[max(pair)]) for pair in pairs):
        if first in gone or second in gone:
            continue
        if sum(merged[first].values()) + sum(merged[second].values()) > limits.max_occupancy:
            continue
        for symbol, amount in merged[second].items():
            merged[first][symbol] = merged[first].get(symbol, 0.0) + amount
        gone.add(second)
    if not gone:
        return amounts, fractional, []
    kept = [index for index in range(len(amounts)) if index not in gone]
    note = f"{len(gone)} partly occupied sites were merged with others at the same place"
    return [merged[index] for index in kept], fractional[kept], [note]


def _mixes(amounts: Sequence[Amounts]) -> list[Amounts]:
    """What stands on each site, without traces; equal sites share one object, which saves time and memory."""
    made: dict[tuple[tuple[str, float], ...], Amounts] = {}
    result = []
    for site in amounts:
        key = tuple(site.items())
        mix = made.get(key)
        if mix is None:
            mix = made[key] = {symbol: amount for symbol, amount in key if amount >= TRACE}
        result.append(mix)
    return result
