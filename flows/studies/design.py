"""How far designs are from measured crystals, in lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from polywell.design.blocks.layers import NotCut
from polywell.design.errors import Missed, errors, quantile_ang, relative_error
from polywell.design.library import cut_references, measured_library
from polywell.geometry.cages import NONAHEDRON, OCTAHEDRON, TRIDECAHEDRON

WORST = 5
"""Cages that are named, the worst first."""


def lines() -> Iterator[str]:
    """What was cut, what could be designed without its compound, and by how much ξ is missed."""
    cut = [one for one in cut_references() if not isinstance(one, NotCut)]
    lent = len(measured_library().members)
    yield (
        f"{len(cut)} of {len(cut_references())} reference structures are cut in the smallest cell of their "
        f"sheets; {lent} of them, measured without pressure or strain, lend blocks"
    )
    found, undesigned = errors()
    yield from _of_cages(found)
    named: dict[str, None] = {}
    for one in sorted(found, key=lambda one: -abs(one.error_ang)):
        if one.id not in named and len(named) < WORST:
            named[one.id] = None
            yield (
                f"worst: {one.id}, {one.cage} {' '.join(one.apexes)}: measured {one.xi_measured_ang:.3f} Å, "
                f"designed {one.xi_designed_ang:.3f} Å, of {', '.join(one.parents[:3])}"
            )
    for id_, why in undesigned:
        yield f"not designed: {id_}: {why}"
    for missing in cut_references():
        if isinstance(missing, NotCut):
            yield f"not cut: {missing.id}: {missing.why}"


def _of_cages(found: Sequence[Missed]) -> Iterator[str]:
    for name in (None, OCTAHEDRON, NONAHEDRON, TRIDECAHEDRON):
        cages = [one for one in found if name in (None, one.cage)]
        if cages:
            half, most, last = (quantile_ang(cages, share) for share in (0.5, 0.9, 0.99))
            relative = relative_error(cages)
            yield (
                f"{name or 'all cages'}: {len(cages)} of {len({one.compound for one in cages})} compounds; "
                f"ξ missed by {half:.3f} Å in the median, {most:.3f} Å in 90 %, {last:.3f} Å in 99 %; "
                f"two thirds within {relative:.2%}"
            )
