"""The global instability index: how far the bond valence sums of all ions lie from their charges.

Salinas-Sanchez et al., J. Solid State Chem. 100, 201 (1992), doi:10.1016/0022-4596(92)90094-C. Where an ion
has several charges, any of them, and all between, is right for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import log

import numpy as np

from polywell.electrons.bonds import Bonding, pairs
from polywell.geometry.ions import Floats, Ints, Ions
from polywell.geometry.tolerances import TOLERANCES

LEAST_BOND = 0.01
"""Bonds with a smaller valence in units of e do not count: Cu-O beyond 3.4 Å."""

TOLD = 0.3
"""Units of e: an ion whose sum is further from its charge is named."""

Range = tuple[float, float, float]
"""Lowest, usual and highest charge of an element in units of e."""


@dataclass(frozen=True)
class Instability:
    """The index in units of e (valence units); None where it cannot be said, and the note says why.

    Of a structure with an index the note names the ion that is furthest from its charge, where it is far.
    """

    index: float | None
    note: str | None


@cache
def _parameters(cation: str, charge: float, anion: str) -> tuple[float, float] | None:
    """r0 and b in Å of a bond, those of the nearest charge in the table; None where it has none."""
    found = [row for row in pairs() if row.metal == cation and anion in row.r0_ang]
    if not found:
        return None
    row = min(found, key=lambda one: 0.0 if one.charge is None else abs(one.charge - charge))
    return row.r0_ang[anion], row.b_ang


def instability(
    ions: Ions, structure: int, bonding: Bonding, charges: Mapping[str, Range], inside: Mapping[int, Range]
) -> Instability:
    """The global instability index of one structure, by the bond valences of all its cations and anions.

    The square root of the mean square distance of an ion's sum from its charges. Shared sites count by their
    shares. Anions that are bound to each other are less negative by one for each bond.

    Args:
        ions: a batch of structures.
        structure: number of the structure in the batch.
        bonding: the bonds of the batch.
        charges: of each element of the structure.
        inside: those of single ions of the batch, where they are known better: the metals of nets.
    """
    members = ions.members(structure)
    ion, kind, share, symbols = _species(ions.mixes[members])
    if not symbols:
        return Instability(None, "no ions")
    count = members.stop - members.start
    r0, b, longest = _table(tuple(symbols), tuple(charges[symbol][1] for symbol in symbols))
    one, other, distances = _between_species(ions, members, ion)
    pair = kind[one] * len(symbols) + kind[other]
    rows = np.flatnonzero(distances <= longest[pair])
    one, other, distances, pair = one[rows], other[rows], distances[rows], pair[rows]
    valence = share[one] * share[other] * np.exp((r0[pair] - distances) / b[pair])
    strange = np.flatnonzero(np.isnan(valence))
    if len(strange):
        radii = ions.radii[members]
        near = radii[ion[one[strange]]] + radii[ion[other[strange]]]
        bound = strange[distances[strange] <= TOLERANCES.bond_ratio * near]
        said = {f"{symbols[kind[one[k]]]}-{symbols[kind[other[k]]]}" for k in bound.tolist()}
        if said:
            return Instability(None, f"no bond valence parameters of {', '.join(sorted(said))}")
        valence[strange] = 0.0
    sums = np.bincount(ion[one], valence, count) - np.bincount(ion[other], valence, count)
    low, high = _expected(members, bonding, (ion, kind, share), symbols, charges, inside)
    filled = np.bincount(ion, share, count)
    held = np.flatnonzero(filled > 0)
    missed = np.maximum(0.0, np.maximum(low - sums, sums - high))[held] / filled[held]
    index = round(float(np.sqrt(missed**2 @ filled[held] / filled.sum())), 6)
    worst = int(missed.argmax())
    if missed[worst] <= TOLD:
        return Instability(index, None)
    at = int(held[worst])
    sum_ = float(sums[at] / filled[at])
    wanted = float((low if sums[at] < low[at] else high)[at] / filled[at])
    name = ions.elements[members.start + at]
    return Instability(index, f"bonds of {name} sum to {sum_:+.2f}, its charge is {wanted:+.2f}")


def _species(mixes: Sequence[Mapping[str, float]]) -> tuple[Ints, Ints, Floats, list[str]]:
    """The elements on the sites of a structure: site, number of the symbol, share; the symbols."""
    symbols = sorted({symbol for mix in mixes for symbol in mix})
    number = {symbol: k for k, symbol in enumerate(symbols)}
    rows = [(site, number[one], amount) for site, mix in enumerate(mixes) for one, amount in mix.items()]
    sites, kinds, shares = zip(*rows, strict=True) if rows else ((), (), ())
    return (
        np.array(sites, dtype=np.int64),
        np.array(kinds, dtype=np.int64),
        np.array(shares, dtype=np.float64),
        symbols,
    )


def _between_species(ions: Ions, members: slice, ion: Ints) -> tuple[Ints, Ints, Floats]:
    """Pairs of species within reach, and their distances in Å: those of the ions, each with each."""
    rows = slice(int(ions.starts[members.start]), int(ions.starts[members.stop]))
    one, other = ions.centres[rows] - members.start, ions.others[rows] - members.start
    distances, count = ions.distances[rows], members.stop - members.start
    held = np.bincount(ion, minlength=count)
    first = np.cumsum(held) - held
    if (held == 1).all():
        return one, other, distances
    each = held[one] * held[other]
    row = np.repeat(np.arange(len(one)), each)
    within = np.arange(len(row)) - np.repeat(np.cumsum(each) - each, each)
    others = held[other][row]
    return first[one][row] + within // others, first[other][row] + within % others, distances[row]


def _expected(
    members: slice,
    bonding: Bonding,
    species: tuple[Ints, Ints, Floats],
    symbols: list[str],
    charges: Mapping[str, Range],
    inside: Mapping[int, Range],
) -> tuple[Floats, Floats]:
    """Lowest and highest charge of each site, shares counted."""
    ion, kind, share = species
    count = members.stop - members.start
    ends: Floats = np.array([(charges[symbol][0], charges[symbol][2]) for symbol in symbols], dtype=float)
    low, high = (np.bincount(ion, share * ends[kind, end], count).astype(float) for end in (0, 1))
    filled = np.bincount(ion, share, count)
    for place, (least, _, most) in inside.items():
        site = place - members.start
        low[site], high[site] = least * filled[site], most * filled[site]
    shared = bonding.shared[members]
    return low + shared, high + shared


@lru_cache(maxsize=1024)
def _table(symbols: tuple[str, ...], charges: tuple[float, ...]) -> tuple[Floats, Floats, Floats]:
    """r0 and b of each pair of K symbols (K²,) in Å, r0 nan where the table has none; and the longest bond.

    A pair that is none of a cation and an anion has no bond.
    """
    size = len(symbols)
    r0, b, longest = np.full((size, size), np.nan), np.ones((size, size)), np.zeros((size, size))
    for i, cation in enumerate(symbols):
        for k, anion in enumerate(symbols):
            if charges[i] > 0 > charges[k]:
                longest[i, k] = TOLERANCES.reach
                found = _parameters(cation, charges[i], anion)
                if found is not None:
                    r0[i, k], b[i, k] = found
                    longest[i, k] = found[0] - found[1] * log(LEAST_BOND)
    return r0.ravel(), b.ravel(), longest.ravel()
