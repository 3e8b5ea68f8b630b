"""The list of an earlier year: scores by hand, and that nothing of later years reaches it."""

from dataclasses import replace

import pytest

from polywell.doping import replacements
from polywell.evidence.evaluation.hindsight import GAIN, LOW, ORDERS, Score, hindsight, is_better, score
from polywell.evidence.model.routes import substitutions
from polywell.families import load_families
from polywell.records import Estimate, RouteKind
from polywell.worth.routes import doping_of
from tests.polywell.evidence.made import made_up
from tests.reports.made import candidate

FAMILIES = load_families()
YEAR = 1990


def dated():
    """Sixty made-up rows: half known before the year, half of the five years from it."""
    rows = made_up(60, 5)
    return [
        replace(row, compound=f"{k}", year=YEAR - 2 if k < 30 else YEAR + k % 5) for k, row in enumerate(rows)
    ]


def test_scores_by_hand() -> None:
    """Ten compounds in order; the second and the last superconduct, at 30 and 90 K; 50 K were known."""
    came = [0.0, 30.0, 0, 0, 0, 0, 0, 0, 0, 90.0]
    made = score("one", [(float(k),) for k in range(10)], came, 50.0)
    assert made == Score("one", pytest.approx((15 + 95) / 2), 95.0, 0.0)
    turned = score("one", [(-float(k),) for k in range(10)], came, 50.0)
    assert (turned.records, turned.good_share) == (5.0, 1.0)


def test_ties_share_their_places() -> None:
    made = score("chance", [(0.0,)] * 10, [30.0, 90.0] + [0.0] * 8, 50.0)
    assert (made.superconductors, made.records, made.good_share) == (50.0, 50.0, pytest.approx(0.2))


def test_no_record_is_no_place() -> None:
    made = score("one", [(0.0,), (1.0,)], [0.0, 0.0], 50.0)
    assert made.superconductors is None and made.records is None
    assert not is_better(made, made) and is_better(replace(made, good_share=0.5), made)
    assert is_better(replace(made, records=1.0), replace(made, records=2.0))


def test_nothing_of_later_years_reaches_a_list() -> None:
    """Other T_c of what came move the scores and what was best, and not the order."""
    rows = dated()
    (one,) = hindsight(rows, FAMILIES, (YEAR,)).lists
    assert [made.order for made in one.scores] == list(ORDERS)
    assert (one.compounds, one.tenth, one.known) == (30, 3, 30)
    later = [replace(row, tc_k=200.0) if (row.year or 0) >= YEAR else row for row in rows]
    (hot,) = hindsight([*later], FAMILIES, (YEAR,)).lists
    assert hot.record_k == one.record_k and hot.records == hot.superconductors == 30
    assert {made.order: made.records for made in hot.scores} == pytest.approx(dict.fromkeys(ORDERS, 50.0))
    coldest = [
        replace(row, tc_k=row.tc_k if row.id == "nothing" else None)
        for row in later
        if (row.year or 0) >= YEAR
    ]
    only = max(coldest, key=lambda row: row.id)
    before = [row for row in rows if (row.year or 0) < YEAR]
    places = []
    for tc in (1.0, 150.0):
        (list_,) = hindsight(
            [*before, *(replace(row, tc_k=tc if row is only else None) for row in coldest)], FAMILIES, (YEAR,)
        ).lists
        places.append([made.superconductors for made in list_.scores])
    assert places[0] == places[1]


def test_the_same_rows_in_another_order_give_the_same_lists() -> None:
    rows = dated()
    assert hindsight(rows, FAMILIES, (YEAR,)) == hindsight(rows[::-1], FAMILIES, (YEAR,))


def test_a_family_of_which_nothing_was_known_has_no_list() -> None:
    later = [replace(row, year=YEAR + 1) for row in dated()]
    made = hindsight(later, FAMILIES, (YEAR,))
    assert made.lists == () and made.unlisted[0].compounds == 60
    assert made.unlisted[0].highest_k == max(row.tc_k or 0.0 for row in later)
    assert hindsight(later[:10], FAMILIES, (YEAR,)).unlisted == ()


def test_a_doping_that_was_published_later_is_not_known() -> None:
    assert all(row.known_before(None) and row.known_before(2100) for row in replacements())
    strontium = next(row for row in replacements() if (row.parent, row.guest) == ("La2CuO4", "Sr"))
    assert strontium.known_before(1988) and not strontium.known_before(1987)
    assert ("La", "Sr", 1) in substitutions("cuprate", 1988) and substitutions("cuprate", 1980) == ()
    one = replace(candidate("one", 3.4).screening, series="La-214")
    estimate = Estimate(best_doping="0.16 holes per Cu: 8 % Sr on La")
    assert doping_of(one, estimate, 1988).kind is RouteKind.PRECEDENT
    assert doping_of(one, estimate, 1987).kind is RouteKind.UNTRIED


def test_the_list_is_judged_beside_its_own_lower_end() -> None:
    assert ORDERS[0] == GAIN and LOW in ORDERS
