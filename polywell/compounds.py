"""Which entries are one compound: polymorphs, orderings and doped variants, under their parent's formula."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from polywell.known import CATIONS_SLACK, Amounts, amounts_per_metal, doping_distance
from polywell.records import Screening

LEAST_KEPT = 0.5
"""A doped variant keeps more than this share of every ion of its parent."""

Named = tuple[str, str]
"""A formula and the majority metal of its net."""


def compounds_of(candidates: Sequence[Screening]) -> list[str]:
    """The compound of each candidate of a source, found from the majority formulas of all of them."""
    names = [(one.majority_formula or one.formula, str(one.metal)) for one in candidates]
    found = compounds(names)
    return [found[name] for name in names]


def compounds(formulas: Iterable[Named]) -> dict[Named, str]:
    """The compound of each formula: that of the nearest parent that it is a doped variant of, or its own.

    A variant has as many cations for each metal of the net as its parent and nearly as many anions, as
    `rediscovery.RULE` says; it keeps the majority of every ion of the parent, and has more of none of its
    cations. So YBaCu2O5 is no variant of YBa2Cu3O7, which holds the same elements. Parents are looked for
    among the formulas themselves, the simplest first: the answer depends on the set, not on its order.

    Args:
        formulas: majority formulas (`geometry.majority`), or any that pymatgen reads; another text is
            a compound of its own.
    """
    found: dict[Named, str] = {}
    parents: dict[tuple[str, frozenset[str]], list[tuple[str, Amounts]]] = defaultdict(list)
    read = [(name, amounts_per_metal(*name)) for name in set(formulas)]
    for name, amounts in sorted(read, key=lambda one: _simplest_first(*one)):
        formula, metal = name
        found[name] = formula
        if amounts is None:
            continue
        cations = frozenset(amounts.cations)
        near = [
            (distance, parent)
            for (theirs, fewer), some in parents.items()
            if theirs == metal and fewer <= cations
            for parent, of in some
            if (distance := _variant_distance(amounts, of)) is not None
        ]
        if near:
            found[name] = min(near)[1]
        else:
            parents[metal, cations].append((formula, amounts))
    return found


def _simplest_first(name: Named, amounts: Amounts | None) -> tuple[int, int, Named]:
    ions = 0 if amounts is None else len(amounts.cations) + len(amounts.anions)
    return ions, len(name[0]), name


def _variant_distance(variant: Amounts, parent: Amounts) -> float | None:
    for symbol, amount in parent.cations.items():
        if not LEAST_KEPT * amount < variant.cations.get(symbol, 0.0) <= amount + CATIONS_SLACK:
            return None
    for symbol, amount in parent.anions.items():
        if variant.anions.get(symbol, 0.0) <= LEAST_KEPT * amount:
            return None
    return doping_distance(variant, parent)
