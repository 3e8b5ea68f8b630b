"""Formal valence of the metal of a net, from a composition: what neutrality leaves to it.

Every other ion has its usual charge. Some have several: the valence is a range then, and the middle of it
is no mean but the valence with the charges that are usual.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from pymatgen.core import Composition, Element

from polywell.data.charges import Ion, NetKind, NoChargeError, ions_of
from polywell.data.elements import NET_METALS
from polywell.electrons.families import CarrierFamily, carriers_of, named

CLOSED_SHELL = frozenset({"Zn", "Cd"})
"""d10 beside the d bands of a net: an ion of charge 2 that shares no electrons."""

ON_CUPRATE_NETS = frozenset("Zn Ni Co Fe Mn Cr Pd Al Ga Mg Li".split())
"""Elements that take the place of the metal in bridged nets."""

PNICTOGENS = ("P", "As", "Sb")

SURPLUS = 1.3
"""Pnictogens for each metal of a net; formulas are not exact, and one each is what an FeAs-type net holds."""

LONGEST_FORMULA = 300
LEAST_AMOUNT = 1e-6


_PLAIN = re.compile(r"(?:[A-Z][a-z]?\d*(?:\.\d+)?)+")
_TERM = re.compile(r"([A-Z][a-z]?)(\d*(?:\.\d+)?)")


@dataclass(frozen=True)
class Valence:
    """Formal valence of the metal of a net in units of e, and the electrons that it leaves.

    Attributes:
        metal: that of the net.
        low: with the highest usual charges of all other ions.
        middle: with the charges that are usual.
        high: with the lowest.
        d_electrons: per metal of the net, at the middle; of capped nets foreign metals count with their own.
        carriers: what its family counts per metal: holes (valence less 2) in CuO2 nets, else d electrons.
        foreign: other metals on the net, with the share of its sites that they take; largest share first.
        several: ions of several charges, such as `Tl +1 or +3`.

    Beside a bridged net the metal is that of the name alone, and a mean over all its atoms, those of chains
    included. In a capped net it is a mean over all metals of the net, which share their electrons, and over
    the net's own metal elsewhere.
    """

    metal: str
    low: float
    middle: float
    high: float
    d_electrons: float
    carriers: float
    foreign: tuple[tuple[str, float], ...]
    several: tuple[str, ...]

    @property
    def foreign_share(self) -> float:
        """Share of the net's sites that other metals take."""
        return sum(share for _, share in self.foreign)


def valence_in_family(amounts: Mapping[str, float] | Composition | str, family: str) -> Valence:
    """The valence of the net's metal in a family of `tables/electrons.toml`, from a composition alone.

    Where foreign metals stand, the composition does not say: of a bridged net those count as its own that
    take such places and are few; of a capped net as many as its anions leave room for.

    Args:
        amounts: elements and their amounts, or a formula such as `La1.85Sr0.15CuO4`.
        family: `cuprate`, `nickelate` or `iron-based`.

    Raises:
        ValueError: no such family, or no formula.
        NoChargeError: the metal is missing, or another element has no charge in the table.
    """
    row = named(family)
    held = amounts_of(amounts)
    surplus, beyond = _surplus(held, row)
    foreign = {symbol: n for symbol, n in _foreign(held, row).items() if symbol not in surplus}
    return formal_valence(held, row.metal, row.net, foreign, excess=beyond)


def amounts_of(composition: Mapping[str, float] | Composition | str) -> dict[str, float]:
    """Amounts by symbol; deuterium and tritium count as hydrogen.

    Raises:
        ValueError: no formula, or one too long to be read.
    """
    if isinstance(composition, str):
        if len(composition) > LONGEST_FORMULA:
            raise ValueError("the formula is too long to be read")
        plain = _PLAIN.fullmatch(composition)
        composition = _plain(composition) if plain else Composition(composition)
    if isinstance(composition, Composition):
        composition = composition.get_el_amt_dict()
    held: dict[str, float] = {}
    for specie, amount in composition.items():
        symbol = str(specie)
        if amount > LEAST_AMOUNT:
            own = "H" if symbol in ("D", "T") else symbol
            held[own] = held.get(own, 0.0) + float(amount)
    return held


def _plain(formula: str) -> dict[str, float]:
    """Amounts of a formula without brackets, in a tenth of the time that a composition takes to be made."""
    amounts: dict[str, float] = {}
    for symbol, amount in _TERM.findall(formula):
        amounts[symbol] = amounts.get(symbol, 0.0) + (float(amount) if amount else 1.0)
    return amounts


