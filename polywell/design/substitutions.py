"""Ion by ion: which ions replace those of a block, by radius and charge, and blocks in which they did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from polywell.data.charges import NetKind
from polywell.design.blocks.layers import Atom, Block, usual_charge
from polywell.design.blocks.topology import planes
from polywell.design.sizes import ANIONS, radius_ang
from polywell.design.table import Place, design_table


@dataclass(frozen=True)
class Substitution:
    """One ion in place of another on every site of a kind that it holds in a block.

    `share` of it is replaced; `charge` is what each of them brings more, in e.
    """

    host: str
    guest: str
    place: Place
    share: float
    charge: int

    @property
    def text(self) -> str:
        """In words."""
        some = "" if self.share == 1 else f"{self.share:.3g} "
        return f"{some}{self.guest} for {self.host}"


@cache
def sites_of(block: Block) -> Mapping[tuple[Place, str], tuple[int, ...]]:
    """Numbers of the atoms of a block, by the kind of their place and their element."""
    layers = planes(block)
    found: dict[tuple[Place, str], list[int]] = {}
    for number, plane in enumerate(layers):
        place: Place = "apex" if block.role == "inner" or number in (0, len(layers) - 1) else "core"
        for k in plane:
            found.setdefault((place, block.atoms[k].element), []).append(k)
    return {key: tuple(some) for key, some in found.items()}


@cache
def guests(host: str, place: Place, net: NetKind) -> tuple[Substitution, ...]:
    """Ions that replace one completely, the nearest in radius first."""
    table = design_table()
    own, charge = radius_ang(((host, 1.0),), net), usual_charge(host, net, ANIONS)
    if own is None or charge is None:
        return ()
    found = []
    for guest in table.ions_on(place, net):
        radius, brings = radius_ang(((guest, 1.0),), net), usual_charge(guest, net, ANIONS)
        if guest == host or radius is None or brings is None or abs(brings - charge) > 1:
            continue
        if abs(radius - own) < table.radius_share * min(radius, own):
            found.append((round(abs(radius - own), 6), guest, brings - charge))
    return tuple(Substitution(host, guest, place, 1.0, more) for _, guest, more in sorted(found))


def substituted(block: Block, change: Substitution) -> Block:
    """The block with an ion replaced, its atoms where they were."""
    atoms = list(block.atoms)
    for k in sites_of(block).get((change.place, change.host), ()):
        atoms[k] = replace(atoms[k], mix=_replaced(atoms[k], change))
    return replace(block, atoms=tuple(atoms))


def _replaced(atom: Atom, change: Substitution) -> tuple[tuple[str, float], ...]:
    mix = dict(atom.mix)
    gone = mix[change.host] * change.share
    mix[change.host] -= gone
    mix[change.guest] = mix.get(change.guest, 0.0) + gone
    return tuple((symbol, round(share, 6)) for symbol, share in mix.items() if share > 1e-9)


def pure(block: Block) -> Block:
    """The block with every site full of its most frequent element."""
    return replace(block, atoms=tuple(replace(atom, mix=((atom.element, 1.0),)) for atom in block.atoms))


def single_substitutions(block: Block) -> Iterator[Substitution]:
    """Every ion of the table in place of every ion of a block, one at a time."""
    for place, host in sites_of(block):
        yield from guests(host, place, block.net)
