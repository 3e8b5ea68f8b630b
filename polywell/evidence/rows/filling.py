"""Which ion of a composition stands where: on the sites beside the sheets, on the sheets, in the spacer.

Size decides among electropositive ions: the largest take the site of the largest, the rest goes on. On the
sheets stand the metal of the family and what replaces it. A spacer that holds cations is filled first by
those that name series (Hg, Tl, Bi, Pb), then by the others, then by copper. So Zn and Ni of a doped
YBa2Cu3O7 stand on the sheets, Fe, Co, Al and Ga in the chains, as was found: Tarascon et al., Phys. Rev. B
37, 7458 (1988); recalled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from polywell.data.spacers import spacer_table
from polywell.data.supercon.types import (
    APICAL_AND_ELECTROPOSITIVE,
    HALOGENS,
    HEAVY,
    LIGHT_ANIONS,
    PNICTOGENS_AND_CHALCOGENS,
    StructureType,
)

STAY_ON_SHEETS = ("Ni", "Zn", "Mg", "Li")
"""Ions that replace copper on the sheets rather than in the spacer."""
SMALL = ("Mg", "Li")
"""Ions that stand beside the sheets, as calcium does, or on them, as zinc does: where places are missing."""
LEAST = 1e-6
"""Amounts below this are none."""

Mix = dict[str, float]


@dataclass(frozen=True)
class Filling:
    """Ions of one formula unit of a structure type by what they do."""

    electropositive: Mix
    sheets: Mix
    spacer: Mix
    ligands: Mix
    halogens: float
    light: float


def filled(amounts: Mapping[str, float], kind: StructureType) -> Filling:
    """Share the ions of a composition among the places of a structure type.

    Args:
        amounts: ions of the composition, for any number of formula units.
        kind: the type. In iron-based compounds the pnictogens and chalcogens say how many formula units there
            are, in the others the electropositive ions.
    """
    a = {symbol: amount for symbol, amount in amounts.items() if symbol in APICAL_AND_ELECTROPOSITIVE}
    x = {symbol: amount for symbol, amount in amounts.items() if symbol in PNICTOGENS_AND_CHALCOGENS}
    rest = {
        symbol: amount
        for symbol, amount in amounts.items()
        if symbol not in a and symbol not in x and symbol not in LIGHT_ANIONS
    }
    if kind.family == "cuprate":
        rest |= {symbol: amount for symbol, amount in x.items() if symbol in ("S", "P")}  # oxyanions
        small = {symbol: a[symbol] for symbol in SMALL if symbol in a}
        if sum(a.values()) * kind.rest > (sum(rest.values()) + sum(small.values()) / 2) * kind.a:
            a = {symbol: amount for symbol, amount in a.items() if symbol not in small}
            rest |= small  # there are more of these than the type has places beside its sheets
    held, ideal = (a, kind.a) if kind.family == "cuprate" else (x, kind.x)
    scale = ideal / max(sum(held.values()), LEAST)
    a, x, rest = ({symbol: amount * scale for symbol, amount in mix.items()} for mix in (a, x, rest))
    spacer, sheets = _shared(rest, kind)
    return Filling(
        electropositive=a,
        sheets=sheets,
        spacer=spacer,
        ligands=x if kind.family != "cuprate" else {"O": 1.0},
        halogens=sum(amounts.get(symbol, 0.0) for symbol in sorted(HALOGENS)) * scale,
        light=sum(amounts.get(symbol, 0.0) for symbol in sorted(LIGHT_ANIONS)) * scale,
    )


def by_size(ions: Mapping[str, float], shares: Sequence[float], over_capped: bool) -> list[Mix]:
    """Ions on sites in order of falling size, each site with the share of all ions that it takes.

    Args:
        ions: amounts of electropositive ions.
        shares: shares of the sites, the largest site first; their sum is 1.
        over_capped: whether they stand over FeAs-type sheets.
    """
    table = spacer_table()
    whole = sum(ions.values())
    order = sorted(ions, key=lambda symbol: (-(table.radius_ang(symbol, over_capped) or 0.0), symbol))
    left = {symbol: ions[symbol] / whole for symbol in order} if whole > 0 else {}
    sites: list[Mix] = []
    for share in shares:
        room, mix = share, Mix()
        for symbol in order:
            taken = min(room, left.get(symbol, 0.0))
            if taken > LEAST:
                mix[symbol] = taken
                left[symbol] -= taken
                room -= taken
        sites.append(mix)
    return sites


def _shared(rest: Mapping[str, float], kind: StructureType) -> tuple[Mix, Mix]:
    """Cations of the spacer and of the sheets; heavy ions that find no room are left out of both."""
    others = sorted(symbol for symbol in rest if symbol not in (*HEAVY, *STAY_ON_SHEETS, "Cu", "Fe"))
    metal = ["Cu", "Fe"] if kind.family == "iron-based" else ["Fe", "Cu"]
    first = others if kind.family == "iron-based" else [*others, "Fe"]
    order = [*HEAVY, *first, *(symbol for symbol in metal if symbol not in first), *STAY_ON_SHEETS]
    room, spacer, sheets = kind.spacer, Mix(), Mix()
    for symbol in order:
        taken = min(room, rest.get(symbol, 0.0))
        if taken > LEAST:
            spacer[symbol] = taken
            room -= taken
        left = rest.get(symbol, 0.0) - taken
        if left > LEAST and symbol not in HEAVY:
            sheets[symbol] = left
    return spacer, sheets
