"""The tally against sums made by hand."""

import pytest
from pydantic import ValidationError

from polywell.evidence.own.measurement import Answer, Forecast, Kind, OwnMeasurement
from polywell.evidence.own.scoreboard import scored, sentence, tallies


def measured(tc_k, expected_k=40.0, low_k=30.0, high_k=50.0, probability=0.8, known=None, **more):
    forecast = Forecast(
        run="20261101T000000Z-00000000",
        published="2026-11-01",
        source="files:x",
        id="x",
        matched="id",
        answer=Answer.AS_WRITTEN,
        expected_k=expected_k,
        low_k=low_k,
        high_k=high_k,
        probability=probability,
        known=known,
        algorithm_version=4,
        calibration_digest="0" * 64,
    )
    seen = {"lowest_k": 2.0} if tc_k is None else {"tc_k": tc_k, "kind": Kind.ZERO}
    told = {
        "material": "x",
        "formula": "La2CuO4",
        "source": "x",
        "date": "2026-11-02",
        "forecast": forecast,
    }
    return OwnMeasurement(**(told | seen | more))


def test_the_tally_is_the_sum_by_hand():
    # errors 5 and 25 K: mean 15; one of two within 30-50 K; squares 0.04, 0.04 and 0.64: mean 0.24
    rows = scored([measured(45.0), measured(65.0, known="La2CuO4"), measured(None)])
    every, new, *_ = tallies(rows)
    assert (every.forecasts, every.superconducting, every.mean_error_k, every.coverage) == (3, 2, 15.0, 0.5)
    assert every.brier == pytest.approx(0.24)
    assert (new.forecasts, new.mean_error_k, new.coverage) == (2, 5.0, 1.0)


@pytest.mark.parametrize(
    ("tc_k", "probability", "verdict"),
    [
        (45.0, 0.8, "hit, within the interval"),
        (50.0, 0.5, "hit, within the interval"),
        (51.0, 0.49, "miss, above the interval"),
        (20.0, None, "below the interval"),
        (None, 0.8, "miss"),
        (None, 0.2, "hit"),
        (None, None, "no probability to hold it against"),
    ],
)
def test_a_verdict_says_hit_or_miss_and_where_the_temperature_lies(tc_k, probability, verdict):
    (one,) = scored([measured(tc_k, probability=probability)])
    assert one.verdict == verdict


def test_nothing_measured_is_nothing_scored():
    none = measured(45.0, forecast=None, no_forecast="x")
    assert scored([none]) == ()
    assert tallies(()) == ()


def test_a_group_without_a_measurement_says_so():
    every, *_, best = tallies(scored([measured(None, probability=None)]))
    assert sentence(best) == "at the best doping: none measured yet."
    assert sentence(every) == "all forecasts: 1 measured, 0 superconduct."


def test_an_id_is_of_what_was_measured_and_not_of_what_was_forecast():
    assert measured(45.0).id == measured(45.0, expected_k=10.0).id
    assert len({measured(45.0).id, measured(46.0).id, measured(None).id}) == 3


@pytest.mark.parametrize("wrong", [{"lowest_k": 2.0}, {"kind": None}, {"tc_k": None}])
def test_a_measurement_says_one_thing(wrong):
    told = measured(45.0).model_dump()
    with pytest.raises(ValidationError, match="expected a T_c of one kind, or how far down"):
        OwnMeasurement(**(told | wrong))
