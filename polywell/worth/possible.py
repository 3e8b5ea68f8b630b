"""Whether a candidate is possible: from its valences, lengths, energy and metals, by bounds with sources.

No verdict looks at a T_c.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from polywell.electrons.families import carrier_families
from polywell.records import Electrons, ElectronState, Estimate, Possible, Provenance, Screening
from polywell.worth.table import worth_table

ORDER = tuple(Possible)
"""From what is possible to what is not."""

NOTHING_SAID = Provenance()


@dataclass(frozen=True)
class Listed:
    """A compound as the list of a year sees it: no lengths, no energy, nothing of what it came to."""

    family: str
    metal: str
    elements: tuple[str, ...]
    series: str
    electrons: Electrons
    shortest_contact: float | None = None
    shortest_pair: str | None = None
    provenance: Provenance = NOTHING_SAID


Described = Screening | Listed
"""What is judged."""


@dataclass(frozen=True)
class Verdict:
    """The worst word that is said of a candidate, and every reason with its numbers; None without any."""

    possible: Possible
    note: str | None


def verdict(screening: Described, estimate: Estimate) -> Verdict:
    """Judge one candidate by `tables/worth.toml`.

    What was measured exists: an entry that its source calls so is doubtful at worst. A geometry that the
    correction of its database suspects, such as an apex ion without a measured cage, is doubtful, too.
    """
    table = worth_table()
    found: list[tuple[Possible, str]] = []
    for measure, value, words in _measures(screening):
        for bound in table.bound:
            if bound.measure == measure and screening.family in (bound.families or (screening.family,)):
                found.append((bound.verdict(value), words))
    for poison in table.poison:
        is_such = any(fnmatchcase(screening.series or "", one) for one in poison.series)
        if is_such and poison.element in screening.elements:
            found.append((Possible.DOUBTFUL, poison.why))
    electrons = screening.electrons
    for name, amount in zip(electrons.unusual_ions, electrons.unusual_amounts, strict=True):
        for row in table.ion:
            if screening.family in row.families and row.names(name) and amount > row.most:
                found.append((row.word, f"{amount:.2g} {name} for each {screening.metal}: {row.why}"))
    if estimate.geometry_suspect:
        found.append((Possible.DOUBTFUL, estimate.geometry_suspect))
    against = [(word, why) for word, why in found if word is not Possible.POSSIBLE]
    if not against:
        return Verdict(Possible.POSSIBLE, None)
    against.sort(key=lambda one: -ORDER.index(one[0]))
    worst = against[0][0]
    if worst is Possible.IMPOSSIBLE and screening.provenance.theoretical is False:
        worst = Possible.DOUBTFUL
    return Verdict(worst, "; ".join(dict.fromkeys(why for _, why in against)))


def _measures(one: Described) -> Iterator[tuple[str, float, str]]:
    """Name of each measure that is known, its value, and it in words."""
    electrons, metal = one.electrons, one.metal
    low, high = electrons.valence_low, electrons.valence_high
    family = next((row for row in carrier_families() if row.metal == metal and row.name == one.family), None)
    is_outside = electrons.electron_state is ElectronState.OUTSIDE
    if low is not None and high is not None and family is not None and is_outside:
        outside = max(family.least - high, low - family.most)
        shown = f"{low:.2f}" if round(low, 2) == round(high, 2) else f"{low:.2f} to {high:.2f}"
        known = f"{family.least:g} to {family.most:g}"
        yield "valence", outside, f"formal valence of {metal} {shown}, layered compounds show {known}"
    if low is not None and high is not None and electrons.bond_valences:
        away = [max(low - sum_, sum_ - high, 0.0) for sum_ in electrons.bond_valences]
        furthest = electrons.bond_valences[away.index(max(away))]
        yield (
            "bond_valence",
            max(away),
            f"bond valence sum of {metal} {furthest:.2f}, formal valence {low:.2f}",
        )
    if electrons.instability_index is not None:
        said = f": {electrons.instability_note}" if electrons.instability_note else ""
        yield (
            "instability",
            electrons.instability_index,
            f"global instability index {electrons.instability_index:.2f}{said}",
        )
    if one.shortest_contact is not None:
        share = f"{one.shortest_contact:.2f} of their covalent radii"
        yield "contact", one.shortest_contact, f"{one.shortest_pair} {share}"
    hull = one.provenance.e_above_hull_ev
    if hull is not None:
        yield "hull", hull, f"{1000 * hull:.0f} meV/atom above the convex hull"
    if electrons.foreign_share:
        kinds = ", ".join(electrons.foreign_metals)
        yield "foreign", electrons.foreign_share, f"{kinds} hold {electrons.foreign_share:.0%} of the net"
