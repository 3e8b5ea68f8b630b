"""What any calibration must be held against: simpler predictors, fitted to the same training rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

import numpy as np
from sklearn.ensemble import RandomForestRegressor  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from polywell.evidence.calibration import TrainingRow
from polywell.evidence.fitting import columns_of, fit_trees
from polywell.evidence.model.inputs import (
    ELECTRONS,
    RELATION,
    SHARES,
    SIZES,
    SUMS,
    batch_of,
    cage_columns,
    inputs,
)
from polywell.evidence.model.trees import Floats
from polywell.families import Family

TREES = 60
FEWEST_IN_A_LEAF = 2
FOREST_SEED = 0
FEWEST_FOR_A_CURVE = 6
"""With fewer rows a parabola through anion heights says nothing; the median stands in for it."""

Baseline = Callable[[Sequence[TrainingRow], Sequence[TrainingRow], Family], Floats]
"""From superconducting training rows, tested rows and their family to the T_c in K of each tested row."""


def family_median(training: Sequence[TrainingRow], tested: Sequence[TrainingRow], family: Family) -> Floats:
    """The median T_c of the training rows, for everything."""
    return np.full(len(tested), median(_tc(training)))


def sheets(training: Sequence[TrainingRow], tested: Sequence[TrainingRow], family: Family) -> Floats:
    """The median T_c of the training rows with as many sheets a block; of all where none has as many."""
    by_count: dict[str, list[float]] = {}
    for row, tc in zip(training, _tc(training), strict=True):
        by_count.setdefault(row.material.features.sheets_per_block, []).append(tc)
    everything = _tc(training)
    return np.array([
        median(by_count.get(row.material.features.sheets_per_block, everything)) for row in tested
    ])  # fmt: skip


def anion_height(training: Sequence[TrainingRow], tested: Sequence[TrainingRow], family: Family) -> Floats:
    """A parabola of T_c against the anion height by least squares, kept within the training T_c.

    The published curve of T_c over anion height has one maximum near 1.38 Å (Mizuguchi et al., Supercond.
    Sci. Technol. 23, 054013 (2010)).
    """
    heights = [row.material.features.anion_height_ang for row in training]
    known = [(height, tc) for height, tc in zip(heights, _tc(training), strict=True) if height is not None]
    middle = median(_tc(training))
    if len({height for height, _ in known}) < FEWEST_FOR_A_CURVE:
        return np.full(len(tested), middle)
    x, y = np.array(known).T
    curve = np.linalg.lstsq(np.vander(x - 1.38, 3), y, rcond=None)[0]
    asked = [row.material.features.anion_height_ang for row in tested]
    made = [
        middle
        if height is None
        else float(np.clip(np.vander([height - 1.38], 3) @ curve, y.min(), y.max())[0])
        for height in asked
    ]
    return np.array(made)


def ceiling(training: Sequence[TrainingRow], tested: Sequence[TrainingRow], family: Family) -> Floats:
    """The published relation with the smallest ξ; nothing is learned."""
    return family.lambda_k_ang2 / np.array([row.material.features.xi_ceiling_ang for row in tested]) ** 2


def outer(training: Sequence[TrainingRow], tested: Sequence[TrainingRow], family: Family) -> Floats:
    """The published relation with the largest ξ; nothing is learned."""
    return family.lambda_k_ang2 / np.array([row.material.features.xi_outer_ang for row in tested]) ** 2


def without_relation(
    training: Sequence[TrainingRow], tested: Sequence[TrainingRow], family: Family
) -> Floats:
    """The calibration with a constant in the place of λ/ξ², of both cages."""
    columns = [name for name in columns_of(training) if name not in RELATION]
    return _same_model(training, tested, family, columns)


def formula_alone(training: Sequence[TrainingRow], tested: Sequence[TrainingRow], family: Family) -> Floats:
    """The calibration without anything of the cages."""
    cages = set(cage_columns())
    columns = [name for name in columns_of(training) if name not in cages]
    return _same_model(training, tested, family, columns)


def forest(training: Sequence[TrainingRow], tested: Sequence[TrainingRow], family: Family) -> Floats:
    """A random forest on the amounts of the elements and the formal valence, with no structure at all."""
    left_out = {*cage_columns(), *SIZES, *SUMS, *SHARES, *ELECTRONS[1:]}
    columns = [name for name in columns_of(training) if name not in left_out]
    made = RandomForestRegressor(
        TREES, min_samples_leaf=FEWEST_IN_A_LEAF, max_features=1 / 3, random_state=FOREST_SEED, n_jobs=1
    )
    with threadpool_limits(1):
        made.fit(_known(training, family, columns), _tc(training))
        return np.asarray(made.predict(_known(tested, family, columns)), dtype=float)


BASELINES: dict[str, Baseline] = {
    "family median": family_median,
    "sheets": sheets,
    "anion height": anion_height,
    "ceiling": ceiling,
    "outer": outer,
    "constant in place of λ/ξ²": without_relation,
    "formula alone": formula_alone,
    "forest on composition and valence": forest,
}
"""Every baseline that is shown beside the calibration; the anion height only where there is one."""


def _tc(rows: Sequence[TrainingRow]) -> list[float]:
    return [row.tc_k for row in rows if row.tc_k is not None]


def _same_model(
    training: Sequence[TrainingRow], tested: Sequence[TrainingRow], family: Family, columns: Sequence[str]
) -> Floats:
    model = fit_trees(training, family, columns)
    return model.tc_k(model.batch([row.material for row in tested]))


def _known(rows: Sequence[TrainingRow], family: Family, columns: Sequence[str]) -> Floats:
    """Inputs of the forest; a valence that is not known is below all others."""
    batch = batch_of([row.material for row in rows], family.lambda_k_ang2)
    return np.nan_to_num(inputs(batch, columns), nan=-9.0)
