"""Chemical pressure: how T_c moves when one cation replaces another, by radii, heights or ions that touch."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Composition, Species

from polywell.data.charges import formal_charges
from polywell.data.elements import LIGANDS, NET_METALS
from polywell.geometry.ions import crystal_of, side_by_side
from polywell.geometry.tolerances import TOLERANCES
from polywell.relation import critical_temperature_k

if TYPE_CHECKING:
    from pymatgen.core import Structure

GUESTS = ("Li Na K Rb Cs Mg Ca Sr Ba Eu Hg Pb Sc Y La Ce Pr Nd Sm Gd Tb Dy Ho Er Tm Yb Lu Bi Tl").split()
"""Cations that are tried in the place of another of the same charge."""

OXIDE_RADIUS_ANG = 1.40
"""O2- in coordination 6, the one on which Shannon's crystal radii rest (Acta Cryst. A 32, 751 (1976))."""
RARE_EARTHS = tuple("La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Y".split())
CHARGES = dict.fromkeys("Ca Sr Ba Mg Cd Pb".split(), 2) | dict.fromkeys("K Na Li Tl".split(), 1)
"""Usual charges of apex cations; others carry 3."""

_ROMAN = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV")


class NoRadiusError(ValueError):
    """Shannon's table has no radius for an ion in this coordination."""


@dataclass(frozen=True)
class Substitution:
    """One cation in the place of another; radii in Å for the same coordination, ΔT_c in K."""

    host: str
    guest: str
    coordination: int
    host_radius_ang: float
    guest_radius_ang: float
    change_k: float


@cache
def known_radius_ang(symbol: str, charge: int, coordination: int) -> float | None:
    """Shannon's ionic radius in Å for exactly this coordination number (Acta Cryst. A 32, 751 (1976)).

    The table is the one that pymatgen carries, high spin where it tells spins apart; None where it has none.
    """
    if not 1 <= coordination < len(_ROMAN):
        return None
    with warnings.catch_warnings():
        # pymatgen warns when it falls back to the only spin that is tabulated.
        warnings.simplefilter("ignore")
        try:
            return float(Species(symbol, charge).get_shannon_radius(_ROMAN[coordination], "", "ionic"))
        except KeyError:
            return None


def shannon_radius_ang(symbol: str, charge: int, coordination: int) -> float:
    """The same radius, where it cannot be done without.

    Raises:
        NoRadiusError: there is no such entry.
    """
    radius = known_radius_ang(symbol, charge, coordination)
    if radius is None:
        raise NoRadiusError(
            f"Shannon's table has no {symbol}{charge:+d} in coordination {coordination}; "
            "try a neighbouring coordination for both ions"
        )
    return radius


@cache
def apex_radius_ang(symbol: str, coordination: int) -> tuple[float, bool]:
    """Radius in Å of an apex cation in its usual charge, and whether it is carried on from another one.

    Where Shannon's table lacks the coordination, the radius for 9, else 8, is stretched by the mean ratio of
    the rare earths that have both.

    Raises:
        NoRadiusError: the table has the ion in none of these coordinations.
    """
    for other in (coordination, 9, 8, 6):
        radius = known_radius_ang(symbol, CHARGES.get(symbol, 3), other)
        if radius is not None:
            return radius * _stretch(other, coordination), other != coordination
    raise NoRadiusError(f"Shannon's table has no {symbol} in coordination {coordination}, 9, 8 or 6")


@cache
def _stretch(known: int, wanted: int) -> float:
    pairs = [[known_radius_ang(symbol, 3, number) for number in (wanted, known)] for symbol in RARE_EARTHS]
    return 1.0 if known == wanted else fmean(far / near for far, near in pairs if far and near)


def touching_height_ang(radius_ang: float, edge_ang: float) -> float:
    """Height in Å of a cation that touches the oxygens of its square; 0 where it slips through."""
    return sqrt(max(0.0, (radius_ang + OXIDE_RADIUS_ANG) ** 2 - (edge_ang / 2) ** 2))


