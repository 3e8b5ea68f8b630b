"""Scores of a prediction against measured critical temperatures, and their bootstrap intervals.

A score that the data do not define (no rows, a rank correlation of equal numbers) is None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from polywell.evidence.kernel import Floats

Ints = NDArray[np.int64]

Measure = Callable[..., float | None]
"""From columns of equal length to one number, None where they do not define it."""

SEED = 20261122
RESAMPLES = 1000
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


def coverage(low: Floats, high: Floats, measured: Floats) -> float | None:
    """Share of the measured values that lie within their interval, its ends included."""
    return float(((low <= measured) & (measured <= high)).mean()) if len(measured) else None


def envelope_share(ceiling: Floats, measured: Floats) -> float | None:
    """Share of the measured values that are at most `ENVELOPE` times their ceiling."""
    return float((measured <= ENVELOPE * ceiling).mean()) if len(measured) else None


def brier(probability: Floats, happened: Floats) -> float | None:
    """Mean squared difference between a probability and what happened (0 or 1)."""
    return float(((probability - happened) ** 2).mean()) if len(happened) else None


def precision_at(k: int, score: Floats, hits: Floats) -> float | None:
    """Share of hits among the k rows of the largest score; equal scores in random order, in expectation.

    None when there are fewer than k rows.
    """
    if len(score) < k or k < 1:
        return None
    edge = np.sort(score)[-k]
    above, level = score > edge, score == edge
    places = k - int(above.sum())
    return float((hits[above].sum() + places * hits[level].mean()) / k)


def enrichment_at(k: int, score: Floats, hits: Floats) -> float | None:
    """Precision at k over the share of hits in the whole list; None without hits or with too few rows."""
    precision = precision_at(k, score, hits)
    return None if precision is None or not hits.any() else precision / float(hits.mean())


def resamples(compounds: Sequence[str], count: int = RESAMPLES, seed: int = SEED) -> list[Ints]:
    """Bootstrap resamples of rows by whole compounds.

    Returns:
        `count` arrays of row numbers; each draws as many compounds as there are, with replacement.
    """
    names = sorted(set(compounds))
    rows = [np.array([k for k, own in enumerate(compounds) if own == name]) for name in names]
    random = np.random.default_rng(seed)
    if not names:
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
