"""Whether intervals of every width hold what they promise, not only the one of 80 %."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from polywell.evidence.calibration import QUANTILE_80
from polywell.evidence.evaluation.evaluate import Prediction

PROMISED = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Shares that the central intervals promise to hold."""


@dataclass(frozen=True)
class Reliability:
    """What share of `rows` measured values lay within the central interval that promised `promised`."""

    promised: float
    held: float
    rows: int


def reliability(
    predictions: Sequence[Prediction], promised: Sequence[float] = PROMISED
) -> tuple[Reliability, ...]:
    """Held against promised shares, over the superconducting rows whose predictions have an interval.

    The predictive distribution is normal in ln T_c, so its 80 % interval gives every other one.

    Args:
        predictions: of one predictor, each row once.
        promised: shares between 0 and 1.
    """
    away = np.array([
        abs(np.log(one.tc_measured_k / one.expected_k)) / (np.log(one.high_k / one.low_k) / (2 * QUANTILE_80))
        for one in predictions
        if one.tc_measured_k is not None and one.low_k is not None and one.high_k is not None
    ])  # fmt: skip
    if not len(away):
        return ()
    # A value on the very end of the 80 % interval is held by it, whatever the rounding of the logarithms.
    reach = norm.ppf((1 + np.array(promised)) / 2) * (1 + 1e-9)
    return tuple(
        Reliability(share, float((away <= edge).mean()), len(away))
        for share, edge in zip(promised, reach, strict=True)
    )
