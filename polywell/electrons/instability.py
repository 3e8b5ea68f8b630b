"""The global instability index: how far the bond valence sums of all ions lie from their charges.

Salinas-Sanchez et al., J. Solid State Chem. 100, 201 (1992), doi:10.1016/0022-4596(92)90094-C. Where an ion
has several charges, any of them, and all between, is right for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from math import log

import numpy as np

from polywell.electrons.bonds import Bonding, pairs
from polywell.geometry.ions import Floats, Ints, Ions
from polywell.geometry.periodic import rows_of
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


@dataclass(frozen=True)
class Charged:
    """Charges of each element of a structure; `inside` those of ions of its batch that are known better."""

    of_elements: Mapping[str, Range]
    inside: Mapping[int, Range]


def instabilities(ions: Ions, bonding: Bonding, charged: Mapping[int, Charged]) -> dict[int, Instability]:
    """The global instability index of structures, by the bond valences of all their cations and anions.

    The square root of the mean square distance of an ion's sum from its charges. Shared sites count by their
    shares. Anions that are bound to each other are less negative by one for each bond.

    Args:
        ions: a batch of structures.
        bonding: the bonds of the batch.
        charged: charges of the structures in question, by their number in the batch.
    """
    if not charged:
        return {}
    charged = dict(sorted(charged.items()))
    elements = [(symbol, *ends) for own in charged.values() for symbol, ends in own.of_elements.items()]
    least, usual, most = np.array([ends for _, *ends in elements]).T
    ion, kind, share = _species(ions, charged)
    one, other, distances = _opposite(ions, ion, usual[kind])
    (r0, b, longest), pair = _bonds(charged, kind[one], kind[other])
    rows = np.flatnonzero(distances <= longest[pair])
    one, other, distances, pair = one[rows], other[rows], distances[rows], pair[rows]
    valence = share[one] * share[other] * np.exp((r0[pair] - distances) / b[pair])
    strange = np.flatnonzero(np.isnan(valence))
    valence[strange] = 0.0
    near = TOLERANCES.bond_ratio * (ions.radii[ion[one[strange]]] + ions.radii[ion[other[strange]]])
    unknown: dict[int, set[str]] = {}
    for row in strange[distances[strange] <= near].tolist():
        said = unknown.setdefault(int(ions.crystals[ion[one[row]]]), set())
        said.add(f"{elements[kind[one[row]]][0]}-{elements[kind[other[row]]][0]}")
    count = len(ions.elements)
    sums = np.bincount(ion[one], valence, count) - np.bincount(ion[other], valence, count)
    filled, low, high = (np.bincount(ion, share * ends, count) for ends in (1.0, least[kind], most[kind]))
    for own in charged.values():
        for place, ends in own.inside.items():
            low[place], high[place] = ends[0] * filled[place], ends[2] * filled[place]
    low, high = low + bonding.shared, high + bonding.shared
    held = np.flatnonzero(filled > 0)
    missed = np.maximum(0.0, np.maximum(low - sums, sums - high))[held] / filled[held]
    owner = np.searchsorted(list(charged), ions.crystals[held])
    index = np.sqrt(np.bincount(owner, missed**2 * filled[held]) / np.bincount(owner, filled[held]))
    worst = np.lexsort((-missed, owner))[np.searchsorted(owner, np.arange(len(charged)))]
    made = {}
    for structure, value, row in zip(charged, index.tolist(), worst.tolist(), strict=True):
        at, note = held[row], None
        if missed[row] > TOLD:
            wanted = (low if sums[at] < low[at] else high)[at] / filled[at]
            sum_, name = sums[at] / filled[at], ions.elements[at]
            note = f"bonds of {name} sum to {sum_:+.2f}, its charge is {wanted:+.2f}"
        made[structure] = Instability(round(value, 6), note)
    for structure, names in unknown.items():
        made[structure] = Instability(None, f"no bond valence parameters of {', '.join(sorted(names))}")
    return made


def _species(ions: Ions, charged: Mapping[int, Charged]) -> tuple[Ints, Ints, Floats]:
    """The elements on the sites of structures: ion, number among the elements of all structures, share."""
    rows: list[tuple[int, int, float]] = []
    first = 0
    for structure, own in charged.items():
        number = {symbol: first + place for place, symbol in enumerate(own.of_elements)}
        first += len(number)
        members = ions.members(structure)
        for site, mix in enumerate(ions.mixes[members], members.start):
            rows += [(site, number[symbol], amount) for symbol, amount in mix.items()]
    ion, kind, share = zip(*rows, strict=True)
    return np.array(ion), np.array(kind), np.array(share)


def _opposite(ions: Ions, ion: Ints, charge: Floats) -> tuple[Ints, Ints, Floats]:
    """Pairs of species (P,) on neighbouring sites of cations and anions, each with each; distances in Å."""
    count = len(ions.elements)
    holds_cation, holds_anion = (
        np.bincount(ion[held], minlength=count) > 0 for held in (charge > 0, charge < 0)
    )
    rows = np.flatnonzero(holds_cation[ions.centres] & holds_anion[ions.others])
    one, other, distances = ions.centres[rows], ions.others[rows], ions.distances[rows]
    held = np.bincount(ion, minlength=count)
    first = np.cumsum(held) - held
    if held.max() == 1:
        return first[one], first[other], distances
    row, within = rows_of(np.zeros(len(rows), np.int64), held[one] * held[other])
    others = held[other][row]
    return first[one][row] + within // others, first[other][row] + within % others, distances[row]


def _bonds(charged: Mapping[int, Charged], one: Ints, other: Ints) -> tuple[Floats, Ints]:
    """The tables (see `_table`) of all structures, and the place in them of pairs of numbers of elements."""
    known = [own.of_elements for own in charged.values()]
    tables = [_table(tuple(each), tuple(usual for _, usual, _ in each.values())) for each in known]
    sizes = np.array([len(each) for each in known])
    owner, place = rows_of(np.zeros_like(sizes), sizes)
    begin = (np.cumsum(sizes**2) - sizes**2)[owner] + place * sizes[owner]
    return np.concatenate(tables, axis=1), begin[one] + place[other]


@lru_cache(maxsize=1024)
def _table(symbols: tuple[str, ...], charges: tuple[float, ...]) -> Floats:
    """r0, b and the longest bond (3, K²) of each pair of K symbols in Å, r0 nan where the table has none.

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
    return np.array([r0.ravel(), b.ravel(), longest.ravel()])
