"""What an entry is made of: elements and a formula that reads the same every time."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from math import gcd, isnan

from pymatgen.core import Composition, Element
from pymatgen.core.composition import reduce_formula

FORMULA_DECIMALS = 4
"""Digits after the point of an amount in a formula; refined occupancies are known to less."""

SHARE_ROUNDING = 5e-4
"""Shares of all atoms that differ by less are those of one composition with rounded amounts."""

_LONGEST = 1000
"""Characters; no formula of a crystal is longer."""

_MOST = 1e6
"""Atoms of one element in a formula; more is no formula of a crystal."""

_HYDROGEN = {"D": "H", "T": "H"}
_TERM = re.compile(r"([A-Z][a-z]?)(\d*\.?\d*)(?:\(\d+\))?")
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
    rounded = {symbol: round(amount, FORMULA_DECIMALS) for symbol, amount in amounts.items()}
    kept = {symbol: amount for symbol, amount in rounded.items() if amount > 0} or dict(amounts)
    if all(amount == int(amount) and plain_symbol(symbol) == symbol for symbol, amount in kept.items()):
        factor = gcd(*map(int, kept.values())) or 1
        formula = _whole_formula(tuple(sorted((symbol, int(n) // factor) for symbol, n in kept.items())))
    else:
        with _without_electronegativity():
            formula = Composition(kept).reduced_formula
    return tuple(sorted(amounts)), _LONE_ONE.sub("", formula)


def same_composition(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether the shares of all elements agree, whatever the number of formula units."""
    symbols = {*one, *other}
    first, second = sum(one.values()), sum(other.values())
    return all(abs(one.get(s, 0.0) / first - other.get(s, 0.0) / second) < SHARE_ROUNDING for s in symbols)


@lru_cache(maxsize=16384)
def _whole_formula(amounts: tuple[tuple[str, int], ...]) -> str:
    """What `Composition.reduced_formula` gives for whole amounts, without the making of a composition."""
    if all(_has_electronegativity(symbol) for symbol, _ in amounts):
        formula, _ = reduce_formula(dict(amounts))
    else:
        with _without_electronegativity():
            formula, _ = reduce_formula(dict(amounts))
    return Composition.special_formulas.get(formula, formula)


@cache
def _has_electronegativity(symbol: str) -> bool:
    with _without_electronegativity():
        return not isnan(Element(symbol).X)


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
    amounts: dict[str, float] = {}
    for word in formula.replace(",", " ").split():
        position = 0
        while position < len(word):
            term = _TERM.match(word, position)
            if term is None:
                return None
            position = term.end()
            symbol = plain_symbol(term[1])
            if symbol is None or term[2] == ".":
                return None
            amount = float(term[2]) if term[2] else 1.0
            if amount > _MOST:
                return None
            amounts[symbol] = amounts.get(symbol, 0.0) + amount
    present = {symbol: amount for symbol, amount in amounts.items() if amount > 0}
    return present or None
