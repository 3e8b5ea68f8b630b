"""Whether a design is neutral at a valence that its family shows, and what dopes it to its best carriers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

from polywell.data.charges import NetKind, charge_rows
from polywell.data.elements import LIGANDS
from polywell.design.blocks.layers import Block, amounts_of, plain_ion, usual_charge
from polywell.design.sizes import ANIONS
from polywell.design.substitutions import Substitution, guests, sites_of
from polywell.design.table import design_table
from polywell.electrons.families import CarrierFamily, carriers_of, named
from polywell.electrons.valence import group_of
from polywell.records import ElectronState

LEAST_SHARE = 0.02
"""A smaller share of a guest is what samples differ by."""

DIGITS = 3


@dataclass(frozen=True)
class Charge:
    """Charge in e of the ions of a block, with the usual charges, the lowest and the highest.

    `metals` of it are the metal of the sheets, whose charge is what is left; None where an ion has no charge.
    """

    usual: float
    low: float
    high: float
    metals: float


@dataclass(frozen=True)
class Balance:
    """What neutrality leaves to a metal of the sheets: valence with usual charges, its range, carriers."""

    valence: float
    low: float
    high: float
    carriers: float
    metals: float
    family: CarrierFamily

    @property
    def exists(self) -> bool:
        """Whether a valence within its range is one that layered compounds of the family show."""
        return self.low <= self.family.most + 1e-9 and self.high >= self.family.least - 1e-9

    @cached_property
    def off(self) -> float:
        """Charge in e for each metal that is missing (positive) or too much for the best carriers."""
        best = best_carriers(self.family, self.carriers)
        more = best - self.carriers
        return more if self.family.carriers == "holes" else -more

    @cached_property
    def is_best(self) -> bool:
        """Whether the carriers are those that are best."""
        return self.family.state_at(self.carriers) is ElectronState.NEAR_BEST


@cache
def deciding() -> frozenset[str]:
    """Cations whose presence decides what charge another ion has, such as Bi of that of Pb."""
    return frozenset(symbol for row in charge_rows() for symbol in row.beside) - LIGANDS


def charge_in(block: Block, metal: str, beside: frozenset[str] = frozenset()) -> Charge | None:
    """The charge of a block; None where one of its ions has none.

    Args:
        block: the block.
        metal: of the sheets.
        beside: elements of the crystal that decide on charges.
    """
    held = ANIONS | beside
    usual = low = high = metals = 0.0
    for symbol, amount in amounts_of(block.atoms).items():
        if symbol == metal and block.net == "bridged":
            metals += amount
            continue
        row = plain_ion(symbol, block.net, held)
        if row is None:
            return None
        usual += row.usual * amount
        low += row.charges[0] * amount
        high += row.charges[-1] * amount
    return Charge(usual, low, high, metals)


def balance(charges: Iterable[Charge], sheets: int, sheet: tuple[str, str], net: NetKind) -> Balance | None:
    """The balance of a crystal of blocks with sheets of one kind; None for a metal without a family.

    Args:
        charges: of the blocks.
        sheets: their number.
        sheet: metal and ligand.
        net: kind of the sheets, which hold one metal and two ligands (bridged) or two of each.
    """
    family = carriers_of(sheet[0], net)
    ligand = usual_charge(sheet[1], net, ANIONS)
    if family is None or ligand is None:
        return None
    known = list(charges)
    metals = sheets * (1 if net == "bridged" else 2) + sum(one.metals for one in known)
    fixed = 2.0 * ligand * sheets
    valence = -(fixed + sum(one.usual for one in known)) / metals
    return Balance(
        valence=valence,
        low=-(fixed + sum(one.high for one in known)) / metals,
        high=-(fixed + sum(one.low for one in known)) / metals,
        carriers=valence - 2.0 if family.carriers == "holes" else group_of(sheet[0]) - valence,
        metals=metals,
        family=family,
    )


def best_carriers(family: CarrierFamily, carriers: float) -> float:
    """The middle of the nearest range of carriers that is best, or those of the parent without one."""
    return min(_best(family.name), key=lambda middle: (abs(middle - carriers), middle), default=carriers)


@cache
def _best(family: str) -> tuple[float, ...]:
    """Middles of the ranges of carriers that are best in a family, chains left out."""
    rows = [row for row in named(family).state if not row.chains]
    return tuple(
        (before.upto + row.upto) / 2
        for before, row in pairwise(rows)
        if row.word is ElectronState.NEAR_BEST and before.upto is not None and row.upto is not None
    )


def dopants(block: Block, count: int, found: Balance) -> list[tuple[int, Substitution]]:
    """The nearest guest of each ion next to the sheets with which a block brings the best carriers.

    Args:
        block: one of the design, whose apex cations are doped.
        count: how often it stands in the cell.
        found: the balance without them.

    Returns:
        Place among the guests of its host, the nearest first, and substitution.
    """
    need = -found.off * found.metals  # charge that the blocks must bring more
    most = design_table().share + 1e-9
    made = []
    for (place, host), sites in sites_of(block).items():
        if place != "apex":
            continue
        each = need / (count * len(sites))
        for rank, guest in enumerate(guests(host, place, block.net)):
            share = each / guest.charge if guest.charge else 0.0
            if LEAST_SHARE <= share <= most:
                made.append(
                    (rank, Substitution(host, guest.guest, place, round(share, DIGITS), guest.charge))
                )
                break
    return made
