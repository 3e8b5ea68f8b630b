"""How a candidate is doped: as written, by a route with or without a precedent in its series, or not."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from polywell.doping import Replacement, change_of, replacements
from polywell.evidence.model.family import AS_IT_IS
from polywell.records import ElectronState, Estimate, RouteKind
from polywell.worth.possible import Described

DOPED = frozenset(
    {
        ElectronState.UNDERDOPED,
        ElectronState.NEAR_BEST,
        ElectronState.OVERDOPED,
        ElectronState.ELECTRON_DOPED,
    }
)
"""States of a compound that is doped as it is written."""


ELECTRONS_IN = ("T'", "infinite layer")
"""Series of cuprates that superconduct with electrons: Armitage et al., Rev. Mod. Phys. 82, 2421 (2010)."""


@dataclass(frozen=True)
class Doping:
    """The kind of route, and in words: the route, how much of it, and its precedent with T_c and source."""

    kind: RouteKind
    note: str


def doping_of(screening: Described, estimate: Estimate, before: int | None = None) -> Doping:
    """How one candidate is doped; its route is that of `Estimate.best_doping`.

    Precedents are those known before a year, if one is given.
    """
    state, best = screening.electrons.electron_state, estimate.best_doping
    if best is None:
        words = "no estimate tries a doping"
        return Doping(RouteKind.AS_WRITTEN if state in DOPED else RouteKind.NONE, words)
    if best == AS_IT_IS:
        if state is ElectronState.PARENT:
            return Doping(RouteKind.NONE, "a parent; no known substitution fits its ions and helps")
        if state is ElectronState.ELECTRON_DOPED and not (screening.series or "").startswith(ELECTRONS_IN):
            return Doping(
                RouteKind.NONE, f"electron-doped, which is known of {' and '.join(ELECTRONS_IN)} alone"
            )
        if state is ElectronState.OUTSIDE:
            return Doping(RouteKind.NONE, "outside what exists, and no known substitution leads back")
        said = "carriers unknown" if state is None else str(state.value)
        return Doping(RouteKind.AS_WRITTEN, f"as it is written: {said}")
    change = change_of(best)
    own, others = _precedents(screening, change.host, change.guest, before)
    if own:
        return Doping(RouteKind.PRECEDENT, f"{best}; as in {_said(own[0])}")
    known = f"; known from another series, {_said(others[0])}" if others else ""
    return Doping(RouteKind.UNTRIED, f"{best}; untried in its series{known}")


def _precedents(
    screening: Described, host: str, guest: str, before: int | None
) -> tuple[list[Replacement], list[Replacement]]:
    """Substitutions of one element for another that worked: in the series, and in the rest of the family."""
    rows = [
        row
        for row in _by_family(str(screening.family))
        if (row.host, row.guest) == (host, guest) and row.known_before(before)
    ]
    named = screening.series or ""
    own = [row for row in rows if any(fnmatchcase(named, pattern) for pattern in row.series)]
    return own, [row for row in rows if row not in own]


@cache
def _by_family(family: str) -> tuple[Replacement, ...]:
    return tuple(row for row in replacements() if row.family == family)


def _said(row: Replacement) -> str:
    return f"{row.compound}, {row.tc_k:g} K ({row.source}; {row.checked})"
