"""Measurements of a home: added once, whole or not at all, with what had been forecast before."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from catalog.errors import HomeError
from catalog.home import Home
from catalog.measurements.adding import add
from catalog.measurements.calibration import calibration_in_force
from catalog.measurements.sheet import MeasurementsError
from catalog.measurements.table import folder_of, measurements_of
from catalog.runs.publish import publish
from catalog.runs.published import new_name
from catalog.store.schema import entry_schema
from polywell.families import built_in_families
from tests.catalog.stored import record_to_row

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEAD = "structure,formula,structure_type,tc_k,kind,pressure_gpa,doping,source,date\n"
LSCO = ",La1.85Sr0.15CuO4,La-214,37.5,zero,,,notebook,2026-11-10\n"
ESTIMATE = {
    "tc_expected_k": 30.0,
    "tc_low_k": 20.0,
    "tc_high_k": 40.0,
    "superconducting_probability": 0.75,
    "calibration_digest": "0" * 64,
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.at(tmp_path / "home")
    home.prepare()
    return home


@pytest.fixture
def put(tmp_path: Path, home: Home) -> Callable[[str], Any]:
    def put(rows: str) -> Any:
        file = tmp_path / "own.csv"
        file.write_text(HEAD + rows, "utf-8")
        return add(home, file, built_in_families(), NOW)

    return put


def published(home: Home, row: dict[str, Any], finished: str) -> None:
    table = pa.Table.from_pylist([row | ESTIMATE], entry_schema())
    none = entry_schema().empty_table()
    facts = {
        "source": "files:x",
        "finished": finished,
        "entries": 1,
        "candidates": 1,
        "rejected": 0,
        "failed": 0,
    }
    publish(home, new_name(home), table, none, none, facts)


def test_adding_twice_is_adding_once(home: Home, put: Callable):
    first, again = put(LSCO), put(LSCO + LSCO.replace("37.5", "36"))
    assert (len(first.new), first.known, len(again.new), again.known) == (1, 0, 1, 1)
    assert [one.tc_k for one in measurements_of(home)] == [37.5, 36.0]
    assert (
        first.new[0].no_forecast == "no run of this home had ended by 2026-11-10: nothing was forecast before"
    )
    assert "own measurements in no calibration yet: 2" in str(calibration_in_force(home).note)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("nowhere,,,40,zero,,,x,2026-11-10", "row 3, column structure: 'nowhere'; expected a file in"),
        (",La2CuO4,,40,zero,,,x,2026-11-10", "row 3, column structure_type: ''"),
        (
            ",La2CuO4,La-215,40,zero,,,x,2026-11-10",
            "row 3, column structure_type: 'La-215'; no such structure",
        ),
        (",Qq2CuO4,La-214,40,zero,,,x,2026-11-10", "row 3, column formula: 'Qq2CuO4'"),
        (",La2CuO4,La-214,-4,zero,,,x,2026-11-10", "row 3, column tc_k: '-4'"),
        (",La2CuO4,La-214,nan,zero,,,x,2026-11-10", "row 3, column tc_k: 'nan'"),
        (",La2CuO4,La-214,40,,,,x,2026-11-10", "row 3, column kind: ''; expected one of zero, mid, onset"),
        (
            ",La2CuO4,La-214,none down to 2,zero,,,x,2026-11-10",
            "row 3, column kind: 'zero'; expected nothing",
        ),
        (",La2CuO4,La-214,40,zero,-1,,x,2026-11-10", "row 3, column pressure_gpa: '-1'"),
        (",La2CuO4,La-214,40,zero,,,,2026-11-10", "row 3, column source: ''"),
        (
            ",La2CuO4,La-214,40,zero,,,x,2026-11-21",
            "row 3, column date: '2026-11-21'; expected a day up to today",
        ),
    ],
)
def test_one_bad_row_is_named_and_nothing_is_added(home: Home, put: Callable, row: str, why: str):
    with pytest.raises(MeasurementsError, match="1 of 2 rows cannot be used, so none was added") as error:
        put(f"{LSCO}{row}\n")
    assert why in str(error.value)
    assert not folder_of(home).exists()


@pytest.mark.parametrize(
    ("finished", "row", "found"),
    [
        ("2026-11-10T08:00:00+00:00", LSCO, "files:x/a"),
        ("2026-11-11T08:00:00+00:00", LSCO, "no run of this home had ended by 2026-11-10"),
        (
            "2026-11-09T08:00:00+00:00",
            LSCO.replace("zero,,", "zero,5,"),
            "is listed at 0 GPa, and was measured at 5",
        ),
        ("2026-11-09T08:00:00+00:00", LSCO.replace("zero,,", "zero,,Sr"), "another doping than its own"),
        ("2026-11-09T08:00:00+00:00", LSCO.replace("La1.85Sr0.15", "La1.7Sr0.3"), "does not hold it"),
    ],
)
def test_a_forecast_is_one_made_before_and_of_the_same_sample(
    home: Home, put: Callable, candidate: Callable, finished: str, row: str, found: str
):
    listed = record_to_row(candidate("a", formula="La1.85Sr0.15CuO4", family="cuprate")) | {
        "source": "files:x",
        "pressure_gpa": None,
    }
    published(home, listed, finished)
    (one,) = put(row).new
    said = one.no_forecast if one.forecast is None else f"{one.forecast.source}/{one.forecast.id}"
    assert found in said
    assert (one.forecast is None) == (found != "files:x/a")
    if one.forecast is not None:
        told = one.forecast
        assert (told.expected_k, told.low_k, told.high_k, told.probability) == (30.0, 20.0, 40.0, 0.75)
        (second,) = put(row.replace("37.5", "36")).new
        assert second.forecast.known == f"own measurement {one.id}"  # no forecast of something new


def test_a_file_of_a_newer_program_is_refused(home: Home, put: Callable):
    put(LSCO)
    (path,) = folder_of(home).glob("*.json")
    path.write_text(path.read_text("utf-8").replace('"schema": 1', '"schema": 2'), "utf-8")
    with pytest.raises(HomeError, match=r"schema: Input should be 1.*a newer polywell"):
        measurements_of(home)
