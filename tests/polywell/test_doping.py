"""Stripe series and substitutions."""

from fractions import Fraction

import pytest
from pymatgen.core import Element

from polywell.doping import (
    NOTHING,
    SPACINGS,
    STRIPE_MEANING,
    nearest_spacing,
    replacements,
    replacements_for,
    stripe_doping,
)


def test_the_stripe_series_is_that_of_the_proposal() -> None:
    assert [stripe_doping(n) for n in SPACINGS] == [Fraction(1, 2 * n) for n in range(2, 9)]
    assert STRIPE_MEANING[3] == "optimum"


@pytest.mark.parametrize(("doping", "n"), [(0.125, 4), (0.16, 3), (0.3, 2), (0.01, 8), (5 / 24, 2)])
def test_nearest_member_of_the_series(doping, n) -> None:
    assert nearest_spacing(doping) == n


def test_substitutions_of_a_held_host_come_first() -> None:
    rows = replacements_for("cuprate", {"La", "Cu"})
    assert {row.host for row in rows[:3]} <= {"La", NOTHING}
    assert all(row.family == "cuprate" for row in rows)
    assert replacements_for("no such family", {"La"}) == ()


def test_substitutions_name_elements_and_stay_below_the_known_record() -> None:
    for row in replacements():
        for symbol in {row.host, row.guest} - {NOTHING}:
            assert Element.is_valid_symbol(symbol)
        assert row.tc_k < 140
        assert (row.carriers == "none") == (row.per_guest == 0)
