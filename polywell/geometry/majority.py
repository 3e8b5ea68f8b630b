"""A crystal by its majority: every site is its commonest element, and sparse ones are none."""

from __future__ import annotations

from collections import Counter

from pymatgen.core import Composition, Structure

from polywell.geometry.ions import majority, site_mixes

LEAST_OCCUPANCY = 0.5
"""A site filled no more than this is no ion of the majority composition."""


def majority_formula(structure: Structure) -> str:
    """Reduced formula of the majority elements: every site by its commonest element, sparse sites left out.

    It is the composition "up to doping": YBa2Cu3O6.91 is YBa2Cu3O7 and La1.85Sr0.15CuO4 is La2CuO4. Empty
    where every site is sparse.
    """
    counts = Counter(majority(mix) for mix in site_mixes(structure) if sum(mix.values()) > LEAST_OCCUPANCY)
    return str(Composition(dict(counts)).reduced_formula) if counts else ""


def volume_per_ion_ang3(structure: Structure) -> float | None:
    """Volume of the cell in Å³ for each of its sites that is not sparse; None where all are."""
    filled = sum(sum(mix.values()) > LEAST_OCCUPANCY for mix in site_mixes(structure))
    return float(structure.volume) / filled if filled else None
