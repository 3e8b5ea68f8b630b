import numpy as np
import pytest

from polywell.relation import (
    critical_temperature_k,
    doubt,
    height_for_ang,
    one_percent_shorter,
    pressure_for_gpa,
    xi_relative_doubt,
)


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


def test_one_per_cent_of_height_is_two_of_temperature() -> None:
    # λ = 1300 K·Å² and ξ = 3.6 Å: 100.31 K; 3.564 Å: 102.34 K.
    xi_ang, tc_k, change_k = one_percent_shorter(3.6, 1300.0)
    assert xi_ang == pytest.approx(3.564)
    assert tc_k == pytest.approx(1300 / 3.564**2)
    assert change_k / (1300 / 3.6**2) == pytest.approx(1 / 0.99**2 - 1)


def test_doubt_agrees_with_the_spread_of_many_draws() -> None:
    import numpy as np

    random = np.random.default_rng(7)
    lam = random.normal(1300.0, 30.0, 400_000)
    xi = 3.5 * random.normal(1.0, 0.02, 400_000)
    found = doubt(3.5, 1300.0, 30.0, 0.02)
    assert found.deviation_k == pytest.approx(float(np.std(lam / xi**2)), rel=0.01)


def test_shares_sum_to_one_and_follow_their_inputs() -> None:
    found = doubt(3.5, 1300.0, 113.7, 0.013, 0.05)
    assert found.share_lambda + found.share_xi + found.share_copies == pytest.approx(1)
    assert doubt(3.5, 1300.0, 0.0, 0.013).share_xi == pytest.approx(1)
    assert doubt(3.5, 1300.0, 0.0, 0.0).deviation_k == 0


def test_unknown_origin_counts_as_computed() -> None:
    assert xi_relative_doubt("octahedron", None) == xi_relative_doubt("octahedron", True)
    assert xi_relative_doubt("octahedron", False) < xi_relative_doubt("octahedron", True)


def test_wrong_inputs_are_named() -> None:
    with pytest.raises(ValueError, match="expected one of octahedron"):
        xi_relative_doubt("cube", True)
    with pytest.raises(ValueError, match="κ > 0"):
        pressure_for_gpa(1.0, 0.0)
    with pytest.raises(ValueError, match="doubts ≥ 0"):
        doubt(3.5, 1300.0, -1.0, 0.0)


def test_pressure_of_a_shortening() -> None:
    assert pressure_for_gpa(1.0, 0.004) == pytest.approx(2.5)
