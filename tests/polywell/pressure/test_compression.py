"""Pressure: heights, curves, domes, and the table of compressibilities."""

import math

import numpy as np
import pytest

from polywell.data.reference import reference_structures
from polywell.pressure.compression import (
    Dome,
    compressibilities,
    curve_under_pressure,
    dome_curve,
    height_under_pressure_ang,
    slope_k_per_gpa,
)

ROWS = {one.name: one for one in compressibilities()}


def test_every_row_names_a_structure_and_a_source() -> None:
    known = {one.id for one in reference_structures()}
    for row in ROWS.values():
        assert row.reference in known
        assert row.source
        assert row.range_gpa[0] < row.range_gpa[1]
        assert (row.slope_k_per_gpa is None) == (row.slope_source == "")


def test_derived_compressibilities_follow_from_what_the_sources_print() -> None:
    assert ROWS["La2CuO4"].kappa_normal_per_gpa == pytest.approx(
        math.log(13.1058 / 13.0932) / 0.603, rel=0.01
    )
    assert ROWS["BaFe2As2"].kappa_normal_per_gpa == pytest.approx(-math.log(1 - 0.11) / 17, rel=0.01)
    assert ROWS["LiFeAs"].kappa_normal_per_gpa == pytest.approx(1 / (3 * 57.3), rel=0.01)
    assert ROWS["FeSe"].kappa_normal_per_gpa == pytest.approx(1 / (3 * 30.7), rel=0.01)
    area = (5.3352 * 5.4160) / (5.3290 * 5.4026)
    assert ROWS["La2CuO4"].kappa_plane_per_gpa == pytest.approx(math.log(area) / 2 / 0.603, rel=0.01)
    assert ROWS["BaFe2As2"].kappa_plane_per_gpa == pytest.approx(-math.log(1 - 0.02) / 17, rel=0.01)


def test_height_shrinks_like_the_axis() -> None:
    found = height_under_pressure_ang(3.2108, 0.0042, np.array([0.0, 11.0]))
    assert found == pytest.approx([3.2108, 3.2108 * math.exp(-0.0462)])
    with pytest.raises(ValueError, match="p ≥ 0"):
        height_under_pressure_ang(3.2, 0.004, -1.0)


def test_hg1223_rises_by_about_one_kelvin_per_gigapascal() -> None:
    curve = curve_under_pressure(3.2108, 1300.0, 0.0042, 30.0)
    start = 1300 / 3.2108**2
    assert curve.tc_k[0] == pytest.approx(start)
    assert curve.tc_k[-1] == pytest.approx(start * math.exp(2 * 0.0042 * 30))
    assert slope_k_per_gpa(start, 0.0042) == pytest.approx(1.06, abs=0.01)
    first = (curve.tc_k[1] - curve.tc_k[0]) / curve.pressure_gpa[1]
    assert first == pytest.approx(slope_k_per_gpa(start, 0.0042), rel=0.01)
    with pytest.raises(ValueError, match="κ > 0"):
        slope_k_per_gpa(100.0, 0.0)


def test_domes_of_the_proposal() -> None:
    domes = (Dome("SC-II", 10.5, 13.2, 2.836), Dome("SC-I", 0.0, 9.2, 3.534))
    curve = dome_curve(domes, 400.0, 16.0)
    at = {p: float(curve.tc_k[np.abs(curve.pressure_gpa - p).argmin()]) for p in (0, 5, 10, 12.5, 15)}
    assert at == pytest.approx({0: 400 / 3.534**2, 5: 400 / 3.534**2, 10: 0, 12.5: 400 / 2.836**2, 15: 0})
    assert at[0] == pytest.approx(32.0, abs=0.05)
    assert at[12.5] == pytest.approx(49.7, abs=0.05)


def test_within_a_dome_a_shrinking_cage_raises_tc() -> None:
    curve = dome_curve((Dome("one", 2.0, 8.0, 3.0),), 400.0, 10.0, 0.005)
    inside = curve.tc_k[curve.tc_k > 0]
    assert (np.diff(inside) > 0).all()
    assert inside[0] == pytest.approx(400 / 9, rel=1e-3)


def test_domes_may_not_overlap() -> None:
    with pytest.raises(ValueError, match="overlap"):
        dome_curve((Dome("a", 0, 5, 3.0), Dome("b", 4, 6, 3.0)), 400.0, 10.0)