def formal_valence(
    amounts: Mapping[str, float],
    metal: str,
    net: NetKind,
    foreign: Mapping[str, float],
    *,
    charges: Mapping[str, float] | None = None,
    excess: float = 0.0,
) -> Valence:
    """The valence that neutrality leaves to the metal of a net.

    Args:
        amounts: amount of each element, as `amounts_of` gives them.
        metal: that of the net.
        net: its kind.
        foreign: amounts of other metals on the net.
        charges: mean charges by element that the structure shows, in place of the table's.
        excess: charge that the table's charges leave out, such as +1 for each anion that is bound to another.

    Raises:
        NoChargeError: the metal is missing, or another element has no charge in the table.
    """
    of_metal = amounts.get(metal, 0.0)
    if of_metal <= 0:
        raise NoChargeError(f"{_written(amounts)} holds no {metal} to balance its charge")
    known = charges or {}
    shared = {metal: of_metal}
    if net == "capped":
        shared |= {symbol: amount for symbol, amount in foreign.items() if symbol not in CLOSED_SHELL}
    fixed = excess
    open_ones: list[tuple[float, Ion, str]] = []
    for symbol, amount in amounts.items():
        left = amount - shared.get(symbol, 0.0)
        if left <= LEAST_AMOUNT:
            continue
        if symbol in known:
            fixed += known[symbol] * left
            continue
        ion = charges_of(symbol, amounts, metal, net)
        fixed += ion.usual * left
        if len(ion.charges) > 1:
            open_ones.append((left, ion, symbol))
    count = sum(shared.values())
    family = carriers_of(metal, net)
    low, middle, high = _range(-fixed / count, count, open_ones, family)
    sites = of_metal + sum(foreign.values())
    groups = sum(group_of(symbol) * amount for symbol, amount in shared.items()) / count
    holes = family is not None and family.carriers == "holes"
    return Valence(
        metal=metal,
        low=low,
        middle=middle,
        high=high,
        d_electrons=groups - middle,
        carriers=middle - 2.0 if holes else groups - middle,
        foreign=tuple(
            sorted(((s, a / sites) for s, a in foreign.items()), key=lambda one: (-one[1], one[0]))
        ),
        several=tuple(
            f"{symbol} {' or '.join(f'{c:+d}' for c in ion.charges)}" for _, ion, symbol in open_ones
        ),
    )


def _range(
    usual: float, count: float, ions: Iterable[tuple[float, Ion, str]], family: CarrierFamily | None
) -> tuple[float, float, float]:
    """Low, middle and high valence, from that with the usual charges.

    An ion that can, follows: where the usual charges would give the metal a valence that no compound of the
    family shows, ions of several charges give or take electrons until it has that of the parent.
    """
    low = high = usual
    for amount, ion, _ in ions:
        low -= amount * (ion.charges[-1] - ion.usual) / count
        high += amount * (ion.usual - ion.charges[0]) / count
    if family is None:
        return low, usual, high
    exists = family.least - 1e-9 <= usual <= family.most + 1e-9
    middle = usual if exists else min(max(family.parent, low), high)
    return max(low, min(family.least, middle)), middle, min(high, max(family.most, middle))


def charges_of(symbol: str, amounts: Mapping[str, float], metal: str, net: NetKind) -> Ion:
    """The row of the table that applies to an element of a composition.

    Args:
        symbol: the element.
        amounts: amount of each element.
        metal: that of the net.
        net: its kind.

    Raises:
        NoChargeError: it has no charge in the table.
    """
    for row in ions_of(symbol, net):
        if row.beside and not any(one in amounts for one in row.beside):
            continue
        if row.oxygens:
            rest = amounts.get("O", 0.0) - 2.0 * amounts[metal]
            if rest < 0.9 * row.oxygens * amounts[symbol]:
                continue
        return row
    raise NoChargeError(
        f"{symbol} has no formal charge beside a {net} net; add it to tables/formal_charges.toml"
    )


def _surplus(amounts: Mapping[str, float], family: CarrierFamily) -> tuple[tuple[str, ...], float]:
    """Metals that hold pnictogens beyond those of the net, and the charge that these lack by their bonds."""
    pnictogens = sum(amounts.get(symbol, 0.0) for symbol in PNICTOGENS)
    for row in family.surplus:
        if row.beside and not any(symbol in amounts for symbol in row.beside):
            continue
        on_net = sum(n for symbol, n in amounts.items() if symbol in NET_METALS and symbol not in row.beside)
        if pnictogens <= SURPLUS * on_net:
            break
        return row.beside, row.bonds * (pnictogens - on_net)
    return (), 0.0


def _foreign(amounts: Mapping[str, float], family: CarrierFamily) -> dict[str, float]:
    """Amounts of foreign metals that a composition leaves to the net."""
    metal = amounts.get(family.metal, 0.0)
    if family.net == "bridged":
        may = {symbol: amount for symbol, amount in amounts.items() if symbol in ON_CUPRATE_NETS}
        return {
            symbol: amount
            for symbol, amount in may.items()
            if symbol != family.metal and amount <= family.foreign * (amount + metal)
        }
    room = 1.1 * sum(amounts.get(symbol, 0.0) for symbol in ("P", "As", "Sb", "S", "Se", "Te", "Si", "Ge"))
    found: dict[str, float] = {}
    for symbol in sorted(amounts, key=lambda one: (amounts[one], one)):
        amount = amounts[symbol]
        if symbol == family.metal or symbol not in NET_METALS or amount > family.foreign * (amount + metal):
            continue
        if metal + sum(found.values()) + amount <= room:
            found[symbol] = amount
    return found


@cache
def group_of(symbol: str) -> int:
    """The group of an element in the periodic table."""
    return int(Element(symbol).group)


def _written(amounts: Mapping[str, float]) -> str:
    return "".join(f"{symbol}{amount:.4g}" for symbol, amount in amounts.items()) or "an empty composition"
