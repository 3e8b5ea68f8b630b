"""Which entries are one compound: polymorphs, orderings and doped variants, under their parent's formula."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

from polywell.known import (
    CATIONS_SLACK,
    REPLACED_CATIONS,
    Amounts,
    amounts_per_metal,
    doping_distance,
)
from polywell.records import Screening

HALF = 0.5 - 1e-6
"""A mixed cell keeps this share of every ion of its compound: ordered cells hold halves."""

MISSING = 0.26
"""Ions per metal of the net that a mixed or defect cell may lack, or hold more of: one place in four."""

MOVED_ANIONS = 0.51
"""Anions per metal that it may lack, or hold more or others of."""

MIXED = 0.34
"""Share of the cations of its compound that others replace in a mixed cell: a third, rounded up."""

LEAST_KEPT = 0.5
"""A doped variant keeps more than this share of every ion of its parent."""

Named = tuple[str, str]
"""A formula and the majority metal of its net."""


def compounds_of(candidates: Sequence[Screening]) -> list[str]:
    """The compound of each candidate of a source, found from the majority formulas of all of them.

    Compounds of one series join where one is the other with up to half of any ion replaced, or with places
    empty: supercells, orderings, defect cells and mixtures stand under the compound whose ions they keep.
    """
    names = [(one.majority_formula or one.formula, str(one.metal)) for one in candidates]
    found = compounds(names)
    of_series: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one, name in zip(candidates, names, strict=True):
        if one.series is not None:
            of_series[one.series, name[1]].add(found[name])
    joined = {
        (metal, formula): parent
        for (_, metal), formulas in sorted(of_series.items())
        for formula, parent in _mixtures(sorted(formulas), metal).items()
    }
    return [joined.get((name[1], found[name]), found[name]) for name in names]


def _mixtures(formulas: Sequence[str], metal: str) -> dict[str, str]:
    """The compound of each formula of one series that is a mixture, or lacks ions, of another."""
    read = [((formula, metal), amounts_per_metal(formula, metal)) for formula in formulas]
    parents: dict[tuple[str, ...], list[tuple[str, Amounts]]] = defaultdict(list)
    found: dict[str, str] = {}
    for (formula, _), amounts in sorted(read, key=lambda one: _simplest_first(*one)):
        if amounts is None:
            continue
        cations = sorted(amounts.cations)
        near = [
            (distance, parent)
            for count in range(1, len(cations) + 1)
            for some in combinations(cations, count)
            for parent, of in parents.get(some, ())
            if (distance := _mixture_distance(amounts, of)) is not None
        ]
        if near:
            found[formula] = min(near)[1]
        else:
            parents[tuple(cations)].append((formula, amounts))
    return found


def _mixture_distance(mixture: Amounts, parent: Amounts) -> float | None:
    """Ions for each metal that tell a mixture from what it is one of; None where it is none."""
    if not parent.total - MISSING <= mixture.total <= parent.total + CATIONS_SLACK:
        return None
    moved = 0.0
    for own, of in ((mixture.cations, parent.cations), (mixture.anions, parent.anions)):
        changes = {symbol: own.get(symbol, 0.0) - of.get(symbol, 0.0) for symbol in sorted({*own, *of})}
        for symbol, amount in of.items():
            if own.get(symbol, 0.0) < HALF * amount or changes[symbol] > MISSING:
                return None
        moved += sum(abs(change) for change in changes.values())
    others = sum(max(0.0, amount - parent.cations.get(one, 0.0)) for one, amount in mixture.cations.items())
    if others > MIXED * parent.total:
        return None
    anions = sum(abs(mixture.anions.get(symbol, 0.0) - amount) for symbol, amount in parent.anions.items())
    return round(moved, 6) if anions <= MOVED_ANIONS else None


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
        certain = frozenset(s for s, amount in amounts.cations.items() if amount > REPLACED_CATIONS)
        others = sorted(cations - certain)  # doping may have brought them: a parent need not hold them
        near = [
            (distance, parent)
            for count in range(len(others) + 1)
            for some in combinations(others, count)
            for parent, of in parents.get((metal, certain.union(some)), ())
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
