"""What an element can be in a layered compound: metal of a net, ligand, or apex cation."""

from __future__ import annotations

from functools import cache
from typing import Literal

from polywell.data.tables import Table, load_table

LIGANDS = frozenset("H B C N O F Si P S Cl Ge As Se Br Sb Te I".split())
"""Elements that bridge or cap metals. Every other element can stand at an apex."""

HALOGENS = frozenset("F Cl Br I".split())

NET_METALS = frozenset("Ti V Cr Mn Fe Co Ni Cu Zn Zr Nb Mo Tc Ru Rh Pd Ag Cd Hf Ta W Re Os Ir Pt Au".split())
"""d-block metals that can share a net; a net of Fe with some Ru or Co is one net."""

FALLBACK_RADIUS = 1.6
"""Å, for the elements that the table of covalent radii leaves out (Bk and heavier)."""


class _Radii(Table):
    source: str
    checked: Literal["read"]
    read: str
    radius_ang: dict[str, float]


@cache
def covalent_radius(symbol: str) -> float:
    """Covalent radius in Å (Cordero et al., Dalton Trans. 2832 (2008); `tables/covalent_radii.toml`)."""
    return load_radii().get(symbol, FALLBACK_RADIUS)


@cache
def load_radii() -> dict[str, float]:
    """Covalent radii in Å by element."""
    return load_table("covalent_radii.toml", _Radii).radius_ang
