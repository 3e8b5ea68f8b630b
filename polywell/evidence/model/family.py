"""The model of one family: T_c as written and at the best doping, with intervals, probability and support."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polywell.evidence.model.inputs import Batch, batch_of, inputs
from polywell.evidence.model.intervals import Intervals
from polywell.evidence.model.material import Material
from polywell.evidence.model.neighbours import Neighbourhood
from polywell.evidence.model.routes import elements_of_routes, routes
from polywell.evidence.model.trees import Floats, Trees

NEAREST = 3
"""How many measured neighbours an estimate names."""
AS_IT_IS = "as it is"
QUANTILE_80 = 1.2815515655446004
"""Standard deviations from the median to the edge of the central 80 % of a normal distribution."""
EVEN = 0.5
LEAST_GAIN_K = 1.0
"""A doping that gains less is none."""
CHUNK = 2048
"""Candidates whose dopings are held in memory at once."""
WORDS = (
    (0.8, "close to measured compounds"),
    (0.5, "between measured compounds"),
    (0.0, "far from measured compounds"),
)
"""Least support for each word."""


@dataclass(frozen=True)
class Neighbour:
    """A measured superconductor most alike: how alike (0-1), its T_c, and measured minus fitted in K."""

    id: str
    similarity: float
    tc_k: float
    residual_k: float


@dataclass(frozen=True)
class CalibratedTc:
    """What the evidence says of one candidate; temperatures in K, intervals of 80 %.

    `tc_expected_k` is that of the compound as it is written, `tc_best_k` that at the best doping which its
    chemistry can reach, by the route that `best_doping` names. `superconducting_probability` and
    `best_probability`, the same at the best doping, are None where the model does no better than the base
    rate. `support` runs from 0 far from measured compounds to 1 at one.
    """

    tc_expected_k: float
    tc_low_k: float
    tc_high_k: float
    tc_best_k: float
    tc_best_low_k: float
    tc_best_high_k: float
    best_doping: str
    superconducting_probability: float | None
    best_probability: float | None
    support: float
    support_word: str
    nearest: tuple[Neighbour, ...]


@dataclass(frozen=True)
class Odds:
    """Logarithms of the odds of superconducting, and by what those below and above 0 are multiplied."""

    trees: Trees
    below: float
    above: float

    def probability(self, inputs: Floats) -> Floats:
        """Probabilities (N,) of superconducting for inputs (N, D)."""
        return probability(self.trees.predict(inputs), self.below, self.above)


@dataclass(frozen=True)
class FamilyModel:
    """The fitted model of one family.

    Attributes:
        family: its name in the λ table.
        metal: that of its nets.
        lambda_k_ang2: λ that it was fitted with.
        family_digest: of the row of the λ table that it was fitted with; empty where it serves an evaluation.
        columns: names of the inputs, in order.
        tc: T_c in K.
        odds: of superconducting; None where they do no better than the base rate outside.
        interval: of T_c as written.
        best_interval: of T_c at the best doping.
        neighbourhood: measured rows.
        rows: how many rows it was fitted to.
        superconducting: how many of them superconduct.
    """

    family: str
    metal: str
    lambda_k_ang2: float
    family_digest: str
    columns: tuple[str, ...]
    tc: Trees
    odds: Odds | None
    interval: Intervals
    best_interval: Intervals
    neighbourhood: Neighbourhood
    rows: int
    superconducting: int

    def predict(
        self, materials: Sequence[Material], xi_spread: Floats | float = 0.0, before: int | None = None
    ) -> list[CalibratedTc]:
        """Estimates for candidates of this family, in order.

        Args:
            materials: the candidates.
            xi_spread: relative standard deviation of their ξ, one number or one each; it widens the interval.
            before: dopings known before this year alone are tried.
        """
        spread = np.broadcast_to(np.asarray(xi_spread, dtype=float), (len(materials),))
        made: list[CalibratedTc] = []
        for start in range(0, len(materials), CHUNK):
            part = slice(start, start + CHUNK)
            made.extend(self._predict(materials[part], spread[part], before))
        return made

    def batch(self, materials: Sequence[Material]) -> Batch:
        """Materials side by side, with room for every doping."""
        return batch_of(materials, self.lambda_k_ang2, elements_of_routes(self.family))

    def tc_k(self, batch: Batch) -> Floats:
        """T_c in K (N,) as written; never below 0."""
        made: Floats = np.maximum(self.tc.predict(inputs(batch, self.columns)), 0.0)
        return made

    def best_tc_k(
        self, batch: Batch, likely: Floats | None = None, before: int | None = None
    ) -> tuple[Floats, list[str], Floats]:
        """T_c in K (N,) at the best doping, the route in words, and what the model is told of it (N, C).

        Args:
            batch: materials as they are written.
            likely: probability that each superconducts as it is; one that probably does not is taken to a
                doping wherever a route leads to one.
            before: dopings known before this year alone are tried.
        """
        written, words = self.tc_k(batch), [AS_IT_IS] * len(batch)
        best = written.copy()
        least = written + LEAST_GAIN_K
        if likely is not None:
            least[likely < EVEN] = 0.0
            best[likely < EVEN] = -np.inf
        tried, told = list(routes(batch, self.family, self.metal, before)), inputs(batch, self.columns)
        made, found = told[:0], np.zeros(0)
        if tried:
            made = np.concatenate([inputs(one.made, self.columns) for one in tried])
            found = self.tc.predict(made)
        start = 0
        for one in tried:
            values = np.maximum(found[start : start + len(one.rows)], 0.0)
            own = made[start : start + len(one.rows)]
            start += len(one.rows)
            better = (values > best[one.rows]) & (values >= least[one.rows])
            for place in np.flatnonzero(better).tolist():
                row = int(one.rows[place])
                best[row], words[row], told[row] = values[place], one.words(place), own[place]
        return np.where(np.isfinite(best), best, written), words, told

    def _predict(
        self, materials: Sequence[Material], spread: Floats, before: int | None
    ) -> list[CalibratedTc]:
        if not materials:
            return []
        batch = self.batch(materials)
        expected = self.tc_k(batch)
        likely = None if self.odds is None else self.odds.probability(inputs(batch, self.columns))
        best, words, doped = self.best_tc_k(batch, likely, before)
        at_best = None if self.odds is None else self.odds.probability(doped)
        distance, near, away = self.neighbourhood.nearest(materials, NEAREST)
        support, alike = self.neighbourhood.support(distance), self.neighbourhood.support(away)
        by_height = self._by_height(batch, spread)
        low, high = _widened(expected, *self.interval.ends(expected, support), by_height)
        best_low, best_high = _widened(best, *self.best_interval.ends(best, support), by_height)
        known = self.neighbourhood.rows
        return [
            CalibratedTc(
                tc_expected_k=float(expected[k]),
                tc_low_k=float(low[k]),
                tc_high_k=float(high[k]),
                tc_best_k=float(best[k]),
                tc_best_low_k=float(best_low[k]),
                tc_best_high_k=float(best_high[k]),
                best_doping=words[k],
                superconducting_probability=None if likely is None else float(likely[k]),
                best_probability=None if at_best is None else float(at_best[k]),
                support=float(support[k]),
                support_word=support_word(float(support[k])),
                nearest=tuple(
                    Neighbour(known[row].id, float(how), float(known[row].tc_k or 0.0), known[row].residual_k)
                    for row, how in zip(near[k].tolist(), alike[k], strict=True)
                ),
            )
            for k in range(len(materials))
        ]

    def _by_height(self, batch: Batch, spread: Floats) -> Floats:
        """By how many K one standard deviation of ξ moves T_c."""
        if not spread.any():
            return np.zeros(len(batch))
        ends = [self.tc_k(batch.scaled_heights(1 + sign * spread)) for sign in (1, -1)]
        made: Floats = np.abs(ends[0] - ends[1]) / 2
        return made


def _widened(middle: Floats, low: Floats, high: Floats, by: Floats) -> tuple[Floats, Floats]:
    """An interval with one more independent deviation in K, 1.28 of which belong to 80 %."""
    more = QUANTILE_80 * by
    return np.maximum(middle - np.hypot(middle - low, more), 0.0), middle + np.hypot(high - middle, more)


def probability(log_odds: Floats, below: float = 1.0, above: float = 1.0) -> Floats:
    """From logarithms of odds, negative ones times `below`, positive ones times `above`."""
    made: Floats = 1.0 / (1.0 + np.exp(-log_odds * np.where(log_odds < 0, below, above)))
    return made


def support_word(support: float) -> str:
    """The word for a support."""
    return next(word for least, word in WORDS if support >= least or least == 0.0)
