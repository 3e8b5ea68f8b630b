"""The published relation T_c = λ/ξ², equation (1) of the proposal, and what follows from it directly."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Lengths = TypeVar("Lengths", float, NDArray[np.float64])


def critical_temperature_k(xi_ang: Lengths, lambda_k_ang2: float) -> Lengths:
    """Critical temperature in K of a cage of height ξ.

    Args:
        xi_ang: height ξ in Å, a number or an array of any shape.
        lambda_k_ang2: λ in K·Å².

    Raises:
        ValueError: a height is not a positive finite number.
    """
    positive = 0 < xi_ang < float("inf") if isinstance(xi_ang, float) else _all_positive(xi_ang)
    if not positive:
        raise ValueError(f"ξ must be a positive length in Å, got {xi_ang}; check the cage that it came from")
    return lambda_k_ang2 / (xi_ang * xi_ang)


def _all_positive(values: NDArray[np.float64]) -> bool:
    return bool(np.all((values > 0) & np.isfinite(values)))


def height_for_ang(tc_k: float, lambda_k_ang2: float) -> float:
    """Height ξ in Å that the relation asks for to reach `tc_k`.

    Raises:
        ValueError: the temperature is not a positive finite number.
    """
    if not (np.isfinite(tc_k) and tc_k > 0):
        raise ValueError(f"T_c must be a positive temperature in K, got {tc_k}")
    return float(np.sqrt(lambda_k_ang2 / tc_k))
