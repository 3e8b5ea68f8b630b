import numpy as np
import pytest

from polywell.relation import critical_temperature_k, height_for_ang


# Rows of the proposal whose arithmetic is stated: λ, ξ and the T_c that follows.
@pytest.mark.parametrize(
    ("lambda_k_ang2", "xi_ang", "tc_k"),
    [(1300, 3.631, 98.6), (1300, 3.698, 95.1), (1300, 3.767, 91.6), (400, 3.534, 32.0), (400, 2.836, 49.7)],
)
def test_numbers_of_the_proposal(lambda_k_ang2: float, xi_ang: float, tc_k: float) -> None:
    assert critical_temperature_k(xi_ang, lambda_k_ang2) == pytest.approx(tc_k, abs=0.05)
    assert height_for_ang(critical_temperature_k(xi_ang, lambda_k_ang2), lambda_k_ang2) == pytest.approx(
        xi_ang
    )


def test_one_percent_in_height_is_two_percent_in_temperature() -> None:
    ratio = critical_temperature_k(3.5 * 1.01, 1300.0) / critical_temperature_k(3.5, 1300.0)
    assert ratio == pytest.approx(0.98, abs=5e-4)


def test_arrays_of_any_shape() -> None:
    heights = np.array([[3.0, 3.5], [4.0, 2.5]])
    assert critical_temperature_k(heights, 1300.0) == pytest.approx(1300.0 / heights**2)


@pytest.mark.parametrize("height", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_heights_are_refused(height: float) -> None:
    with pytest.raises(ValueError, match="ξ must be a positive length"):
        critical_temperature_k(height, 1300.0)
    with pytest.raises(ValueError, match="ξ must be a positive length"):
        critical_temperature_k(np.array([3.0, height]), 1300.0)
    with pytest.raises(ValueError, match="T_c must be a positive temperature"):
        height_for_ang(height, 1300.0)
