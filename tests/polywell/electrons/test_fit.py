"""Measured crystals fit by the rules that designs are judged by, and what does not fit is named."""

from math import sqrt

import pytest

from polywell.data.reference import reference_entries
from polywell.design.designs import Designs
from polywell.electrons.fit import known_neighbours
from polywell.families import built_in_families
from polywell.screening import screen_many


def test_every_measured_candidate_fits():
    found = screen_many(reference_entries(), built_in_families())
    factors = {one.id: one.electrons.tolerance_factor for one in found}
    assert sum(factor is not None for factor in factors.values()) > 150
    assert factors["la2cuo4-lto"] == pytest.approx((1.16 + 1.40) / (sqrt(2) * (0.73 + 1.40)), abs=1e-4)
    assert factors["bafe2as2"] is None
    assert [(one.id, one.electrons.fit_note) for one in found if one.electrons.fit_note] == []


def test_too_many_and_too_few_neighbours_are_named():
    assert known_neighbours("Hg") == (2, 8) and known_neighbours("Tm") == (6, 9)
    assert known_neighbours("Xe") == (4, 6) and known_neighbours("Kr") is None
    entries = Designs("design:").entries(["la2o2-2xlao-nio2", "la2o2-2xtmo-nio2"])
    found = {one.id: one.electrons for one in screen_many(list(entries), built_in_families())}
    assert found["la2o2-2xlao-nio2"].fit_note is None
    assert found["la2o2-2xtmo-nio2"].fit_note == "Tm with 12 anions, known with 6 to 9"
