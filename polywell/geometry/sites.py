"""The sites of a structure as arrays, partly filled and shared as they are, and what their majority is.

`sites_of` alone takes an object of pymatgen apart, and `structure_of` makes one; everything behind them works
on arrays.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polywell.data.elements import NET_METALS

if TYPE_CHECKING:
    from pymatgen.core import Composition, Structure

LEAST_OCCUPANCY = 0.5
"""A site filled no more than this is no ion of the majority composition."""


@dataclass(frozen=True)
class Sites:
    """The N sites of one structure.

    `lattice` (3, 3) holds the vectors of the cell in Å as rows, `frac` (N, 3) the fractional coordinates as
    the source gives them, and `mixes` the share of each element on each site; a site's shares sum to its
    occupancy. Oxidation states are dropped, D and T count as H.
    """

    lattice: NDArray[np.float64]
    frac: NDArray[np.float64]
    mixes: list[dict[str, float]]

    @cached_property
    def occupancy(self) -> NDArray[np.float64]:
        """Occupancy (N,) of the sites."""
        return np.array([sum(mix.values()) for mix in self.mixes])

    @cached_property
    def amounts(self) -> dict[str, float]:
        """Amount of each element in the cell."""
        amounts: dict[str, float] = {}
        for mix in self.mixes:
            for symbol, amount in mix.items():
                amounts[symbol] = amounts.get(symbol, 0.0) + amount
        return amounts

    @property
    def volume_ang3(self) -> float:
        """Volume of the cell in Å³."""
        (u, v, w), (x, y, z), _ = self.lattice.tolist()
        across = np.array([v * z - w * y, w * x - u * z, u * y - v * x])
        return abs(float(across @ self.lattice[2]))


def sites_of(structure: Structure) -> Sites:
    """The sites of a structure, in its order.

    Sites that share one composition share one mix, which saves most of the time.
    """
    made: dict[int, dict[str, float]] = {}
    mixes = []
    for site in structure:
        species: Any = site.species
        mix = made.get(id(species))
        if mix is None:
            mix = made[id(species)] = {}
            for specie, amount in species.items():
                symbol = "H" if specie.symbol in ("D", "T") else specie.symbol
                mix[symbol] = mix.get(symbol, 0.0) + float(amount)
        mixes.append(mix)
    return Sites(
        lattice=np.ascontiguousarray(structure.lattice.matrix, dtype=np.float64),
        frac=np.array([site.frac_coords for site in structure], dtype=np.float64).reshape(-1, 3),
        mixes=mixes,
    )


def structure_of(sites: Sites) -> Structure:
    """The structure of the sites, for whoever wants an object of pymatgen."""
    from pymatgen.core import Composition, Lattice, Structure

    made: dict[tuple[tuple[str, float], ...], Composition] = {}
    species = []
    for mix in sites.mixes:
        key = tuple(mix.items())
        if key not in made:
            made[key] = Composition(mix)
        species.append(made[key])
    return Structure(Lattice(sites.lattice), species, sites.frac)


def majority(mix: dict[str, float]) -> str:
    """The most frequent element of a shared site; a tie goes to a metal of nets, then to the alphabet."""
    if len(mix) == 1:
        return next(iter(mix))
    return min(mix, key=lambda symbol: (-round(mix[symbol], 6), symbol not in NET_METALS, symbol))


def majority_formula(sites: Sites) -> str:
    """Reduced formula of the majority elements: every site by its commonest element, sparse sites left out.

    It is the composition "up to doping": YBa2Cu3O6.91 is YBa2Cu3O7 and La1.85Sr0.15CuO4 is La2CuO4. Empty
    where every site is sparse.
    """
    counts = Counter(majority(mix) for mix in sites.mixes if sum(mix.values()) > LEAST_OCCUPANCY)
    return _reduced_formula(tuple(counts.items()))


@lru_cache(maxsize=4096)
def _reduced_formula(counts: tuple[tuple[str, int], ...]) -> str:
    from pymatgen.core import Composition

    return str(Composition(dict(counts)).reduced_formula) if counts else ""


def volume_per_ion_ang3(sites: Sites) -> float | None:
    """Volume of the cell in Å³ for each of its sites that is not sparse; None where all are."""
    filled = int((sites.occupancy > LEAST_OCCUPANCY).sum())
    return sites.volume_ang3 / filled if filled else None
