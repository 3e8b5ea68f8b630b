"""Fitting the calibration: scikit-learn finds the variances of the kernel by marginal likelihood.

Deterministic: fixed starts, fixed bounds, no random number. Everything fixed in advance is written in
`tables/calibration_protocol.md`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped]
from sklearn.gaussian_process import GaussianProcessRegressor  # type: ignore[import-untyped]
from sklearn.gaussian_process.kernels import Hyperparameter, Kernel, WhiteKernel  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from polywell import ALGORITHM_VERSION
from polywell.evidence.calibration import QUANTILE_80, Calibration, FamilyModel, TrainingRow, targets
from polywell.evidence.kernel import (
    GROUPS,
    TERMS,
    Floats,
    coordinates,
    sheet_kind,
    squared_distances,
    terms,
)
from polywell.families import Families

STARTS = (0.03, 0.1, 0.3)
"""Where the search for the variances starts, all of them together."""
FAMILY_BOUNDS = (0.1, 1.0)
GROUP_BOUNDS = (1e-4, 1.0)
NOISE_BOUNDS = (1e-3, 0.25)
"""Least and largest variance, in squared logarithms of T_c."""
COVERED = 0.8
"""Share of unseen compounds that the interval is to hold."""
FEWEST_ROWS = 3
"""With fewer superconducting rows the variances stay at the middle start: nothing to learn them from."""


class CageKernel(Kernel):  # type: ignore[misc]
    """The kernel of `polywell.evidence.kernel` for scikit-learn.

    Its parameters are the variances of the terms.

    The rows of X are row numbers: `places` holds the coordinates of each group.
    """

    def __init__(self, places: list[Floats], variances: Floats) -> None:
        self.places = places
        self.variances = variances

    @property
    def hyperparameter_variances(self) -> Any:
        """The variances, with their bounds."""
        bounds = np.array([FAMILY_BOUNDS] + [GROUP_BOUNDS] * (len(TERMS) - 1))
        return Hyperparameter("variances", "numeric", bounds, len(TERMS))

    def __call__(self, X: Floats, Y: Floats | None = None, eval_gradient: bool = False) -> Any:
        """Covariance of rows, and its derivatives by the logarithms of the variances where asked for."""
        one = X[:, 0].astype(int)
        other = one if Y is None else Y[:, 0].astype(int)
        parts = terms(
            squared_distances([place[one] for place in self.places], [place[other] for place in self.places])
        )
        scaled = parts * np.asarray(self.variances)[:, None, None]
        whole = scaled.sum(axis=0)
        return (whole, np.moveaxis(scaled, 0, -1)) if eval_gradient else whole

    def diag(self, X: Floats) -> Floats:
        """Variance at each row."""
        return np.full(len(X), float(np.sum(self.variances)))

    def is_stationary(self) -> bool:
        """Only distances count."""
        return True


def fit(
    training: Sequence[TrainingRow], families: Families, digests: Iterable[tuple[str, str]] = ()
) -> Calibration:
    """Fit the calibration of every family of the λ table that has a superconducting row.

    Args:
        training: measured rows of all families.
        families: the λ table.
        digests: names and digests of what the rows were made from, kept in the result.

    Raises:
        ValueError: a row's family is not in the λ table, or a row stands twice.
    """
    known = {row.name: row for row in families.rows}
    ids = [row.id for row in training]
    for row in training:
        if row.features.family not in known or ids.count(row.id) > 1:
            raise ValueError(
                f"training row {row.id!r} of family {row.features.family!r}: expected each row once, and "
                f"one of {', '.join(known)}"
            )
    models = []
    for name, family in known.items():
        own = sorted((row for row in training if row.features.family == name), key=lambda row: row.id)
        if any(row.tc_k is not None for row in own):
            fitted = fit_family(name, family.lambda_k_ang2, own)
            models.append(replace(fitted, family_digest=family.digest))
    return Calibration(tuple(models), ALGORITHM_VERSION, tuple(digests))


def fit_family(name: str, lambda_k_ang2: float, rows: Sequence[TrainingRow]) -> FamilyModel:
    """Fit the process of one family to its measured rows.

    Raises:
        ValueError: no row at all.
    """
    if not rows:
        raise ValueError(f"family {name!r}: no training row; expected at least one")
    kind = sheet_kind(rows[0].features)
    seen = [row for row in rows if row.tc_k is not None]
    variances, noise = np.full(len(TERMS), STARTS[1]), STARTS[1]
    if len(seen) >= FEWEST_ROWS:
        variances, noise = _maximised(seen, kind, lambda_k_ang2)
    model = FamilyModel(
        name, kind, lambda_k_ang2, tuple(_short(value) for value in variances), _short(noise), tuple(rows)
    )
    return replace(model, interval_scale=_interval_scale(model.leave_compound_out()))


def _short(value: float) -> float:
    """Six digits: more would differ from machine to machine."""
    return float(f"{value:.6g}")


def _interval_scale(away: Floats) -> float:
    """By how much to widen the interval so that it holds 80 % of rows whose compound it did not see.

    The quantile is the conformal one, (n + 1)·0.8 of n rows; 1 when it is smaller or the rows are too few.
    """
    place = ceil((len(away) + 1) * COVERED)
    if place > len(away):
        return 1.0
    return max(1.0, _short(float(np.sort(np.abs(away))[place - 1]) / QUANTILE_80))


def _maximised(seen: Sequence[TrainingRow], kind: str, lambda_k_ang2: float) -> tuple[Floats, float]:
    places = coordinates([row.features for row in seen], kind)
    target, own = targets(seen, lambda_k_ang2)
    kernel = CageKernel(places, np.full(len(GROUPS) + 2, STARTS[1])) + WhiteKernel(STARTS[1], NOISE_BOUNDS)
    process = GaussianProcessRegressor(kernel, alpha=own, optimizer=_best_of_starts)
    # One thread: matrices this small gain nothing from more, and sums come out the same on every machine.
    with threadpool_limits(1), warnings.catch_warnings():
        # A variance at its bound is a result here: the group explains nothing, or the bound holds.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(np.arange(len(seen), dtype=float)[:, None], target)
    return np.asarray(process.kernel_.k1.variances), float(process.kernel_.k2.noise_level)


def _best_of_starts(objective: Callable[..., Any], initial: Floats, bounds: Floats) -> tuple[Floats, float]:
    """The best of the fixed starts; logarithms of the variances, and minus the log marginal likelihood."""
    found = []
    for start in STARTS:
        begin = np.clip(np.full(len(initial), np.log(start)), bounds[:, 0], bounds[:, 1])
        result = minimize(objective, begin, jac=True, method="L-BFGS-B", bounds=bounds)
        found.append((float(result.fun), result.x))
    least, best = min(found, key=lambda pair: pair[0])
    return best, least
