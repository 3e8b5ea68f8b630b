"""What an entry is made of: elements and a formula that reads the same every time."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from math import gcd, inf, isnan

from pymatgen.core import Composition, Element

FORMULA_DECIMALS = 4
"""Digits after the point of an amount in a formula; refined occupancies are known to less."""

SHARE_ROUNDING = 5e-4
"""Shares of all atoms that differ by less are those of one composition with rounded amounts."""

ANION_GAP = 1.65
"""Two elements whose electronegativities differ by less make an anion together, as in pymatgen's formulas."""

_LONGEST = 1000
"""Characters; no formula of a crystal is longer."""

_MOST = 1e6
"""Atoms of one element in a formula; more is no formula of a crystal."""

_HYDROGEN = {"D": "H", "T": "H"}
_TERM = re.compile(r"([A-Z][a-z]?)(\d*\.?\d*)(?:\(\d+\))?")
_TERMS = re.compile(rf"(?:[\s,]*{_TERM.pattern})*[\s,]*")
_LONE_ONE = re.compile(r"(?<=[A-Za-z])1(?![\d.])")


@cache
def plain_symbol(symbol: str) -> str | None:
    """The element's symbol, deuterium and tritium as H; None if `symbol` is no element."""
    if symbol in _HYDROGEN:
        return "H"
    return symbol if Element.is_valid_symbol(symbol) else None


def elements_and_formula(amounts: Mapping[str, float]) -> tuple[tuple[str, ...], str]:
    """Elements in alphabetical order, and the reduced formula, of amounts by element symbol.

    Whole amounts are reduced to the smallest formula unit (La4Cu2O8 to La2CuO4); others stand as they
    are, rounded to 4 digits (Ba2YCu3O6.91).
    """
    kept: Mapping[str, float] = amounts
    if not (all(amount > 0 for amount in amounts.values()) and _are_whole(amounts)):
        rounded = {symbol: round(amount, FORMULA_DECIMALS) for symbol, amount in amounts.items()}
        kept = {symbol: amount for symbol, amount in rounded.items() if amount > 0} or amounts
    if _are_whole(kept) and all(plain_symbol(symbol) == symbol for symbol in kept):
        factor = gcd(*map(int, kept.values())) or 1
        formula = _whole_formula(tuple((symbol, int(amount) // factor) for symbol, amount in kept.items()))
    else:
        with _without_electronegativity():
            formula = _LONE_ONE.sub("", Composition(dict(kept)).reduced_formula)
    return tuple(sorted(amounts)), formula


def _are_whole(amounts: Mapping[str, float]) -> bool:
    numbers = list(amounts.values())
    return numbers == list(map(int, numbers))


def same_composition(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether the shares of all elements agree, whatever the number of formula units."""
    symbols = {*one, *other}
    first, second = sum(one.values()), sum(other.values())
    return all(abs(one.get(s, 0.0) / first - other.get(s, 0.0) / second) < SHARE_ROUNDING for s in symbols)


@lru_cache(maxsize=16384)
def _whole_formula(amounts: tuple[tuple[str, int], ...]) -> str:
    """What `Composition.reduced_formula` gives for whole amounts without a common divisor.

    Elements follow each other by their electronegativity; the last two are a group in brackets where they
    could be an anion, and come several times.
    """
    order = sorted(amounts, key=lambda item: (_electronegativity(item[0]), item[0]))
    group = ""
    if len(order) >= 3 and _electronegativity(order[-1][0]) - _electronegativity(order[-2][0]) < ANION_GAP:
        times = gcd(order[-1][1], order[-2][1])
        if times > 1:
            group = f"({in_a_row((symbol, amount // times) for symbol, amount in order[-2:])}){times}"
            order = order[:-2]
    formula = in_a_row(order) + group
    return Composition.special_formulas.get(formula, formula)


def in_a_row(amounts: Iterable[tuple[str, int]]) -> str:
    """Symbols with their amounts, of which 1 is left out."""
    return "".join([symbol if amount == 1 else f"{symbol}{amount}" for symbol, amount in amounts])


@cache
def _electronegativity(symbol: str) -> float:
    """Pauling's; infinite where an element has none."""
    with _without_electronegativity():
        value = Element(symbol).X
    return inf if isnan(value) else float(value)


@contextmanager
def _without_electronegativity() -> Iterator[None]:
    """Noble gases have no electronegativity by which to order the formula; pymatgen then uses their name."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="No Pauling electronegativity")
        yield


@lru_cache(maxsize=4096)
def amounts_of(formula: str) -> dict[str, float] | None:
    """Amounts by element of a plain formula such as 'La4 Cu2 O8' or 'Ba2YCu3O6.91'.

    Returns None for what is not plain: brackets, unknown elements, variables, an empty text.
    """
    if len(formula) > _LONGEST:
        return None
    if _TERMS.fullmatch(formula) is None:
        return None
    amounts: dict[str, float] = {}
    for name, number in _TERM.findall(formula):
        symbol = plain_symbol(name)
        if symbol is None or number == ".":
            return None
        amount = float(number) if number else 1.0
        if amount > _MOST:
            return None
        amounts[symbol] = amounts.get(symbol, 0.0) + amount
    present = {symbol: amount for symbol, amount in amounts.items() if amount > 0}
    return present or None
