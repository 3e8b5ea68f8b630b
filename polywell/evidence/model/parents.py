"""Undoped parents of measured compounds: what is known not to superconduct by the count of its carriers.

La2CuO4, Nd2CuO4, CaCuO2, Sr2CuO2Cl2 and their like with Cu2+ are Mott insulators (Lee, Nagaosa and Wen, Rev.
Mod. Phys. 78, 17 (2006)), as is YBa2Cu3O6; arsenides of the types 122 and 1111 with Fe2+ have spin-density
waves (Stewart, Rev. Mod. Phys. 83, 1589 (2011)). They are made from the compositions of measured rows: the
ions that hold at least half of their site stay, the others leave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from polywell.evidence.model.inputs import RARE_EARTHS
from polywell.evidence.model.material import Material, electrons_of

NEAR = 0.12
"""How far the amount of a site may lie from the whole number that its type asks for, as a share of it."""


@dataclass(frozen=True)
class _Type:
    """A structure type: ions of its site, their amount per metal, and what stands beside them, per metal."""

    family: str
    ions: tuple[str, ...]
    amount: float
    beside: tuple[tuple[tuple[str, ...], float, str], ...]


_EARTHS = ("Ca", "Sr", "Ba", "Eu")
_TYPES = (
    _Type("cuprate", RARE_EARTHS, 2.0, ((("O", "F"), 4.0, "O"),)),
    _Type("cuprate", ("Ca", "Sr"), 1.0, ((("O",), 2.0, "O"),)),
    *(
        _Type("cuprate", ("Ca", "Sr", "Ba"), 2.0, ((("O",), 2.0, "O"), ((halide,), 2.0, halide)))
        for halide in ("F", "Cl", "Br")
    ),
    _Type("cuprate", RARE_EARTHS, 1 / 3, ((("Ba", "Sr", "La"), 2 / 3, "Ba"), (("O",), 2.2, ""))),
    _Type("iron-based", _EARTHS, 0.5, ((("As", "P"), 1.0, "As"), (("O", "F", "H"), 0.0, ""))),
    _Type("iron-based", RARE_EARTHS, 1.0, ((("As", "P"), 1.0, "As"), (("O", "F", "H"), 1.0, "O"))),
    _Type("iron-based", _EARTHS, 1.0, ((("As", "P"), 1.0, "As"), (("F", "O", "H"), 1.0, "F"))),
)
_OXYGEN_OF_123 = 2.0
"""Oxygen per copper in YBa2Cu3O6."""
_FOREIGN = 0.5
"""A row with more of anything else per metal is of another type."""


def parents_of(material: Material, metal: str) -> Iterator[Material]:
    """The undoped parents of a measured compound, with its cages: none where it is of no known type."""
    amounts = dict(material.amounts)
    for kind in _TYPES:
        if kind.family != material.features.family or not _is_of(amounts, kind):
            continue
        hosts = [one for one in kind.ions if amounts.get(one, 0.0) >= kind.amount / 2]
        for host in hosts:
            pure = {host: kind.amount} | {into: amount for _, amount, into in kind.beside if into}
            if kind.amount == 1 / 3:
                pure["O"] = _OXYGEN_OF_123
            yield replace(
                material,
                amounts=tuple(sorted((symbol, round(amount, 5)) for symbol, amount in pure.items())),
                electrons=electrons_of(pure | {metal: 1.0}, kind.family),
            )


def _is_of(amounts: Mapping[str, float], kind: _Type) -> bool:
    left = dict(amounts)
    for symbols, amount, _ in kind.beside:
        held = sum(left.pop(one, 0.0) for one in symbols)
        if abs(held - amount) > NEAR * max(amount, 0.3):
            return False
    whole = sum(left.values())
    return any(left.get(one, 0.0) >= kind.amount / 2 for one in kind.ions) and (
        abs(whole - kind.amount) <= max(NEAR * kind.amount, _FOREIGN * kind.amount)
    )
