"""Conformal intervals: what was missed of unseen rows of like prediction and support."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polywell.evidence.model.trees import Floats

LOWER, UPPER = 0.1, 0.9
"""The central 80 %."""
A_SYSTEM = 30.0
"""Rows that one chemical system counts for at most."""
FEWEST = 30
"""With fewer residuals one pair of quantiles serves the family."""
FEWEST_AT_ALL = 5
SUPPORTS = (0.0, 0.25, 0.5, 0.75, 1.0)
SHARES = (0.02, 0.15, 0.3, 0.5, 0.7, 0.85, 0.98)
"""Quantiles of the predictions at which the table has a row."""
NEAR_SUPPORT = 0.15
NEAR_PREDICTION = 0.4
"""Widths of the weights: of the support, and of the prediction in standard deviations of all predictions."""


@dataclass(frozen=True)
class Intervals:
    """What to add to a prediction in K for the ends of its interval, over a grid (P, S)."""

    predicted_k: tuple[float, ...]
    low_k: tuple[tuple[float, ...], ...]
    high_k: tuple[tuple[float, ...], ...]
    rows: int

    def ends(self, predicted: Floats, support: Floats) -> tuple[Floats, Floats]:
        """Lower and upper ends in K; the lower one is never below 0."""
        low = predicted + self._between(self.low_k, predicted, support)
        high = predicted + self._between(self.high_k, predicted, support)
        return np.maximum(low, 0.0), np.maximum(high, 0.0)

    def _between(self, table: Sequence[Sequence[float]], predicted: Floats, support: Floats) -> Floats:
        """Linear between the points of the grid, level beyond its ends."""
        rows = np.array(table, dtype=np.float64)
        above, share = _place(np.array(self.predicted_k), predicted)
        right, part = _place(np.array(SUPPORTS), support)
        lower = rows[above - 1, right - 1] * (1 - part) + rows[above - 1, right] * part
        upper = rows[above, right - 1] * (1 - part) + rows[above, right] * part
        made: Floats = lower * (1 - share) + upper * share
        return made


def _place(grid: Floats, values: Floats) -> tuple[np.ndarray, Floats]:
    right = np.clip(np.searchsorted(grid, values), 1, len(grid) - 1)
    share = (values - grid[right - 1]) / np.maximum(grid[right] - grid[right - 1], 1e-12)
    return right, np.clip(share, 0.0, 1.0)


def intervals(
    predicted: Floats, support: Floats, residuals: Floats, systems: Sequence[str], highest_k: float
) -> Intervals:
    """The table of a family.

    Args:
        predicted: T_c in K of rows that the prediction had not seen.
        support: of the same rows.
        residuals: measured less predicted T_c.
        systems: chemical system of each.
        highest_k: the highest T_c of the family, which bounds the interval where there is next to nothing.
    """
    count = len(residuals)
    if count < FEWEST_AT_ALL:
        end = round(2.0 * highest_k, 2)
        return Intervals(
            (0.0, end),
            ((-end,) * len(SUPPORTS),) * 2,
            ((end,) * len(SUPPORTS), (0.0,) * len(SUPPORTS)),
            count,
        )
    if count < FEWEST:
        lower, upper = ((end,) * len(SUPPORTS) for end in _ranked(residuals))
        return Intervals((0.0, 1.0), (lower, lower), (upper, upper), count)
    grid = _grid(predicted)
    often = Counter(systems)
    weights = np.array([min(1.0, A_SYSTEM / often[system]) for system in systems])
    number = np.unique(np.array(systems), return_inverse=True)[1]
    width = NEAR_PREDICTION * max(float(np.std(predicted)), 1e-9)
    low, high = [], []
    for at in grid:
        near = weights * np.exp(-(((predicted - at) / width) ** 2) / 2)
        ends = [_quantiles(residuals, near * _like(support, one), weights, number) for one in SUPPORTS]
        low.append(tuple(min(round(one[0], 2), 0.0) for one in ends))
        high.append(tuple(max(round(one[1], 2), 0.0) for one in ends))
    return Intervals(grid, tuple(low), tuple(high), count)


def _grid(predicted: Floats) -> tuple[float, ...]:
    return tuple(sorted({round(float(one), 1) for one in np.quantile(predicted, SHARES)}))


def _like(support: Floats, at: float) -> Floats:
    made: Floats = np.exp(-(((support - at) / NEAR_SUPPORT) ** 2) / 2)
    return made


def _quantiles(
    residuals: Floats, weights: Floats, whole: Floats, systems: NDArray[np.int64]
) -> tuple[float, float]:
    """Weighted quantiles; a twentieth of the rows counts everywhere, lest a point stands on a few.

    They are (n + 1)-corrected, n being the effective number of chemical systems: rows of one are alike.
    """
    weights = weights / max(weights.sum(), 1e-300) + 0.05 * whole / whole.sum()
    of_systems = np.bincount(systems, weights)
    count = of_systems.sum() ** 2 / np.sum(of_systems**2)
    upper = min(UPPER * (count + 1) / count, 1.0)
    order = np.argsort(residuals, kind="stable")
    share = np.cumsum(weights[order])
    share = (share - 0.5 * weights[order]) / share[-1]
    return (
        float(np.interp(1.0 - upper, share, residuals[order])),
        float(np.interp(upper, share, residuals[order])),
    )


def _ranked(residuals: Floats) -> tuple[float, float]:
    """The (n + 1)-corrected quantiles of a few residuals."""
    ordered, count = np.sort(residuals), len(residuals)
    lower = int(np.floor((count + 1) * LOWER))
    upper = int(np.ceil((count + 1) * UPPER))
    return (
        min(round(float(ordered[max(lower, 1) - 1]), 2), 0.0),
        max(round(float(ordered[min(upper, count) - 1]), 2), 0.0),
    )
