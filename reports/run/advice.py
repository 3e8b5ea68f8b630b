"""What to try first, with the why of each: the choice is that of the list (`polywell.worth.try_first`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from polywell.data.hazards import hazards
from polywell.data.measured import measured_by_id
from polywell.evidence.rows.called import called
from polywell.records import Candidate, EntryKey, Screening
from polywell.worth.try_first import COUNT, PASSED_OVER
from reports.html.cells import clipped, finite
from reports.html.names import dossier_path
from reports.html.thumbnail import in_words, thumbnail
from reports.run.table import novelty_words

MAX_NAME = 120
MAX_WORDS = 300
LEAST_LIKENESS = 0.05
"""What is less like a candidate says nothing of it."""
AXIS_STEP_K = 20
MINOR_KINDS = ("toxic", "air-sensitive", "volatile")
"""Kinds of remark that are told in a word where no severe one stands."""

ORIGINS = {True: "computed structure", False: "measured structure", None: ""}
"""Where a structure comes from, by whether it is theoretical."""


@dataclass(frozen=True)
class Pick:
    """One compound to try; T_c in K, `at`, `start` and `length` per cent of the common axis."""

    place: int
    rank: int
    id: str
    formula: str
    family: str
    link: str
    ceiling_k: float
    expected_k: float | None
    low_k: float | None
    high_k: float | None
    at: float
    start: float
    length: float
    support_word: str
    block: Markup
    measured_k: float | None
    measured_gpa: float | None
    novelty: str
    route: str
    gain_k: float | None
    why: str
    warnings: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class OfFamily:
    """What is new in one family: how many compounds, the first of them, and reasons against the others."""

    family: str
    compounds: int
    new: tuple[Pick, ...]
    passed: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Advice:
    """What to try first in each family, and the first known compounds as a check of the list."""

    families: tuple[OfFamily, ...]
    known: tuple[Pick, ...]
    axis_k: float

    @property
    def new(self) -> tuple[Pick, ...]:
        """The picks of all families."""
        return tuple(pick for one in self.families for pick in one.new)


def advice(ranked: Sequence[Candidate], with_dossier: Collection[EntryKey] = ()) -> Advice:
    """Gather what is to be tried first, in the order of the list.

    Args:
        ranked: the candidates in ranked order.
        with_dossier: source and id of those that have a dossier to link to.
    """
    placed = list(enumerate(ranked))
    new = [(place, one) for place, one in placed if one.place.try_first is not None]
    known = [
        (place, one)
        for place, one in placed
        if one.place.passed_over == "known" and one.place.rank_in_compound == 1
    ][:COUNT]
    tops = [
        value
        for _, one in (*new, *known)
        for value in (
            finite(one.estimate.tc_best_high_k),
            finite(one.screening.tc_ceiling_k),
            finite(one.place.known_tc_k),
        )
        if value
    ]
    end = AXIS_STEP_K * (int(max(tops, default=0.0) * 1.02 / AXIS_STEP_K) + 1.0)
    names = sorted({str(one.screening.family) for one in ranked}, key=_by_first(new, ranked))
    return Advice(
        tuple(_of_family(name, ranked, new, end, with_dossier) for name in names),
        tuple(_pick(place, one, end, with_dossier) for place, one in known),
        end,
    )


def _by_first(
    new: Sequence[tuple[int, Candidate]], ranked: Sequence[Candidate]
) -> Callable[[str], tuple[int, int]]:
    """What orders families: their first new compound; those without one come after, by their first entry."""
    picks: dict[str, int] = {}
    entries: dict[str, int] = {}
    for place, one in new:
        picks.setdefault(str(one.screening.family), place)
    for place, one in enumerate(ranked):
        entries.setdefault(str(one.screening.family), place)
    return lambda family: (picks.get(family, len(ranked)), entries[family])


def _of_family(
    family: str,
    ranked: Sequence[Candidate],
    new: Sequence[tuple[int, Candidate]],
    end: float,
    with_dossier: Collection[EntryKey],
) -> OfFamily:
    own = [one for one in ranked if one.screening.family == family]
    reasons: dict[str, set[str]] = defaultdict(set)
    for one in own:
        if one.place.passed_over:
            reasons[one.place.passed_over].add(one.estimate.compound or one.screening.formula)
    return OfFamily(
        family=clipped(family, MAX_NAME),
        compounds=sum(one.place.rank_new is not None for one in own),
        new=tuple(
            _pick(place, one, end, with_dossier) for place, one in new if one.screening.family == family
        ),
        passed=tuple((len(reasons[name]), why) for name, why in PASSED_OVER.items() if name in reasons),
    )


def _pick(place: int, one: Candidate, end: float, with_dossier: Collection[EntryKey]) -> Pick:
    found, estimate = one.screening, one.estimate
    expected, low, high = (
        finite(value) for value in (estimate.tc_best_k, estimate.tc_best_low_k, estimate.tc_best_high_k)
    )
    ceiling = float(found.tc_ceiling_k or 0.0)
    middle = ceiling if expected is None else expected
    start = middle if low is None else low
    warned = [hazard for hazard in hazards(found.elements) if hazard.remark.kind != "supply"]
    return Pick(
        place=place,
        rank=one.place.rank,
        id=clipped(found.id, MAX_NAME),
        formula=clipped(found.called, MAX_NAME),
        family=clipped(found.family, MAX_NAME),
        link=dossier_path(found.source, found.id) if found.key in with_dossier else "",
        ceiling_k=ceiling,
        expected_k=expected,
        low_k=low,
        high_k=high,
        at=_per_cent(middle, end),
        start=_per_cent(start, end),
        length=_per_cent((middle if high is None else high) - start, end),
        support_word=clipped(estimate.support_word, MAX_NAME),
        block=_block(found),
        measured_k=one.place.known_tc_k,
        measured_gpa=finite(one.place.known_pressure_gpa) or None,
        novelty=_capital(clipped(novelty_words(one.place), MAX_WORDS)),
        route=clipped(one.place.route_note, MAX_WORDS),
        gain_k=finite(one.place.gain_k),
        why=_why(one),
        warnings=tuple(
            f"{hazard.remark.kind}: {', '.join(hazard.elements)}"
            for hazard in warned
            if hazard.remark.level == "severe"
        ),
        remarks=tuple(
            f"{hazard.remark.kind}: {', '.join(hazard.elements)}"
            for hazard in warned
            if hazard.remark.level != "severe" and hazard.remark.kind in MINOR_KINDS
        ),
    )


def _block(found: Screening) -> Markup:
    drawn = thumbnail(found)
    return Markup() if drawn is None else drawn.svg(in_words(found))


def _per_cent(value: float, end: float) -> float:
    return round(min(100.0, 100 * value / end), 2)


def _why(one: Candidate) -> str:
    """One sentence from its numbers: what it is like, its cage, where its structure comes from."""
    parts = []
    found, estimate = one.screening, one.estimate
    if estimate.nearest_known and estimate.nearest_similarity and estimate.nearest_tc_k:
        name = clipped(called(estimate.nearest_known[0]), MAX_NAME)
        alike, tc_k = estimate.nearest_similarity[0], estimate.nearest_tc_k[0]
        if alike >= LEAST_LIKENESS:
            row = measured_by_id().get(estimate.nearest_known[0])
            pressure = f" at {row.pressure_gpa:g} GPa" if row is not None and row.pressure_gpa else ""
            parts.append(f"{name}, {tc_k:.3g} K{pressure}, is most like it ({alike:.2f} of 1)")
    phase = found.ceiling_phase
    apexes = "" if phase is None else " and ".join(dict.fromkeys(phase.apexes))
    parts.append(f"cage {found.xi_ceiling_ang:.3f} Å high" + (f" between {apexes}" if apexes else ""))
    if found.extrapolation:
        parts.append(f"λ never published for {clipped(found.extrapolation, MAX_NAME)}")
    hull = finite(found.provenance.e_above_hull_ev)
    origin = ORIGINS[found.provenance.theoretical] if found.provenance.built_of is None else "a design"
    if hull is not None:
        parts.append(f"{origin or 'structure'} {1000 * hull:.0f} meV/atom above the hull")
    elif origin:
        parts.append(origin)
    return f"{_capital('; '.join(parts))}."


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
