"""The list: a total order over the candidates, the entries of one compound numbered, none left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from polywell.records import Candidate, Estimate, Place, Possible, Screening, Sighting

if TYPE_CHECKING:
    from polywell.worth.possible import Verdict

Found = tuple[Screening, Estimate]
"""A candidate before its place is known."""

Value = Callable[[Screening, Estimate], float | None]


def _gain_k(screening: Screening, estimate: Estimate) -> float | None:
    from polywell.worth.gain import gain_k

    return gain_k(screening, estimate)


class RankBy(StrEnum):
    """What a list can be ordered by, highest first."""

    CEILING = "ceiling"
    OUTER = "outer"
    EXPECTED = "expected"
    LOW = "low"
    BEST = "best"
    BEST_LOW = "best-low"
    GAIN = "gain"

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
    RankBy.GAIN: ("the expected gain", _gain_k),
}
"""Every order: its words, and the value in K that decides."""

DEFAULT = RankBy.GAIN
"""The order by what is worth making; see `tables/worth.toml`."""

CALIBRATED = RankBy.BEST_LOW
"""The order of `rank_calibrated`, which `tables/calibration_protocol.md` chose."""


def rank(
    found: Sequence[Found], by: RankBy = DEFAULT, sightings: Sequence[Sighting] | None = None
) -> list[Candidate]:
    """Order candidates; each gets its place in the list, by the published relation, and by the estimate.

    Suspect geometries and impossible cells come after all others in every order; then those without the
    value that decides, by their ceiling; ties by id and source. A candidate also gets its place among the
    entries of its compound, the measured compound that it is, and whether to try it first.

    Args:
        found: candidates with their estimates.
        by: the order.
        sightings: what the catalog remembers of each; nothing if None.
    """
    # Imported here: who only names an order, as the options do, needs none of the tables behind these.
    from polywell.known import known_compound
    from polywell.novelty.judgement import judge
    from polywell.worth.possible import verdict
    from polywell.worth.routes import doping_of
    from polywell.worth.try_first import Prospect, choose

    remembered = [Sighting()] * len(found) if sightings is None else sightings
    verdicts = [verdict(*one) for one in found]
    published = _places(range(len(found)), found, RankBy.CEILING, verdicts)
    estimated = [number for number, (_, estimate) in enumerate(found) if estimate.tc_best_low_k is not None]
    calibrated = _places(estimated, found, CALIBRATED, verdicts)
    order = _ordered(range(len(found)), found, by, verdicts)
    known = [known_compound(found[number][0].formula, str(found[number][0].metal)) for number in order]
    judged = [judge(found[number][0], of) for number, of in zip(order, known, strict=True)]
    prospects = [
        Prospect(*found[number], compound, novelty, verdicts[number], doping_of(*found[number]))
        for number, compound, (novelty, _) in zip(order, known, judged, strict=True)
    ]
    choices = choose(prospects)
    seen: Counter[str] = Counter()
    ranked = []
    placed = enumerate(zip(order, prospects, judged, choices, strict=True), start=1)
    for place, (number, one, (_, novelty_note), choice) in placed:
        screening, estimate = found[number]
        seen[estimate.compound or screening.formula] += 1
        best = None if one.known is None else one.known.best or one.known.rows[0]
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
                    known_tc_k=None if one.known is None else one.known.tc_k,
                    known_pressure_gpa=None if best is None else best.pressure_gpa or None,
                    novelty=one.novelty,
                    novelty_note=novelty_note,
                    possible=one.verdict.possible,
                    possible_note=one.verdict.note,
                    route=one.doping.kind,
                    route_note=one.doping.note,
                    gain_k=_kept(_gain_k(screening, estimate)),
                    rank_new=choice.among_new,
                    try_first=choice.place,
                    passed_over=choice.passed_over,
                ),
                remembered[number],
            )
        )
    return ranked


def _ordered(
    numbers: Sequence[int], found: Sequence[Found], by: RankBy, verdicts: Sequence[Verdict]
) -> list[int]:
    def key(number: int) -> tuple[bool, bool, float, str, str]:
        screening, estimate = found[number]
        value = by.of(screening, estimate)
        falling = screening.tc_ceiling_k if value is None else value
        last = estimate.geometry_suspect is not None or verdicts[number].possible is Possible.IMPOSSIBLE
        return last, value is None, -(falling or 0.0), screening.id, screening.source

    return sorted(numbers, key=key)


def _kept(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _places(
    numbers: Sequence[int], found: Sequence[Found], by: RankBy, verdicts: Sequence[Verdict]
) -> dict[int, int]:
    ordered = _ordered(numbers, found, by, verdicts)
    return {number: place for place, number in enumerate(ordered, start=1)}
