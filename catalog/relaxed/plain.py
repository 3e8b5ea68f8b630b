"""Ordered structures as they stand in the JSON of a home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymatgen.core import Lattice, Structure


def plain(structure: Structure) -> dict[str, Any]:
    """An ordered structure as lattice vectors in Å, elements and fractional coordinates."""
    return {
        "lattice": structure.lattice.matrix.tolist(),
        "species": [site.specie.symbol for site in structure],
        "frac": structure.frac_coords.tolist(),
    }


def structure_of(held: Mapping[str, Any]) -> Structure:
    """The structure that `plain` made such a mapping of."""
    return Structure(Lattice(held["lattice"]), held["species"], held["frac"])
