"""Routes to another doping: substitutions that worked and oxygen, as far as a chemist could take them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from polywell.data.spacers import spacer_table
from polywell.doping import NOTHING, replacements
from polywell.electrons.families import CarrierFamily, carrier_families
from polywell.evidence.features import NO_LIGAND
from polywell.evidence.model.inputs import Batch
from polywell.evidence.model.trees import Bools, Floats, Ints

STEPS = (0.08, 0.16)
"""Carriers per metal of the net that a route is tried at; shares of the host where it brings none."""
SHARE_OF_HOST = 0.4
"""A guest takes at most this share of its host."""
FOREIGN = 3
"""Column of the share of foreign metals in the electrons of a batch."""
ROUNDING = 1e-6
NET_OXYGEN = 2.0
"""Oxygen for each metal that a bridged net itself is made of; a route leaves it alone."""


@dataclass(frozen=True)
class Route:
    """One way to dope some materials of a batch by one amount.

    Attributes:
        rows: numbers of the materials that can take it.
        made: these materials, doped.
        holes: that come in for each atom of the net's metal; electrons negative.
        share: of the host that the guest takes, one each; oxygen for each atom of the metal where it moves.
        host: the element that leaves; empty where oxygen is added.
        guest: the element that comes; empty where oxygen is taken out.
        metal: that of the net.
    """

    rows: Ints
    made: Batch
    holes: float
    share: Floats
    host: str
    guest: str
    metal: str

    def words(self, place: int) -> str:
        """The route of one of `rows`, such as `0.16 holes per Cu: 16 % Sr on La`."""
        kind = "holes" if self.holes > 0 else "electrons"
        carriers = f"{abs(self.holes):.2f} {kind} per {self.metal}: " if self.holes else ""
        if not self.guest or not self.host:
            done = "added" if self.guest else "taken out"
            return f"{carriers}{self.share[place]:.2f} O per {self.metal} {done}"
        return f"{carriers}{100 * self.share[place]:.0f} % {self.guest} on {self.host}"


@cache
def substitutions(family: str, before: int | None = None) -> tuple[tuple[str, str, int], ...]:
    """Host and guest of `tables/substitutions.toml`, each once, and the holes that one guest brings.

    Args:
        family: whose substitutions.
        before: leaves out what was published in this year or later.
    """
    found: dict[tuple[str, str], int] = {}
    for row in replacements():
        if row.family == family and NOTHING not in (row.host, row.guest) and row.known_before(before):
            sign = {"holes": 1, "electrons": -1, "none": 0}[row.carriers]
            found.setdefault((row.host, row.guest), sign * row.per_guest)
    return tuple((host, guest, holes) for (host, guest), holes in found.items())


def carrier_family(family: str) -> CarrierFamily | None:
    """How the carriers of a family are counted; None for one that the table does not name."""
    return next((row for row in carrier_families() if row.name == family), None)


def elements_of_routes(family: str) -> frozenset[str]:
    """Elements that a route may bring."""
    return frozenset(guest for _, guest, _ in substitutions(family)) | {"O"}


def routes(batch: Batch, family: str, metal: str, before: int | None = None) -> Iterator[Route]:
    """Every doping that is tried of the materials of a batch, beside that which they have.

    None takes oxygen from a CuO2-type net, or adds it beside one where the spacer has no room for it
    (`tables/spacers.toml`). None brings a CuO2 net with apical anions below the valence of its parent:
    electrons are known only without them (Armitage et al., Rev. Mod. Phys. 82, 2421 (2010)). None leads out
    of the valences that the family shows or, from outside, farther away from them (`tables/electrons.toml`).

    Args:
        batch: materials as they are written, with columns for `elements_of_routes`.
        family: their family; of the table its substitutions are taken.
        metal: that of the net; it is a host too.
        before: leaves out substitutions that were published in this year or later.
    """
    carriers = carrier_family(family)
    bridged = carriers is not None and carriers.net == "bridged"
    oxide = batch.amount("O")
    spare = oxide - NET_OXYGEN if bridged else oxide
    for host, guest, holes in substitutions(family, before):
        there = np.ones(len(batch)) if host == metal else spare if host == "O" else batch.amount(host)
        for step in STEPS:
            with np.errstate(divide="ignore"):
                share = np.where(there > 0, step / (there * abs(holes)) if holes else step, np.inf)
            brought = float(np.sign(holes)) * step
            rows = np.flatnonzero((share <= SHARE_OF_HOST) & _allowed(batch, carriers, brought))
            if len(rows):
                part = share[rows] * there[rows] / batch.amount(host)[rows] if host == "O" else share[rows]
                made = batch.take(rows)
                _exchange(made, host, guest, part, host == metal)
                made.electrons[:, :FOREIGN] += brought
                yield Route(rows, made, brought, part, host, guest, metal)
    for sign in (1, -1):
        for step in STEPS:
            moved = sign * step / 2
            movable = (oxide > 0) & (spare + moved >= 0)
            if bridged and sign > 0:
                movable &= _has_room(batch)
            rows = np.flatnonzero(movable & _allowed(batch, carriers, 2 * moved))
            if len(rows):
                made = batch.take(rows)
                made.amounts[:, made.symbols.index("O")] += moved
                made.electrons[:, :FOREIGN] += 2 * moved
                share = np.full(len(rows), step / 2)
                ends = ("", "O") if sign > 0 else ("O", "")
                yield Route(rows, made, 2 * moved, share, *ends, metal)


def _has_room(batch: Batch) -> Bools:
    """Which materials have a spacer that takes up oxygen."""
    room = [batch.cages[f"spacer {row.name}"] > 0 for row in spacer_table().classes if row.takes_oxygen]
    return np.asarray(np.logical_or.reduce(room), dtype=bool)


def _allowed(batch: Batch, carriers: CarrierFamily | None, brought: float) -> Bools:
    """Which materials may take so many more holes; all whose valence or bounds are not known."""
    valence = batch.electrons[:, 0]
    if carriers is None or not brought:
        return np.ones(len(batch), dtype=bool)
    after = valence + brought
    least = np.full(len(batch), carriers.least)
    if carriers.carriers == "holes" and carriers.net == "bridged":
        least[batch.cages[f"apical {NO_LIGAND}"] == 0] = carriers.parent
    within = after <= carriers.most if brought > 0 else after >= least - ROUNDING
    return np.asarray(within | np.isnan(valence))


def _exchange(made: Batch, host: str, guest: str, share: Floats, of_net: bool) -> None:
    """Puts a guest in the place of a share of its host, in the arrays of the batch."""
    into = made.symbols.index(guest)
    if of_net:
        # amounts are for each atom of the net's metal, of which fewer are left
        made.amounts[:] /= (1 - share)[:, None]
        made.amounts[:, into] += share / (1 - share)
        made.electrons[:, FOREIGN] += share
    else:
        moved = share * made.amount(host)
        made.amounts[:, made.symbols.index(host)] -= moved
        made.amounts[:, into] += moved
