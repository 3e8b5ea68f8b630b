"""Would the list have helped: the list of an earlier year, held against what was measured after it.

What is ranked, by what, and what counts as lost stands in `tables/calibration_protocol.md`, under 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from statistics import fmean

import numpy as np
from pymatgen.core import Element

from polywell.data.spacers import spacer_table
from polywell.evidence.calibration import TrainingRow
from polywell.evidence.evaluation.baselines import ceiling, forest, sheets
from polywell.evidence.fitting import (
    Unseen,
    best_interval_of,
    fit_odds,
    fit_trees,
    parenthood,
    scale_of,
    superconducting,
    without_each_fold,
)
from polywell.evidence.model.family import CalibratedTc, FamilyModel
from polywell.evidence.model.neighbours import Neighbourhood, known_row, thinned
from polywell.evidence.model.routes import carrier_family
from polywell.evidence.model.trees import Floats
from polywell.families import Families, Family
from polywell.records import Electrons, ElectronState, Estimate, Possible
from polywell.worth.gain import gain_k
from polywell.worth.possible import Listed, verdict

YEARS = (1988, 1992, 1995, 2000, 2007, 2010, 2015, 2020)
"""Beginnings of the time after."""
AFTER = 5
"""Years after whose compounds are listed."""
FEWEST = 20
"""Compounds of a list; of fewer a tenth says nothing."""
FEWEST_KNOWN = 3
"""Superconducting rows that a model of a family takes at least."""
FIRST = 0.1
"""The part of a list that somebody would have made."""
GOOD = 0.5
"""Above this share of the record a compound was worth it."""

GAIN = "expected gain"
LOW = "lower end at the best doping"
FOREST = "forest on composition and valence"
SHEETS = "number of sheets"
CEILING = "ceiling"
CHANCE = "chance"
ORDERS = (GAIN, LOW, FOREST, SHEETS, CEILING, CHANCE)
"""The order of the list, and those beside it."""

EVEN = 50.0
"""Mean percentile of a list in no order."""

Key = tuple[float, ...]
"""What an order goes by, smallest first; equal keys share their places."""


@dataclass(frozen=True)
class Score:
    """How one order did; percentiles run from 0, the first, to 100, and chance gives 50.

    `good_share` is the share of the first tenth that superconducts above half the record; `records` is None
    where no record came, `superconductors` where nothing superconducts.
    """

    order: str
    superconductors: float | None
    records: float | None
    good_share: float


@dataclass(frozen=True)
class YearList:
    """The list of one family before a year, and what became of it.

    `known` counts the rows it was fitted to, `compounds` those on the list, of which the first `tenth` would
    have been made; `record_k` is the highest T_c that the family had shown. `best_place` is the place of the
    compound with the highest T_c that came, 1 the first.
    """

    year: int
    family: str
    known: int
    compounds: int
    superconductors: int
    records: int
    tenth: int
    record_k: float
    best_formula: str
    best_measured_k: float
    best_place: float
    scores: tuple[Score, ...]

    @property
    def own(self) -> Score:
        """That of the list itself."""
        return self.scores[0]

    @property
    def better(self) -> tuple[str, ...]:
        """Other orders that did better on the first tenth or on the records."""
        return tuple(one.order for one in self.scores[1:] if is_better(one, self.own))


@dataclass(frozen=True)
class Unlisted:
    """A family that nobody could have listed: too little was known of it before the year."""

    year: int
    family: str
    known: int
    compounds: int
    superconductors: int
    highest_k: float


@dataclass(frozen=True)
class Hindsight:
    """The lists of all years, and the families without one."""

    lists: tuple[YearList, ...] = ()
    unlisted: tuple[Unlisted, ...] = ()


NO_LISTS = Hindsight()


def is_better(one: Score, own: Score) -> bool:
    """Whether an order has the better first tenth, or puts the records higher."""
    higher = one.records is not None and own.records is not None and one.records < own.records - 1e-9
    return higher or one.good_share > own.good_share + 1e-9


def hindsight(rows: Sequence[TrainingRow], families: Families, years: Sequence[int] = YEARS) -> Hindsight:
    """Make the list of every family and year, and hold it against what came; rows without a year stay out.

    Args:
        rows: measured rows of all families.
        families: the λ table.
        years: beginnings of the time after.
    """
    lists, unlisted = [], []
    for family in families.rows:
        own = sorted(
            (row for row in rows if row.family == family.name and row.year is not None),
            key=lambda row: row.id,
        )
        for year in years:
            before = [row for row in own if (row.year or 0) < year]
            old = {row.compound for row in before}
            after: dict[str, list[TrainingRow]] = {}
            for row in own:
                if year <= (row.year or 0) < year + AFTER and row.compound not in old:
                    after.setdefault(row.compound, []).append(row)
            if len(after) < FEWEST:
                continue
            listed = [min(some, key=_as_a_database) for some in after.values()]
            came = [max(row.tc_k or 0.0 for row in some) for some in after.values()]
            if len(superconducting(before)) < FEWEST_KNOWN:
                hot = sum(tc > 0 for tc in came)
                unlisted.append(Unlisted(year, family.name, len(before), len(came), hot, max(came)))
            else:
                lists.append(_judged(year, family, before, listed, came))
    return Hindsight(tuple(lists), tuple(unlisted))


def score(order: str, keys: Sequence[Key], came: Sequence[float], record_k: float) -> Score:
    """Score an order of compounds.

    Args:
        order: its name.
        keys: of each compound, the smallest first.
        came: highest T_c in K that each compound showed; 0 where none did.
        record_k: the highest T_c that was known.
    """
    count, tenth = len(keys), ceil(FIRST * len(keys))
    ahead = [sum(other < key for other in keys) for key in keys]
    tied = [sum(other == key for other in keys) for key in keys]
    at = [100 * (first + same / 2) / count for first, same in zip(ahead, tied, strict=True)]
    within = [min(max((tenth - a) / same, 0.0), 1.0) for a, same in zip(ahead, tied, strict=True)]
    good = sum(part for part, tc in zip(within, came, strict=True) if tc > GOOD * record_k)
    return Score(
        order,
        _mean(place for place, tc in zip(at, came, strict=True) if tc > 0),
        _mean(place for place, tc in zip(at, came, strict=True) if tc > record_k),
        good / tenth,
    )


def fit_before(rows: Sequence[TrainingRow], family: Family, year: int) -> FamilyModel:
    """The model of a family as a list needs it: without an interval of T_c as written, with all else.

    Args:
        rows: those reported before the year, one at least superconducting.
        family: its row of the λ table.
        year: dopings published before it alone are tried.
    """
    model = fit_trees(rows, family)
    scale = scale_of(rows, _distances(rows))
    model = replace(model, neighbourhood=replace(model.neighbourhood, scale=scale))
    best = best_interval_of(rows, family, model, year)
    return replace(
        model,
        interval=best,  # stands in for that of T_c as written, which no list reads
        best_interval=best,
        odds=fit_odds(rows, family, model.columns),
    )


def _distances(rows: Sequence[TrainingRow]) -> Unseen:
    """How far each row is from those of other chemical systems; no T_c is predicted."""
    place = {row.id: k for k, row in enumerate(rows)}
    distance = np.full(len(rows), np.inf)
    for kept, tested in without_each_fold(rows, [row.system for row in rows]):
        if superconducting(kept):
            known = [known_row(row.id, row.tc_k, 0.0, row.material) for row in kept]
            others = Neighbourhood(thinned(known, [row.compound for row in kept]), 1.0)
            materials = [row.material for row in tested]
            distance[[place[row.id] for row in tested]] = others.nearest(materials, 1)[0]
    return Unseen(np.zeros(len(rows)), distance)


def _judged(
    year: int,
    family: Family,
    before: Sequence[TrainingRow],
    listed: Sequence[TrainingRow],
    came: Sequence[float],
) -> YearList:
    hot = superconducting(before)
    record_k = max(row.tc_k or 0.0 for row in hot)
    said = fit_before(before, family, year).predict([row.material for row in listed], before=year)
    keys: Mapping[str, list[Key]] = {
        **_of_list([_listed(row, family) for row in listed], said, year),
        FOREST: _falling(forest(hot, listed, family)),
        SHEETS: _falling(sheets(hot, listed, family)),
        CEILING: _falling(ceiling(hot, listed, family)),
        CHANCE: [(0.0,)] * len(listed),
    }
    best = max(range(len(came)), key=lambda k: (came[k], listed[k].id))
    place = [sum(other < key for other in keys[GAIN]) for key in keys[GAIN]][best]
    return YearList(
        year=year,
        family=family.name,
        known=len(before),
        compounds=len(listed),
        superconductors=sum(tc > 0 for tc in came),
        records=sum(tc > record_k for tc in came),
        tenth=ceil(FIRST * len(listed)),
        record_k=record_k,
        best_formula=listed[best].formula,
        best_measured_k=came[best],
        best_place=1.0 + place,
        scores=tuple(score(order, keys[order], came, record_k) for order in ORDERS),
    )


def _of_list(listed: Sequence[Listed], said: Sequence[CalibratedTc], year: int) -> dict[str, list[Key]]:
    """The orders that the list knows; impossible compounds come last, as they do there."""
    gains: list[Key] = []
    lows: list[Key] = []
    for one, tc in zip(listed, said, strict=True):
        estimate = Estimate(
            tc_best_low_k=tc.tc_best_low_k,
            best_doping=tc.best_doping,
            best_probability=tc.best_probability,
            support_word=tc.support_word,
        )
        impossible = float(verdict(one, estimate).possible is Possible.IMPOSSIBLE)
        gains.append((impossible, -round(gain_k(one, estimate, year) or 0.0, 6)))
        lows.append((impossible, -round(tc.tc_best_low_k, 6)))
    return {GAIN: gains, LOW: lows}


def _listed(row: TrainingRow, family: Family) -> Listed:
    held = row.material
    return Listed(
        family=family.name,
        metal=family.metal,
        elements=tuple(sorted({family.metal, *(symbol for symbol, _ in held.amounts)})),
        series=row.structure_type,
        electrons=_electrons(row),
    )


def _electrons(row: TrainingRow) -> Electrons:
    """What the formula says of the electrons; nothing where the oxygen was not determined."""
    held, family = row.material.electrons, carrier_family(row.family)
    if held is None or family is None:
        return Electrons()
    group = float(Element(family.metal).group)
    carriers = held.middle - 2.0 if family.carriers == "holes" else group - held.middle
    chains = row.material.features.spacer == spacer_table().named("net metal")
    state = family.state_at(carriers, chains)
    if chains and family.state_at(carriers) is ElectronState.OUTSIDE:
        state = ElectronState.OUTSIDE
    return Electrons(
        valence_low=held.low, valence_high=held.high, electron_state=state, foreign_share=held.foreign_share
    )


def _as_a_database(row: TrainingRow) -> tuple[float, int, float, str]:
    """Smaller for the row that a database of parents would hold."""
    return row.material.features.pressure_gpa or 0.0, *parenthood(row)


def _falling(values: Floats) -> list[Key]:
    return [(-round(value, 6),) for value in values.tolist()]


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return fmean(found) if found else None
