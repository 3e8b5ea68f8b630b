"""Trilayers: orders, planes that fill in turn, and the flat part of T_c."""

from dataclasses import replace

import numpy as np
import pytest

from polywell.data.reference import reference_entries
from polywell.families import built_in_families
from polywell.proposal.trilayers import doping_curve, fermi_sheets, order_by_radius, plane_dopings, trilayer
from polywell.screening import screen

ENTRIES = {entry.id: entry for entry in reference_entries()}


def phases(id: str):
    return screen(ENTRIES[id], built_in_families()).phases


def test_order_by_radii() -> None:
    assert order_by_radius(0.99, 1.13) == "alpha < beta = gamma"
    assert order_by_radius(1.2, 1.1, ">") == "beta = gamma > alpha"


def test_the_inner_cage_of_a_trilayer_cuprate_is_the_smaller() -> None:
    found = trilayer(phases("tl2ba2ca2cu3o10"))
    assert found is not None
    assert found.inner_apexes == ("Ca", "Ca")
    assert set(found.outer_apexes) == {"Ca", "Ba"}
    assert found.inner_is_smaller
    assert found.binding_ratio == pytest.approx((found.outer_ang / found.inner_ang) ** 2)
    assert found.gap_ratio**2 == pytest.approx(found.binding_ratio)


def test_the_inner_cage_of_la4ni3o10_is_the_larger() -> None:
    found = trilayer(phases("la4ni3o10-tetragonal"))
    assert found is not None
    assert not found.inner_is_smaller


def test_other_blocks_are_no_trilayers() -> None:
    assert trilayer(phases("hgba2cuo4.18")) is None
    ours = phases("tl2ba2ca2cu3o10")
    assert trilayer(ours[:1]) is None
    assert trilayer([replace(phase, count=1) for phase in ours]) is None


@pytest.mark.parametrize(
    ("doping", "planes"),
    [(0.0, (0, 0, 0)), (0.1, (0.1, 0, 0)), (0.2, (0.16, 0.04, 0)), (0.38, (0.18, 0.18, 0.02))],
)
def test_planes_fill_in_turn(doping, planes) -> None:
    found = plane_dopings(doping)
    assert found == pytest.approx(planes)
    assert sum(found) == pytest.approx(doping)
    assert fermi_sheets(doping) == sum(plane > 0 for plane in planes)


def test_tc_is_flat_between_one_and_two_optima() -> None:
    curve = doping_curve(110.0)
    assert (curve.flat_from, curve.flat_to) == pytest.approx((0.16, 0.32))
    flat = curve.tc_k[(curve.doping >= 0.16) & (curve.doping <= 0.32)]
    assert np.allclose(flat, 110.0)
    # One plane on the parabola: 1 - 82.6 · 0.06² of the highest T_c at p = 0.10.
    assert curve.tc_k[40] == pytest.approx(110 * (1 - 82.6 * 0.06**2))
    assert curve.tc_k[0] == 0
    assert curve.tc_k[-1] < 110
    assert sorted(set(curve.fermi_sheets)) == [0, 1, 2, 3]
