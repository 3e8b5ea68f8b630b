"""The list of what is new, and what to try first of it: by fixed rules, each family by itself.

No measured T_c is read but that of known compounds, which are passed over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from polywell.data.hazards import is_radioactive
from polywell.known import Known
from polywell.records import Estimate, Novelty, Possible, RouteKind, Screening
from polywell.worth.gain import gain_k
from polywell.worth.possible import Verdict
from polywell.worth.routes import Doping

COUNT = 3
"""How many compounds of each family are to be tried first."""

LEAST_GAIN_K = 1.0
"""What is expected to gain less in K is not worth making."""

PASSED_OVER = {
    "known": "already known as superconductors",
    "reported": "superconductors by a report of SuperCon",
    "variant": "variants of known superconductors",
    "without": "measured without superconductivity",
    "impossible": "impossible as they are written",
    "suspect": "with a suspect geometry",
    "doubtful": "doubtful as they are written",
    "radioactive": "radioactive",
    "routeless": "without a route to a doping",
    "unestimated": "without an estimate",
    "gainless": "expected to gain less than 1 K",
}
"""Why a candidate is passed over, in words that follow a number of compounds."""

KNOWN = frozenset({"known", "reported", "variant", "without"})
"""Of these, those that are on record; no other entry of their compound is new."""

KNOWN_BY_NOVELTY = {Novelty.KNOWN_SUPERCONDUCTOR: "reported", Novelty.VARIANT: "variant"}
"""Why what is on record beyond the measured table is passed over."""


@dataclass(frozen=True)
class Prospect:
    """A candidate with all that decides whether it is new and worth a try."""

    screening: Screening
    estimate: Estimate
    known: Known | None
    novelty: Novelty
    verdict: Verdict
    doping: Doping

    @property
    def compound(self) -> str:
        """The compound whose one line it may be."""
        return self.estimate.compound or self.screening.formula

    @property
    def passed_over(self) -> str | None:
        """Why it is not new and worth a try, by `PASSED_OVER`; None where nothing speaks against it."""
        if self.known is not None:
            return "without" if self.known.best is None else "known"
        if self.novelty in KNOWN_BY_NOVELTY:
            return KNOWN_BY_NOVELTY[self.novelty]
        if self.verdict.possible is Possible.IMPOSSIBLE:
            return "impossible"
        if self.estimate.geometry_suspect:
            return "suspect"
        if is_radioactive(self.screening.elements):
            return "radioactive"
        if self.estimate.tc_best_low_k is None:
            return "unestimated"
        if self.doping.kind is RouteKind.NONE:
            return "routeless"
        if self.verdict.possible is Possible.DOUBTFUL:
            return "doubtful"
        gain = gain_k(self.screening, self.estimate)
        return "gainless" if gain is None or gain < LEAST_GAIN_K else None


@dataclass(frozen=True)
class Choice:
    """Place among what to try first of its family, place among all that is new, and why it is passed over."""

    place: int | None
    among_new: int | None
    passed_over: str | None


def choose(ranked: Sequence[Prospect]) -> list[Choice]:
    """Choose among candidates in ranked order: of each compound the first entry that nothing speaks against.

    An entry of a compound of which another is on record is no new compound.
    """
    reasons = [one.passed_over for one in ranked]
    taken = {one.compound for one, why in zip(ranked, reasons, strict=True) if why in KNOWN}
    of_family: Counter[str] = Counter()
    count, choices = 0, []
    for one, why in zip(ranked, reasons, strict=True):
        if why is not None or one.compound in taken:
            choices.append(Choice(None, None, why))
            continue
        taken.add(one.compound)
        count += 1
        of_family[str(one.screening.family)] += 1
        place = of_family[str(one.screening.family)]
        choices.append(Choice(place if place <= COUNT else None, count, None))
    return choices
