"""The published relation T_c = λ/ξ², equation (1) of the proposal, and how T_c answers to its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
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


COMPUTED_DOUBT = {"octahedron": 0.013, "nonahedron": 0.07, "tridecahedron": 0.065}
"""Relative doubt of ξ in a computed structure, by kind of cage.

Median absolute deviation (octahedron) and spread of the ratio of computed to measured ξ, Materials Project
structures matched to measured ones; found before this project began. The mean shift (1.6 % for cuprates,
20 % for the nonahedra of iron compounds with oxygen) comes on top of it.
"""

MEASURED_DOUBT = 0.002
"""Relative doubt of ξ in a refined structure: a coordinate of ±0.0005 in a 12 Å axis is 0.006 Å in 3.5 Å."""


@dataclass(frozen=True)
class Doubt:
    """Doubt of T_c in K (one standard deviation), and the shares of λ, of ξ and of its copies; they sum to 1.

    `copies` is the part of the doubt of ξ that comes from copies of the cage in the cell not being equal.
    """

    tc_k: float
    deviation_k: float
    share_lambda: float
    share_xi: float
    share_copies: float


def one_percent_shorter(xi_ang: float, lambda_k_ang2: float) -> tuple[float, float, float]:
    """ξ in Å shorter by 1 %, whatever does it (pressure, strain, a smaller ion), its T_c and the change in K.

    Raises:
        ValueError: ξ is not positive.
    """
    shorter = 0.99 * float(xi_ang)
    before = critical_temperature_k(float(xi_ang), lambda_k_ang2)
    after = critical_temperature_k(shorter, lambda_k_ang2)
    return shorter, after, after - before


def pressure_for_gpa(percent: float, kappa_per_gpa: float) -> float:
    """Pressure in GPa that shortens the normal by `percent` at the compressibility κ, to first order.

    Raises:
        ValueError: the compressibility is not positive.
    """
    if kappa_per_gpa <= 0:
        raise ValueError(f"expected κ > 0 per GPa, got {kappa_per_gpa}")
    return percent / 100 / kappa_per_gpa


def doubt(
    xi_ang: float,
    lambda_k_ang2: float,
    lambda_spread_k_ang2: float,
    xi_relative_doubt: float,
    xi_spread_ang: float = 0.0,
) -> Doubt:
    """Doubt of λ/ξ² by the propagation of independent errors, to first order.

    Args:
        xi_ang: height of the cage in Å.
        lambda_k_ang2: λ in K·Å².
        lambda_spread_k_ang2: spread of λ in K·Å².
        xi_relative_doubt: doubt of ξ divided by ξ.
        xi_spread_ang: largest minus smallest ξ among the copies; half of it counts as their doubt.

    Raises:
        ValueError: a height or λ is not positive, or a doubt is negative.
    """
    if lambda_k_ang2 <= 0 or min(lambda_spread_k_ang2, xi_relative_doubt, xi_spread_ang) < 0:
        raise ValueError(
            f"expected λ > 0 and doubts ≥ 0, got {lambda_k_ang2}, {lambda_spread_k_ang2}, "
            f"{xi_relative_doubt} and {xi_spread_ang}"
        )
    tc = critical_temperature_k(float(xi_ang), lambda_k_ang2)
    of_lambda = (lambda_spread_k_ang2 / lambda_k_ang2) ** 2
    of_xi = (2 * xi_relative_doubt) ** 2
    of_copies = (xi_spread_ang / xi_ang) ** 2
    total = of_lambda + of_xi + of_copies
    if total == 0:
        return Doubt(tc, 0.0, 0.0, 0.0, 0.0)
    return Doubt(tc, tc * sqrt(total), of_lambda / total, of_xi / total, of_copies / total)


def xi_relative_doubt(cage: str, theoretical: bool | None) -> float:
    """Relative doubt of ξ by kind of cage; a structure of unknown origin counts as computed.

    Raises:
        ValueError: no such kind of cage.
    """
    if cage not in COMPUTED_DOUBT:
        raise ValueError(f"cage {cage!r}; expected one of {', '.join(COMPUTED_DOUBT)}")
    return MEASURED_DOUBT if theoretical is False else COMPUTED_DOUBT[cage]
