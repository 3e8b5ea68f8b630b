"""Whether ions fit their places: Goldschmidt's tolerance factor, and how many anions each of them has.

Goldschmidt, Naturwissenschaften 14, 477 (1926); ionic radii and numbers of neighbours of Shannon, Acta Cryst.
A 32, 751 (1976), as pymatgen tabulates them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import sqrt

from pymatgen.core import Element

from polywell.data.elements import LIGANDS
from polywell.data.spacers import spacer_table
from polywell.electrons.bonds import Bonding
from polywell.geometry.find import Net
from polywell.geometry.ions import Ions
from polywell.geometry.nets.square_nets import BRIDGED

METAL_ANG = {"Cu": 0.73, "Ni": 0.69}
"""Å: radii of the metals of bridged nets, 2+ with six neighbours (Shannon, read in pymatgen)."""

LIGAND_ANG = {"O": 1.40, "F": 1.33, "Cl": 1.81, "S": 1.84}
"""Å: radii of their ligands with six neighbours (the same)."""

MEASURED = (0.81, 1.0)
"""Tolerance factors of measured crystals with these radii, from Gd2CuO4 (0.814) to K2NiF4 (0.994)."""

NEIGHBOURS = {
    **{"I": 1, "II": 2, "III": 3, "IIIPY": 3, "IV": 4, "IVPY": 4, "IVSQ": 4, "V": 5, "VI": 6, "VII": 7},
    **{"VIII": 8, "IX": 9, "X": 10, "XI": 11, "XII": 12, "XIV": 14},
}
"""Numbers of neighbours as Shannon writes them."""

ALSO = {"Bi": 4, "Pr": 12}
"""Numbers that his table lacks and measured crystals have: BiCuSeO and Pr4Ni3O10 of the reference library."""


@cache
def known_neighbours(symbol: str) -> tuple[int, int] | None:
    """The fewest and the most anions that an element is known with; None where nobody says."""
    radii = Element(symbol).data.get("Shannon radii") or {}
    found = {NEIGHBOURS[name] for by_number in radii.values() for name in by_number if name in NEIGHBOURS}
    found |= {ALSO[symbol]} if symbol in ALSO else set()
    return (min(found), max(found)) if found else None


def fit_of(
    ions: Ions, structure: int, bonding: Bonding, nets: Sequence[Net]
) -> tuple[float | None, str | None]:
    """The tolerance factor of one structure, and what does not fit in words; None where there is none.

    The factor is (r_A + r_X)/√2(r_M + r_X), r_A the mean radius of the cations at the apexes of all
    cages of bridged nets. Cations outside the nets are counted by their majority; too few anions are too few
    within 3 Å or the reach of a bond, too many are too many within the reach of a bond.

    Args:
        ions: a batch of structures.
        structure: number of the structure in the batch.
        bonding: the bonds of the batch.
        nets: those that are spoken of.
    """
    said = []
    factor = _tolerance_factor(ions, nets)
    if factor is not None and not MEASURED[0] <= factor <= MEASURED[1]:
        said.append(
            f"tolerance factor {factor:.3f}, measured crystals have {MEASURED[0]:g} to {MEASURED[1]:g}"
        )
    inside = {ion for net in nets for ion in net.metals}
    wrong: dict[str, None] = {}
    members = ions.members(structure)
    near, most = bonding.nearby[members].tolist(), bonding.held[members].tolist()
    for k, symbol in enumerate(ions.elements[members]):
        if members.start + k in inside or symbol in LIGANDS:
            continue
        known = known_neighbours(symbol)
        if known is not None and not (near[k] >= known[0] and most[k] <= known[1]):
            count = near[k] if near[k] < known[0] else most[k]
            wrong[f"{symbol} with {count} anions, known with {known[0]} to {known[1]}"] = None
    return factor, "; ".join([*said, *wrong]) or None


def _tolerance_factor(ions: Ions, nets: Sequence[Net]) -> float | None:
    if not nets or nets[0].kind != BRIDGED:
        return None
    metal, ligand = METAL_ANG.get(nets[0].sheet.metal), LIGAND_ANG.get(nets[0].sheet.ligand)
    apexes = [ion for net in nets for cage in net.cages for ion, _ in cage.apexes]
    radii = [spacer_table().radius_ang(ions.elements[ion], False) for ion in apexes]
    known = [radius for radius in radii if radius is not None]
    if metal is None or ligand is None or not known or len(known) < len(radii):
        return None
    return round((sum(known) / len(known) + ligand) / (sqrt(2) * (metal + ligand)), 6)
