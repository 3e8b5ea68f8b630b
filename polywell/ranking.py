"""The list: a total order over the candidates, the entries of one compound numbered, none left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum

from polywell.known import known_compound
from polywell.novelty.judgement import judge
from polywell.records import Candidate, Estimate, Place, Screening, Sighting
from polywell.try_first import choose

Found = tuple[Screening, Estimate]
"""A candidate before its place is known."""

Value = Callable[[Screening, Estimate], float | None]


class RankBy(StrEnum):
    """What a list can be ordered by, highest first."""

    CEILING = "ceiling"
    OUTER = "outer"
    EXPECTED = "expected"
    LOW = "low"
    BEST = "best"
    BEST_LOW = "best-low"

    @property
    def words(self) -> str:
        """The order in words."""
        return ORDERS[self][0]

    def of(self, screening: Screening, estimate: Estimate) -> float | None:
        """What decides of a candidate, in K."""
        return ORDERS[self][1](screening, estimate)


ORDERS: dict[RankBy, tuple[str, Value]] = {
    RankBy.CEILING: ("the ceiling", lambda screening, _: screening.tc_ceiling_k),
    RankBy.OUTER: ("the outer value", lambda screening, _: screening.tc_outer_k),
    RankBy.EXPECTED: ("the expected T_c", lambda _, estimate: estimate.tc_expected_k),
    RankBy.LOW: ("the lower end of the expected T_c", lambda _, estimate: estimate.tc_low_k),
    RankBy.BEST: ("the T_c at the best doping", lambda _, estimate: estimate.tc_best_k),
    RankBy.BEST_LOW: (
        "the lower end of the T_c at the best doping",
        lambda _, estimate: estimate.tc_best_low_k,
    ),
}
"""Every order: its words, and the value in K that decides."""

DEFAULT = RankBy.BEST_LOW
"""The order that `tables/calibration_protocol.md` chose."""


def rank(
    found: Sequence[Found], by: RankBy = DEFAULT, sightings: Sequence[Sighting] | None = None
) -> list[Candidate]:
    """Order candidates; each gets its place in the list, by the published relation, and by the estimate.

    Suspect geometries come after all others in every order; then those without the value that decides, by
    their ceiling; ties by id and source. A candidate also gets its place among the entries of its compound,
    the measured compound that it is, and whether to try it first.

    Args:
        found: candidates with their estimates.
        by: the order.
        sightings: what the catalog remembers of each; nothing if None.
    """
    remembered = [Sighting()] * len(found) if sightings is None else sightings
    published = _places(range(len(found)), found, RankBy.CEILING)
    estimated = [number for number, (_, estimate) in enumerate(found) if estimate.tc_best_low_k is not None]
    calibrated = _places(estimated, found, DEFAULT)
    order = _ordered(range(len(found)), found, by)
    known = [known_compound(found[number][0].formula, str(found[number][0].metal)) for number in order]
    judged = [judge(found[number][0], of) for number, of in zip(order, known, strict=True)]
    choices = choose([found[number] for number in order], known, [one.novelty for one in judged])
    seen: Counter[str] = Counter()
    ranked = []
    chosen = zip(order, known, judged, choices, strict=True)
    for place, (number, compound, novel, choice) in enumerate(chosen, start=1):
        screening, estimate = found[number]
        seen[estimate.compound or screening.formula] += 1
        best = None if compound is None else compound.best or compound.rows[0]
        ranked.append(
            Candidate(
                screening,
                estimate,
                Place(
                    rank=place,
                    rank_published=published[number],
                    rank_in_compound=seen[estimate.compound or screening.formula],
                    rank_calibrated=calibrated.get(number),
                    known=None if best is None else best.compound,
                    known_tc_k=None if compound is None else compound.tc_k,
                    known_pressure_gpa=None if best is None else best.pressure_gpa or None,
                    novelty=novel.novelty,
                    novelty_note=novel.note,
                    try_first=choice.place,
                    passed_over=choice.passed_over,
                ),
                remembered[number],
            )
        )
    return ranked


def _ordered(numbers: Sequence[int], found: Sequence[Found], by: RankBy) -> list[int]:
    def key(number: int) -> tuple[bool, bool, float, str, str]:
        screening, estimate = found[number]
        value = by.of(screening, estimate)
        falling = screening.tc_ceiling_k if value is None else value
        suspect = estimate.geometry_suspect is not None
        return suspect, value is None, -(falling or 0.0), screening.id, screening.source

    return sorted(numbers, key=key)


def _places(numbers: Sequence[int], found: Sequence[Found], by: RankBy) -> dict[int, int]:
    return {number: place for place, number in enumerate(_ordered(numbers, found, by), start=1)}
