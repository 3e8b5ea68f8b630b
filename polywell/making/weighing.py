"""What to weigh for one gram of a compound, of the precursors that are usual for its ions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pymatgen.core import Composition

from polywell.data.elements import NET_METALS
from polywell.data.precursors import HALOGENS, Precursor, Use, precursors

SEALED_ANIONS = ("P", "As", "Sb", "S", "Se", "Te", "Si", "Ge")
"""Anions that burn in air: their compounds are made in sealed tubes."""

LEAST_SEALED = 0.5
"""Such ions for each metal of nets, from which on they are anions and not the centres of oxyanions."""

NEGLIGIBLE = 1e-9
"""Ions of a formula below this are rounding."""


Moles = dict[str, tuple[Precursor, float]]
"""Precursors by formula, and moles of each for one mole of product."""


@dataclass(frozen=True)
class Portion:
    """One precursor and how much of it: grams for one gram of product."""

    precursor: Precursor
    grams: float


@dataclass(frozen=True)
class Weighing:
    """What to weigh for one gram of a compound.

    Attributes:
        portions: cations in the order of the formula.
        sealed: whether it is made in a sealed tube of elements, where what goes in is what comes out; else it
            is fired in air or oxygen, which sets its oxygen.
        missing: elements for which the table has no usual precursor; the portions leave them out.
    """

    portions: tuple[Portion, ...]
    sealed: bool
    missing: tuple[str, ...]


def weighing(amounts: Mapping[str, float]) -> Weighing:
    """What to weigh for one gram of a compound.

    Halogens come as salts of the cations beside the nets, the most frequent first. The rest of the cations
    comes as carbonates and oxides where the compound is fired in air; where it is made in a sealed tube,
    oxides bring its oxygen, those of the cations beside the nets first, and elements the rest. Oxygen that
    air brings is not weighed, volatile excess not counted.

    Args:
        amounts: ions of the formula.

    Raises:
        ValueError: the formula is empty.
    """
    if not any(amount > NEGLIGIBLE for amount in amounts.values()):
        raise ValueError(f"{dict(amounts)} holds no ion; expected a formula")
    left = {symbol: amount for symbol, amount in amounts.items() if amount > NEGLIGIBLE}
    molar = sum(amount * float(Composition(symbol).weight) for symbol, amount in left.items())
    sealed = is_sealed(left)
    oxygen = left.pop("O", 0.0)
    order = {symbol: place for place, symbol in enumerate(left)}
    moles: Moles = {}
    for halogen in (one for one in HALOGENS if one in left):
        _take_salts(left, halogen, moles)
    if sealed:
        oxygen = _take_oxides(left, oxygen, moles)
    for symbol in list(left):
        uses: tuple[Use, ...] = ("element",) if sealed else ("carbonate", "oxide")
        found = _first(symbol, *uses)
        if found is not None:
            _take(left, found, left[symbol] / found.amounts[symbol], moles)
    if "C" in left and not sealed:  # a carbonate brings more than enough, or all that there is
        brought = sum(mole * one.amounts.get("C", 0.0) for one, mole in moles.values())
        left["C"] = max(0.0, left["C"] - brought)
    missing = [symbol for symbol, amount in left.items() if amount > NEGLIGIBLE]
    if sealed and oxygen > NEGLIGIBLE:
        missing.append("O")
    portions = sorted(moles.values(), key=lambda item: order[item[0].ion])
    return Weighing(
        tuple(Portion(one, mole * one.molar_mass / molar) for one, mole in portions),
        sealed,
        tuple(missing),
    )


def is_sealed(amounts: Mapping[str, float]) -> bool:
    """Whether a compound is one of pnictogens or chalcogens other than oxygen."""
    anions = sum(amounts.get(symbol, 0.0) for symbol in SEALED_ANIONS)
    metals = sum(amount for symbol, amount in amounts.items() if symbol in NET_METALS)
    return anions > 0 and anions >= LEAST_SEALED * metals


def _take_salts(left: dict[str, float], halogen: str, moles: Moles) -> None:
    """Takes the halogen as salts of the cations that are there, those beside the nets first."""
    salts = {one.ion: one for one in reversed(precursors()) if one.use == "halide" and halogen in one.amounts}
    for ion in sorted(left, key=lambda symbol: (symbol in NET_METALS, -left[symbol])):
        salt = salts.get(ion)
        if salt is None:
            continue
        mole = min(left[halogen] / salt.amounts[halogen], left[ion] / salt.amounts[ion])
        _take(left, salt, mole, moles, halogen)
        if left[halogen] <= NEGLIGIBLE:
            break


def _take_oxides(left: dict[str, float], oxygen: float, moles: Moles) -> float:
    """Takes the oxygen as oxides of the cations that are there; gives what is left of it."""
    for ion in sorted(left, key=lambda symbol: (symbol in NET_METALS, -left[symbol])):
        oxide = _first(ion, "oxide")
        if oxide is not None and oxygen > NEGLIGIBLE and ion not in SEALED_ANIONS:
            mole = min(oxygen / oxide.amounts["O"], left[ion] / oxide.amounts[ion])
            _take(left, oxide, mole, moles)
            oxygen -= mole * oxide.amounts["O"]
    return oxygen


def _take(left: dict[str, float], one: Precursor, mole: float, moles: Moles, halogen: str = "") -> None:
    if mole <= NEGLIGIBLE:
        return
    before = moles[one.formula][1] if one.formula in moles else 0.0
    moles[one.formula] = one, before + mole
    for symbol in (one.ion, halogen) if halogen else (one.ion,):
        left[symbol] = max(0.0, left[symbol] - mole * one.amounts[symbol])


def _first(ion: str, *uses: Use) -> Precursor | None:
    rows = (one for use in uses for one in precursors() if one.use == use and one.ion == ion)
    return next(rows, None)
