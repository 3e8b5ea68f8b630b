"""Formulas as SuperCon prints them: amounts after every symbol, a tail where oxygen was not determined."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pymatgen.core import Composition, Element

DECIMALS = 4
"""Amounts are kept to this many decimals."""
CAPITALS = {"IN": "In"}
"""Symbols that SuperCon prints in capitals and that would read as two others."""
UNNAMED = "M"
"""Stands for a constituent without a symbol, such as the ammonia of an intercalate."""

_TAIL = re.compile(r"([-+])[dxyzDXYZ]$")
_OPEN = re.compile(r"O[XYZ]?$")
_ION = re.compile(r"([A-Z][a-z]?)(\d*\.?\d*)")


class Oxygen(StrEnum):
    """What a formula says of its oxygen; anything but `WRITTEN` was not determined."""

    WRITTEN = ""
    """The amount as written; often nominal."""
    BELOW = "-"
    """``O7-y``: below the amount in the formula, which is assumed."""
    ABOVE = "+"
    """``O8+x``: above the amount in the formula, which is assumed."""
    OPEN = "?"
    """``OZ``: no amount; that of the ideal structure type is assumed."""


@dataclass(frozen=True)
class Printed:
    """A formula taken apart: amounts of the elements, the state of the oxygen, and what is wrong with it.

    `amounts` holds no oxygen where `oxygen` is `OPEN`. `twice` are elements that stand twice (one of the two
    is a misprint), `uncounted` those without an amount where others have one, `unnamed` tells of a
    constituent without a symbol; amounts leave it out.
    """

    amounts: Mapping[str, float]
    oxygen: Oxygen
    twice: tuple[str, ...]
    uncounted: tuple[str, ...]
    unnamed: bool


def taken_apart(text: str) -> Printed:
    """Take a formula of SuperCon apart.

    Raises:
        ValueError: the text is no chain of symbols and amounts, or holds no element.
    """
    body = text.replace(" ", "")
    for wrong, right in CAPITALS.items():
        body = body.replace(wrong, right)
    oxygen = Oxygen.WRITTEN
    if tail := _TAIL.search(body):
        oxygen, body = Oxygen(tail[1]), body[: tail.start()]
    if end := _OPEN.search(body):
        oxygen, body = Oxygen.OPEN, body[: end.start()]
    found = _ION.findall(body)
    if not found or "".join(symbol + amount for symbol, amount in found) != body:
        raise ValueError(f"formula {text!r}: expected symbols, each with its amount, such as Y1Ba2Cu3O7-z")
    amounts: dict[str, float] = {}
    twice, uncounted, unnamed = [], [], False
    for symbol, amount in found:
        if symbol == UNNAMED:
            unnamed = True
            continue
        element = "H" if symbol == "D" else symbol
        if not Element.is_valid_symbol(element):
            raise ValueError(f"formula {text!r}: {symbol!r} is no element")
        if element in amounts:
            twice.append(element)
        if not amount:
            uncounted.append(element)
        amounts[element] = round(amounts.get(element, 0.0) + float(amount or 1), DECIMALS)
    return Printed(amounts, oxygen, tuple(twice), tuple(uncounted), unnamed)


def canonical(amounts: Mapping[str, float]) -> str:
    """One formula for equal amounts: by electronegativity, as pymatgen orders it, amounts of one left out."""
    kept = {symbol: amount for symbol, amount in amounts.items() if amount > 0}
    order = Composition(kept).formula.split()
    symbols = [re.match(r"[A-Z][a-z]?", part)[0] for part in order]  # type: ignore[index]
    return "".join(
        symbol + ("" if kept[symbol] == 1 else f"{kept[symbol]:.{DECIMALS}f}".rstrip("0").rstrip("."))
        for symbol in symbols
    )


def amounts_of(formula: str) -> dict[str, float]:
    """The amounts of a formula that `canonical` wrote."""
    return {symbol: float(amount or 1) for symbol, amount in _ION.findall(formula)}
