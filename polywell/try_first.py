"""What to try first: the first compounds of the list that are new and sound, by fixed rules.

No measured T_c is read but that of known compounds, which are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from polywell.data.hazards import is_radioactive
from polywell.known import Known
from polywell.records import Estimate, Novelty, Screening

COUNT = 5
"""How many compounds are to be tried first."""

MOST_HULL_EV = 0.067
"""eV per atom above the hull below which nine in ten known metastable crystals lie: Sun et al., Sci. Adv. 2,
e1600225 (2016), doi:10.1126/sciadv.1600225 (recalled)."""

PASSED_OVER = {
    "known": "already known as superconductors",
    "reported": "superconductors by a report of SuperCon",
    "variant": "variants of known superconductors",
    "without": "measured without superconductivity",
    "suspect": "with a suspect geometry",
    "radioactive": "radioactive",
    "unstable": f"more than {1000 * MOST_HULL_EV:.0f} meV/atom above the convex hull",
}
"""Why a candidate is passed over, in words that follow a number of compounds."""


KNOWN_BY_NOVELTY = {Novelty.KNOWN_SUPERCONDUCTOR: "reported", Novelty.VARIANT: "variant"}
"""Why what is on record beyond the measured table is passed over."""


@dataclass(frozen=True)
class Choice:
    """Place among what to try first, from 1; why it is passed over; or neither, where others come first."""

    place: int | None
    passed_over: str | None


def choose(
    ranked: Sequence[tuple[Screening, Estimate]],
    known: Sequence[Known | None],
    novelties: Sequence[Novelty],
) -> list[Choice]:
    """Choose among candidates in ranked order, one entry, the first, of each compound.

    Args:
        ranked: candidates in ranked order.
        known: the measured compound that each of them is.
        novelties: what each of them is to those who know the literature.
    """
    reasons = [_passed_over(*one, of, new) for one, of, new in zip(ranked, known, novelties, strict=True)]
    free = (number for number in _first_entries(ranked) if reasons[number] is None)
    places = {number: place for place, number in zip(range(1, COUNT + 1), free, strict=False)}
    return [Choice(places.get(number), reason) for number, reason in enumerate(reasons)]


def _first_entries(ranked: Sequence[tuple[Screening, Estimate]]) -> Iterator[int]:
    seen = set()
    for number, (screening, estimate) in enumerate(ranked):
        compound = estimate.compound or screening.formula
        if compound not in seen:
            seen.add(compound)
            yield number


def _passed_over(
    screening: Screening, estimate: Estimate, known: Known | None, novelty: Novelty
) -> str | None:
    if known is not None:
        return "without" if known.best is None else "known"
    if novelty in KNOWN_BY_NOVELTY:
        return KNOWN_BY_NOVELTY[novelty]
    if estimate.geometry_suspect:
        return "suspect"
    if is_radioactive(screening.elements):
        return "radioactive"
    hull = screening.provenance.e_above_hull_ev
    return "unstable" if hull is not None and hull > MOST_HULL_EV else None
