"""Sheets, the blocks between them, and crystals as sequences of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from math import cos, radians, sin, sqrt
from typing import Literal

from polywell.data.charges import Ion, NetKind, ions_of
from polywell.data.elements import LIGANDS
from polywell.geometry.sites import majority

Role = Literal["spacer", "inner"]
"""What a block is: between the outer sheets of neighbouring slabs, or between two sheets of one slab."""


@dataclass(frozen=True)
class Atom:
    """An atom of a layer.

    `u` and `v` are in-plane fractions relative to a metal of the sheet below (of its own sheet for atoms of
    one), `z` is the height over the mean plane of that sheet's metals in Å, and `mix` the share of each
    element; shares sum to the occupancy.
    """

    mix: tuple[tuple[str, float], ...]
    u: float
    v: float
    z: float

    @cached_property
    def element(self) -> str:
        """The most frequent element."""
        return majority(dict(self.mix))

    @property
    def is_cation(self) -> bool:
        """Whether the atom is none that bridges or caps metals."""
        return self.element not in LIGANDS


@dataclass(frozen=True)
class Plane:
    """The in-plane cell: edges in Å and the angle between them in degrees."""

    a_ang: float
    b_ang: float
    gamma_deg: float = 90.0

    @property
    def edge_ang(self) -> float:
        """Edge in Å of the square of the same area."""
        return sqrt(self.a_ang * self.b_ang * sin(radians(self.gamma_deg)))

    @property
    def ratio(self) -> float:
        """Ratio a/b of the edges."""
        return self.a_ang / self.b_ang

    @property
    def rows(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The two vectors in Å, the first along x."""
        angle = radians(self.gamma_deg)
        second = (self.b_ang * cos(angle), self.b_ang * sin(angle)) if self.gamma_deg != 90.0 else None
        return (self.a_ang, 0.0), second or (0.0, self.b_ang)


@dataclass(frozen=True, eq=False)
class Sheet:
    """One square net with its ligands."""

    net: NetKind
    metal: str
    ligand: str
    atoms: tuple[Atom, ...]

    @property
    def name(self) -> str:
        """Such as CuO2 or FeAs."""
        return f"{self.metal}{self.ligand}{2 if self.net == 'bridged' else ''}"

    def anion_height_ang(self, above: bool) -> float:
        """Mean height in Å of the ligands on one side of a capped sheet; 0 for a bridged one."""
        if self.net == "bridged":
            return 0.0
        side = [abs(atom.z) for atom in self.atoms if not atom.is_cation and (atom.z > 0) == above]
        return sum(side) / len(side) if side else 0.0


@dataclass(frozen=True, eq=False)
class Block:
    """What stands between two neighbouring sheets.

    `shift` is the lateral way from a metal of the sheet below to one of the sheet above, in fractions of
    the plane; `thickness_ang` their distance along the normal. `apexes` are the ions with which the block
    closes cages of the sheet below and of that above; empty where it closes none. `beyond` says what stands
    on the far sides of these two sheets.
    """

    parent: str
    role: Role
    below: Sheet
    above: Sheet
    atoms: tuple[Atom, ...]
    shift: tuple[float, float]
    thickness_ang: float
    plane: Plane
    apexes: tuple[tuple[str, ...], tuple[str, ...]]
    beyond: tuple[Role, Role]

    @property
    def net(self) -> NetKind:
        """Kind of the sheets beside it."""
        return self.below.net

    @property
    def kind(self) -> str:
        """Kind of its sheets, and its role, such as `bridged spacer`."""
        return f"{self.net} {self.role}"

    @cached_property
    def mixes(self) -> tuple[tuple[tuple[str, float], ...], ...]:
        """What stands on the places of its atoms."""
        return tuple(atom.mix for atom in self.atoms)

    @property
    def formula(self) -> str:
        """Amounts of its elements for one metal (two of capped sheets) of a sheet, cations first."""
        return written(amounts_of(self.atoms), self.cells)

    @property
    def cells(self) -> float:
        """How many smallest cells its cell holds: metals of the sheet below, by the two of a capped one."""
        metals = sum(share for atom in self.below.atoms if atom.is_cation for _, share in atom.mix)
        return max(1, round(metals)) / (2 if self.net == "capped" else 1)

    @property
    def charge(self) -> float | None:
        """Sum of the usual charges of its ions in e for the cell; None where an element has none."""
        amounts = amounts_of(self.atoms)
        beside = (symbol for sheet in (self.below, self.above) for symbol in (sheet.metal, sheet.ligand))
        held = frozenset({*amounts, *beside})
        charges = [usual_charge(symbol, self.net, held) for symbol in amounts]
        known = [charge for charge in charges if charge is not None]
        if len(known) < len(charges):
            return None
        return sum(charge * amount for charge, amount in zip(known, amounts.values(), strict=True))


@dataclass(frozen=True)
class Cut:
    """A crystal as it was cut: sheet number k lies below block number k, above the last follows the first."""

    id: str
    plane: Plane
    sheets: tuple[Sheet, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class NotCut:
    """A crystal that was not cut, and why."""

    id: str
    why: str


def amounts_of(atoms: Iterable[Atom]) -> dict[str, float]:
    """Amount of each element among some atoms."""
    amounts: dict[str, float] = defaultdict(float)
    for atom in atoms:
        for symbol, share in atom.mix:
            amounts[symbol] += share
    return dict(amounts)


def written(amounts: dict[str, float], cells: float = 1.0) -> str:
    """Elements and amounts as text, cations before anions; `vacant` for nothing at all."""
    order = sorted(amounts, key=lambda symbol: (symbol in LIGANDS, amounts[symbol], symbol))
    parts = ((symbol, round(amounts[symbol] / cells, 3)) for symbol in order)
    return "".join(f"{symbol}{'' if amount == 1 else f'{amount:g}'}" for symbol, amount in parts) or "vacant"


@cache
def plain_ion(symbol: str, net: NetKind, among: frozenset[str]) -> Ion | None:
    """The charges of an ion, as no part of an oxyanion, among other elements; None where it has none."""
    rows = (row for row in ions_of(symbol, net) if not row.oxygens)
    return next((row for row in rows if not row.beside or not among.isdisjoint(row.beside)), None)


def usual_charge(symbol: str, net: NetKind, among: frozenset[str]) -> int | None:
    """The usual one of these charges; None where it has none."""
    ion = plain_ion(symbol, net, among)
    return None if ion is None else ion.usual