def shift_by_radii_k(tc_k: float, host_radius_ang: float, guest_radius_ang: float) -> float:
    """ΔT_c = T_c (r_host - r_guest)/r_host in K (proposal, chemical pressure).

    Raises:
        ValueError: a temperature or radius is not positive.
    """
    if min(tc_k, host_radius_ang, guest_radius_ang) <= 0:
        raise ValueError(
            f"T_c and radii must be positive, got {tc_k} K, {host_radius_ang} and {guest_radius_ang} Å"
        )
    return tc_k * (host_radius_ang - guest_radius_ang) / host_radius_ang


def shift_by_heights_k(host_xi_ang: float, guest_xi_ang: float, lambda_k_ang2: float) -> float:
    """ΔT_c = λ/ξ_guest² - λ/ξ_host² in K, where the structures of both compounds are known."""
    return critical_temperature_k(guest_xi_ang, lambda_k_ang2) - critical_temperature_k(
        host_xi_ang, lambda_k_ang2
    )


def coordination_numbers(structure: Structure, element: str) -> tuple[int, ...]:
    """Numbers of anions bonded to each site that holds mostly `element`, in the order of the sites.

    A bond is as long as `polywell.geometry.tolerances` allows: up to 1.2 × the sum of the covalent radii.

    Raises:
        ValueError: the structure cannot be read.
    """
    ions, _ = side_by_side([crystal_of(structure)])
    reach = TOLERANCES.bond_ratio * (ions.radii[ions.centres] + ions.radii[ions.others])
    bonded = ions.is_ligand[ions.others] & (ions.distances <= reach)
    counts = np.bincount(ions.centres[bonded], minlength=len(ions.elements)).tolist()
    return tuple(count for symbol, count in zip(ions.elements, counts, strict=True) if symbol == element)


def commonest(numbers: Sequence[int]) -> int:
    """The commonest of some coordination numbers, the smaller where two are equally common."""
    return max(sorted(set(numbers)), key=numbers.count)


def substitutions(structure: Structure, host: str, tc_k: float) -> tuple[Substitution, ...]:
    """Every cation of the host's charge that Shannon's table knows in the host's coordination.

    The coordination is the commonest one of the host's sites, the smaller where two are equally common;
    where the table lacks the host there, the nearest coordination that it has is taken for both ions.
    Order: rising ΔT_c. T_c moves with whole replacement of the host; a share of it moves T_c by that share.

    Raises:
        NoRadiusError: Shannon's table has no radius for the host in any coordination.
        ValueError: the structure does not hold the host, or T_c is not positive.
    """
    numbers = coordination_numbers(structure, host)
    if not numbers:
        raise ValueError(f"{structure.composition.reduced_formula} has no site of {host}")
    charges, wanted = formal_charges(), commonest(numbers)
    charge = charges[host]
    by_distance = sorted(range(1, len(_ROMAN)), key=lambda number: (abs(number - wanted), number))
    known = ((number, known_radius_ang(host, charge, number)) for number in by_distance)
    coordination, radius = next((one for one in known if one[1] is not None), (0, None))
    if radius is None:
        raise NoRadiusError(f"Shannon's table has no radius of {host}{charge:+d} in any coordination")
    found = []
    for guest in GUESTS:
        other = known_radius_ang(guest, charge, coordination)
        if guest != host and charges.get(guest) == charge and other is not None:
            shift = shift_by_radii_k(tc_k, radius, other)
            found.append(Substitution(host, guest, coordination, radius, other, shift))
    return tuple(sorted(found, key=lambda one: (one.change_k, one.guest)))


def replaced_cation(host: Composition, guest: Composition) -> tuple[str, str, float] | None:
    """The one cation by which two compounds differ, as (host's, guest's, share of the host's replaced).

    None when they differ in anything else, or by less than a tenth.
    """
    elements = {*host.elements, *guest.elements}
    changes = sorted((float(guest[element] - host[element]), element.symbol) for element in elements)
    differences = [one for one in changes if abs(one[0]) > 0.02]
    if len(differences) != 2:
        return None
    (less, lost), (more, gained) = differences
    charges = formal_charges()
    cations = not ({lost, gained} & (LIGANDS | NET_METALS)) and charges.get(lost) == charges.get(gained)
    if not cations or abs(less + more) > 0.02:
        return None
    share = more / float(host[lost])
    return (lost, gained, share) if share > 0.1 else None
