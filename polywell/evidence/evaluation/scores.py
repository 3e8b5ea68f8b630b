"""Scores of a prediction against measured critical temperatures, and their bootstrap intervals.

A score that the data do not define (no rows, a rank correlation of equal numbers) is None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from polywell.evidence.model.trees import Floats

Ints = NDArray[np.int64]

Measure = Callable[..., float | None]
"""From columns of equal length to one number, None where they do not define it."""

SEED = 20261128
RESAMPLES = 200
PERCENTILES = (2.5, 97.5)
ENVELOPE = 1.1
"""A ceiling holds when T_c is at most this multiple of it."""


def mean_absolute_error_k(expected: Floats, measured: Floats) -> float | None:
    """Mean of |expected - measured| in K."""
    return float(np.abs(expected - measured).mean()) if len(measured) else None


def rank_correlation(expected: Floats, measured: Floats) -> float | None:
    """Spearman's rank correlation, ties at their mean rank; None when either side is all one number."""
    if len(measured) < 3 or np.ptp(expected) == 0 or np.ptp(measured) == 0:
        return None
    return float(np.corrcoef(rankdata(expected), rankdata(measured))[0, 1])


def correlations(pairs: Sequence[tuple[float, float]]) -> tuple[float, float | None]:
    """Pearson's and Spearman's correlation of two quantities over three or more compounds that differ."""
    values = np.array(pairs, dtype=np.float64).T
    return float(np.asarray(np.corrcoef(values))[0, 1]), rank_correlation(*values)


def coverage(low: Floats, high: Floats, measured: Floats) -> float | None:
    """Share of the measured values that lie within their interval, its ends included."""
    return float(((low <= measured) & (measured <= high)).mean()) if len(measured) else None


def envelope_share(ceiling: Floats, measured: Floats) -> float | None:
    """Share of the measured values that are at most `ENVELOPE` times their ceiling."""
    return float((measured <= ENVELOPE * ceiling).mean()) if len(measured) else None


def balanced_brier(probability: Floats, happened: Floats) -> float | None:
    """Mean squared difference between a probability and what happened (0 or 1), both kinds weighing alike.

    A probability of one half gives 0.25, whatever the share of either kind; None where one is missing.
    """
    there = happened > 0
    if there.all() or not there.any():
        return None
    missed = (probability - happened) ** 2
    return float((missed[there].mean() + missed[~there].mean()) / 2)


def area_under_curve(probability: Floats, happened: Floats) -> float | None:
    """Chance that a superconductor has the larger probability than one without, ties counting half."""
    there = happened > 0
    count = int(there.sum())
    if count in (0, len(there)):
        return None
    above = float(rankdata(probability)[there].sum()) - count * (count + 1) / 2
    return above / (count * (len(there) - count))


def resamples(systems: Sequence[str], count: int = RESAMPLES, seed: int = SEED) -> list[Ints]:
    """Bootstrap resamples of rows by whole chemical systems.

    Returns:
        `count` arrays of row numbers; each draws as many systems as there are, with replacement.
    """
    names, number = np.unique(np.array(systems), return_inverse=True)
    rows = np.split(np.argsort(number, kind="stable"), np.cumsum(np.bincount(number))[:-1])
    random = np.random.default_rng(seed)
    if not systems:
        return []
    drawn = random.integers(0, len(names), (count, len(names)))
    return [np.concatenate([rows[k] for k in draw]) for draw in drawn]


def interval(score: Measure, columns: Sequence[Floats], draws: Sequence[Ints]) -> tuple[float, float] | None:
    """The 95 % interval of a score over resamples of its columns; None when no resample defines it."""
    values = [score(*(column[rows] for column in columns)) for rows in draws]
    known = [value for value in values if value is not None]
    if not known:
        return None
    low, high = np.percentile(known, PERCENTILES)
    return float(low), float(high)
