"""What any calibration must be held against: simpler predictors, fitted to the same training rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

import numpy as np
from sklearn.ensemble import RandomForestRegressor  # type: ignore[import-untyped]

from polywell.evidence.calibration import TrainingRow
from polywell.evidence.kernel import Floats

TREES = 100
FOREST_SEED = 0
FEWEST_FOR_A_CURVE = 6
"""With fewer rows a parabola through anion heights says nothing; the median stands in for it."""

Baseline = Callable[[Sequence[TrainingRow], Sequence[TrainingRow], float], Floats]
"""From superconducting training rows, tested rows and λ in K·Å² to the T_c in K of each tested row."""


def family_median(training: Sequence[TrainingRow], tested: Sequence[TrainingRow], lam: float) -> Floats:
    """The median T_c of the training rows, for everything."""
    return np.full(len(tested), median(_tc(training)))


def sheets(training: Sequence[TrainingRow], tested: Sequence[TrainingRow], lam: float) -> Floats:
    """The median T_c of the training rows with as many sheets a block; of all where none has as many."""
    by_count: dict[str, list[float]] = {}
    for row, tc in zip(training, _tc(training), strict=True):
        by_count.setdefault(row.features.sheets_per_block, []).append(tc)
    everything = _tc(training)
    return np.array([median(by_count.get(row.features.sheets_per_block, everything)) for row in tested])


def anion_height(training: Sequence[TrainingRow], tested: Sequence[TrainingRow], lam: float) -> Floats:
    """A parabola of T_c against the anion height by least squares, kept within the training T_c.

    The published curve of T_c over anion height has one maximum near 1.38 Å (Mizuguchi et al., Supercond.
    Sci. Technol. 23, 054013 (2010)).
    """
    heights = [row.features.anion_height_ang for row in training]
    known = [(height, tc) for height, tc in zip(heights, _tc(training), strict=True) if height is not None]
    middle = median(_tc(training))
    if len({height for height, _ in known}) < FEWEST_FOR_A_CURVE:
        return np.full(len(tested), middle)
    x, y = np.array(known).T
    design = np.vander(x - 1.38, 3)
    curve = np.linalg.lstsq(design, y, rcond=None)[0]
    made = [
        middle
        if row.features.anion_height_ang is None
        else float(np.clip(np.vander([row.features.anion_height_ang - 1.38], 3) @ curve, y.min(), y.max())[0])
        for row in tested
    ]
    return np.array(made)


def ceiling(training: Sequence[TrainingRow], tested: Sequence[TrainingRow], lam: float) -> Floats:
    """The published relation with the smallest ξ; nothing is learned."""
    return lam / np.array([row.features.xi_ceiling_ang for row in tested]) ** 2


def outer(training: Sequence[TrainingRow], tested: Sequence[TrainingRow], lam: float) -> Floats:
    """The published relation with the largest ξ; nothing is learned."""
    return lam / np.array([row.features.xi_outer_ang for row in tested]) ** 2


def composition_forest(training: Sequence[TrainingRow], tested: Sequence[TrainingRow], lam: float) -> Floats:
    """A random forest on the shares of the elements, with no structure at all."""
    symbols = sorted({symbol for row in training for symbol, _ in row.composition})
    forest = RandomForestRegressor(n_estimators=TREES, random_state=FOREST_SEED, n_jobs=1)
    forest.fit(_shares(training, symbols), _tc(training))
    return np.asarray(forest.predict(_shares(tested, symbols)), dtype=float)


BASELINES: dict[str, Baseline] = {
    "family median": family_median,
    "sheets": sheets,
    "anion height": anion_height,
    "ceiling": ceiling,
    "outer": outer,
    "composition forest": composition_forest,
}
"""Every baseline that is shown beside the calibration; the anion height only where there is one."""


def _tc(rows: Sequence[TrainingRow]) -> list[float]:
    return [row.tc_k for row in rows if row.tc_k is not None]


def _shares(rows: Sequence[TrainingRow], symbols: Sequence[str]) -> Floats:
    return np.array([[dict(row.composition).get(symbol, 0.0) for symbol in symbols] for row in rows])
