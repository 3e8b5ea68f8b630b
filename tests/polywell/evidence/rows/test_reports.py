"""Prospective reports: rows like the others that train nothing, and how a calibration is scored on them."""

import pytest

from polywell.data.measured import measured_by_id
from polywell.evidence.model.family import CalibratedTc
from polywell.evidence.rows.reports import Reported, forecasts, table
from polywell.evidence.rows.rows import measured_rows
from polywell.families import load_families

FAMILIES = load_families()


def test_no_report_trains_and_none_stands_in_our_tables() -> None:
    assert len(table()) == len({one.id for one in table()})
    assert {one.id for one in table()}.isdisjoint(
        {*measured_by_id(), *(row.id for row in measured_rows(FAMILIES))}
    )


def test_the_pressure_is_that_of_the_measurement_where_it_is_known() -> None:
    seen = []
    forecasts(FAMILIES, lambda materials: seen.extend(materials) or [None] * len(materials))
    materials = {one.id: material for one, material in zip(table(), seen, strict=True)}
    assert materials["pr3ni2o7-film-22gpa"].features.pressure_gpa == 22.0
    assert materials["la2.1sm0.9ni2o7-pressure"].features.pressure_gpa == 15.0  # of the structure
    assert materials["fe1.11se"].amounts == (("Se", pytest.approx(0.9009, abs=1e-4)),)


def test_a_forecast_tells_whether_the_interval_held() -> None:
    """An interval of 50 to 70 K for everything holds 60, 66, 61.5, 62, 57.4 and 60 K, and no others."""
    made = CalibratedTc(
        60.0, 50.0, 70.0, 60.0, 50.0, 70.0, "as it is", None, None, 0.0, "far from measured compounds", ()
    )
    within = [one.within for one in forecasts(FAMILIES, lambda rows: [made] * len(rows))]
    assert (within.count(True), within.count(None)) == (6, 2)
    assert {one.within for one in forecasts(FAMILIES, lambda rows: [None] * len(rows))} == {None}


def test_what_comes_from_a_listing_is_not_read() -> None:
    with pytest.raises(ValueError, match="what comes from a listing is recalled"):
        Reported.model_validate(table()[0].model_dump() | {"checked": "read"})
