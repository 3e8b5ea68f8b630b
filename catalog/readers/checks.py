"""What every structure must satisfy, whichever reader made it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element, Lattice, Structure

from catalog.errors import (
    BadCellError,
    BadCoordinatesError,
    NoStructureError,
    NotPeriodicError,
    TooManySitesError,
    UnknownElementError,
)
from catalog.readers.cif.scan import check_cell
from catalog.readers.composition import elements_and_formula, plain_symbol
from catalog.readers.limits import ReadingLimits
from polywell.geometry.slab import SLAB, crystal_of

Amounts = dict[str, float]


def check_structure(structure: Structure, limits: ReadingLimits) -> None:
    """As `check_sites`, of an object of pymatgen."""
    check_sites(structure.lattice.matrix, structure.frac_coords, limits)


def check_sites(matrix: NDArray[np.float64], frac: NDArray[np.float64], limits: ReadingLimits) -> None:
    """Refuses a structure with an impossible cell, or with coordinates that are no numbers.

    Args:
        matrix: vectors of the cell as rows, in Å, shape (3, 3).
        frac: fractional coordinates (N, 3) of the sites.
        limits: bounds of the reading.

    Raises:
        NoStructureError: no sites.
        TooManySitesError: more sites than the limit.
        BadCellError: not finite, without volume, or flat.
        BadCoordinatesError: a coordinate is not finite.
    """
    if len(frac) == 0:
        raise NoStructureError("the structure holds no atoms")
    if len(frac) > limits.sites:
        raise TooManySitesError(f"{len(frac)} sites, the limit is {limits.sites}")
    if not np.isfinite(matrix).all() or (np.linalg.norm(matrix, axis=1) == 0).any():
        raise BadCellError(
            f"cell vectors {matrix.tolist()}: expected nine finite numbers and three lengths above 0"
        )
    lattice = Lattice(matrix)
    check_cell(lattice.lengths, lattice.angles, limits)
    wrong = np.flatnonzero(~np.isfinite(frac).all(axis=1))
    if len(wrong):
        place = frac[wrong[0]].tolist()
        raise BadCoordinatesError(
            f"site {wrong[0]} stands at {place}; expected finite fractional coordinates"
        )


def normalised(structure: Structure, limits: ReadingLimits) -> tuple[Structure, list[str]]:
    """The structure with elements only: no charges, spins or isotopes, occupancies of a site at most 1.

    Sites keep their order and coordinates, and a slab gets room around it. Returns the structure and remarks
    on what was changed.

    Raises:
        NotPeriodicError: fewer than two periods.
        UnknownElementError: a site holds no element (a vacancy symbol, a placeholder).
        BadCoordinatesError: an occupancy is not in (0, 1], beyond rounding.
    """
    crystal = crystal_of(structure)
    if crystal is None:
        raise NotPeriodicError(f"periodic in {sum(structure.lattice.pbc)} directions; a square net needs two")
    slab = [] if crystal is structure else [SLAB]
    structure = crystal
    mixed, scaled = at_most_one([_site_amounts(site, index) for index, site in enumerate(structure)], limits)
    if all(_is_plain(site.species, amounts) for site, amounts in zip(structure, mixed, strict=True)):
        return structure, [*slab, *scaled]
    return Structure(structure.lattice, mixed, structure.frac_coords), [*slab, *scaled]


def at_most_one(amounts: list[Amounts], limits: ReadingLimits) -> tuple[list[Amounts], list[str]]:
    """Scales occupancies that exceed 1 through rounding; returns those of all sites, and remarks.

    Raises:
        BadCoordinatesError: a site is empty, or occupied more often than rounding explains.
    """
    result, over = [], 0
    for index, site in enumerate(amounts):
        total = sum(site.values())
        if not 0 < total <= limits.max_occupancy:
            raise BadCoordinatesError(
                f"site {index} is occupied {total:g} times; "
                f"expected more than 0 and at most {limits.max_occupancy:g}"
            )
        over += total > 1 + 1e-6
        result.append({symbol: amount / total for symbol, amount in site.items()} if total > 1 else site)
    return result, [f"occupancies of {over} sites were scaled down to 1"] if over else []


def not_periodic(symbols: Iterable[str], why: str) -> NotPeriodicError:
    """The error of a file without a crystal, with the composition of those symbols that are elements'."""
    amounts: Counter[str] = Counter(filter(None, map(plain_symbol, symbols)))
    elements, formula = elements_and_formula(amounts) if amounts else ((), "")
    return NotPeriodicError(f"the file holds no three-dimensional crystal ({why})", elements, formula)


def _site_amounts(site: object, index: int) -> Amounts:
    amounts: Amounts = {}
    for species, occupancy in site.species.items():  # type: ignore[attr-defined]
        symbol = plain_symbol(getattr(species, "symbol", str(species)))
        if symbol is None or type(species).__name__ == "DummySpecies":
            raise UnknownElementError(
                f"site {index} holds {str(species)[:40]!r}, which is no chemical element"
            )
        amounts[symbol] = amounts.get(symbol, 0.0) + float(occupancy)
    return amounts


def _is_plain(species: object, amounts: Amounts) -> bool:
    items = list(species.items())  # type: ignore[attr-defined]
    return len(items) == len(amounts) and all(
        isinstance(item, Element) and amounts.get(item.symbol) == occupancy for item, occupancy in items
    )
