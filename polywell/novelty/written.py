"""Formulas as chemists write them: HgBa2Ca4Cu5O12.3, not Ba6Ca12Cu15Hg3O37."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd

from polywell.data.elements import LIGANDS, NET_METALS
from polywell.data.supercon.types import APICAL_AND_ELECTROPOSITIVE

HEAVY_FIRST = "Hg Tl Pb Bi".split()
ANIONS_LAST = "N O F Cl Br I H".split()
ALKALINE_EARTHS = "Ba Sr Ca Mg Be".split()
ALKALIS = "Cs Rb K Na Li".split()
DOPED = 0.25
"""Metals of nets that are rarer than this beside the net's own are doping, and follow it."""
WHOLE = 1e-6


def written(amounts: Mapping[str, float], metal: str, bridged: bool, units: float | None = None) -> str:
    """The formula of a compound in the order and for the unit that chemists use.

    Over CuO2-type sheets the spacer's cations come first, Hg and Tl before all, then Ba, Sr, Ca, rare
    earths; without a spacer rare earths come first. Over FeAs-type sheets the ions of the layers come first.
    Metals of the net and anions follow.

    Args:
        amounts: ions of the cell.
        metal: majority metal of the net.
        bridged: whether the net is bridged (CuO2-type) or capped (FeAs-type).
        units: formula units in the cell; by default as many as the greatest divisor of its cations says.
    """
    cations = {symbol: amount for symbol, amount in amounts.items() if symbol not in LIGANDS}
    units = units or _divisor(list(cations.values()))
    few = DOPED * amounts[metal]
    doped = {symbol for symbol, amount in cations.items() if symbol in NET_METALS and amount < few}
    outside = cations.keys() - APICAL_AND_ELECTROPOSITIVE - doped - {metal}
    spaced = bridged and bool(outside)

    def place(symbol: str) -> tuple[int, float, str]:
        if symbol in ANIONS_LAST:
            return 7, ANIONS_LAST.index(symbol), symbol
        if symbol in LIGANDS:
            return 6, -amounts[symbol], symbol
        if symbol == metal or symbol in doped:
            return 5, float(symbol in doped), symbol
        if symbol in APICAL_AND_ELECTROPOSITIVE:
            if symbol in ALKALINE_EARTHS:
                return 2, ALKALINE_EARTHS.index(symbol), symbol
            if symbol in ALKALIS:
                return 3, ALKALIS.index(symbol), symbol
            return (3 if spaced else 1), -amounts[symbol], symbol
        if bridged and symbol in HEAVY_FIRST:
            return 0, HEAVY_FIRST.index(symbol), symbol
        return (0 if bridged else 4), 9.0, symbol

    return "".join(
        symbol + _number(amounts[symbol] / units, symbol in LIGANDS)
        for symbol in sorted(amounts, key=place)
        if amounts[symbol] > WHOLE
    )


def _divisor(amounts: list[float]) -> float:
    whole = [round(amount) for amount in amounts]
    if not whole or any(abs(amount - near) > WHOLE for amount, near in zip(amounts, whole, strict=True)):
        return 1.0
    return float(gcd(*whole) or 1)


def _number(amount: float, anion: bool) -> str:
    text = f"{amount:.3g}" if anion else f"{amount:.3f}".rstrip("0").rstrip(".")
    return "" if text == "1" else text
