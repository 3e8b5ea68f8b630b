"""A home with measurements: its own calibration, what is in force, and the page of its scoreboard."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from catalog.errors import HomeError
from catalog.home import Home
from catalog.measurements.calibration import calibration_file, calibration_in_force
from catalog.measurements.table import append
from flows.studies.calibrate import TABLE, calibrate_home
from flows.studies.measurements import NOTHING, scoreboard, verdict_lines
from polywell.evidence.calibration_table import built_in_calibration, to_text
from polywell.evidence.own.measurement import Answer, Forecast, Kind, OwnMeasurement
from tests.flows.crystals import CHECKOUT, cacuo2

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def measured(tc_k, forecast=None, formula="CaCuO2", structure=None):
    return OwnMeasurement(
        material="sha256:0",
        formula=formula,
        structure=(structure or cacuo2()).as_dict(),
        tc_k=tc_k,
        kind=Kind.ZERO,
        source="notebook <b>12</b>",
        date="2026-11-10",
        forecast=forecast,
        no_forecast="" if forecast else "nothing was forecast",
    )


def forecast(probability):
    return Forecast(
        run="20261101T000000Z-00000000",
        published="2026-11-01",
        source="files:x",
        id="x",
        matched="id",
        answer=Answer.AS_WRITTEN,
        expected_k=40.0,
        low_k=30.0,
        high_k=50.0,
        probability=probability,
        known=None,
        algorithm_version=4,
        calibration_digest="0" * 64,
    )


@pytest.fixture
def home(tmp_path):
    home = Home.at(tmp_path)
    append(home, [measured(60.0)], NOW)
    return home


def refitted(families, rows):
    """A calibration with another digest, whatever the rows."""
    assert [(row.tc_k, row.structure_type) for row in rows] == [(60.0, "infinite layer")]
    digests = tuple(
        (name, "f" * 64 if name == "training" else one) for name, one in built_in_calibration().digests
    )
    return replace(built_in_calibration(), digests=digests)


def test_a_home_gets_a_calibration_of_its_own_and_the_built_in_one_stays(home):
    before = (CHECKOUT / TABLE).stat().st_mtime_ns
    assert "own measurements in no calibration yet: 1" in calibration_in_force(home).note
    done = calibrate_home(home, refitted)
    assert done.path == calibration_file(home) and done.changed
    found = calibration_in_force(home)
    assert (found.path, found.own, found.note) == (done.path, 1, None)
    assert found.calibration.training_digest == "f" * 64
    assert (CHECKOUT / TABLE).stat().st_mtime_ns == before
    append(home, [measured(61.0)], NOW.replace(hour=1))
    assert calibration_in_force(home).note.startswith("1 own measurements are not in it yet")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("schema = ", "schema = 9", "cannot be used"),
        ("algorithm_version = ", "algorithm_version = 9", "is of another polywell"),
        ('built_in = "', 'built_in = "9', "is of another polywell"),
    ],
)
def test_a_calibration_of_another_program_gives_way_to_the_built_in_one(home, old, new, why):
    calibrate_home(home, refitted)
    path = calibration_file(home)
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    found = calibration_in_force(home)
    assert (found.calibration, found.path) == (built_in_calibration(), None)
    assert why in found.note and "polywell calibrate --home" in found.note


def test_what_is_no_candidate_any_more_is_named(tmp_path):
    home, crystal = Home.at(tmp_path), cacuo2()
    crystal.replace_species({"Cu": "Al"})
    append(home, [measured(60.0, structure=crystal)], NOW)
    with pytest.raises(HomeError, match=r"measurements: a measurement is of no candidate.*no_net_metal"):
        calibrate_home(home, lambda families, rows: pytest.fail("fitted for nothing"))


def test_the_scoreboard_tallies_what_was_forecast_and_says_when_nothing_was(home):
    assert scoreboard(home).sentences == (NOTHING,)
    append(home, [measured(45.0, forecast(0.8)), measured(65.0, forecast(0.6))], NOW.replace(hour=1))
    found = scoreboard(home)
    # errors 5 and 25 K, one of two within 30-50 K, squares 0.04 and 0.16
    assert found.sentences[0] == (
        "all forecasts: 2 measured, 2 superconduct; expected T_c misses by 15.0 K on average, 50 % lie "
        "in the 80 % interval; Brier score 0.100 over 2 (one half always: 0.250)."
    )
    page = found.page.read_text("utf-8")
    assert page.count("notebook &lt;b&gt;12&lt;/b&gt;") == 3
    assert "script-src 'none'" in page and "http" not in page.replace("http-equiv", "")
    told = json.loads(found.page.with_name("scoreboard.json").read_text("utf-8"))
    assert [one["tc_k"] for one in told["measurements"]] == [60.0, 45.0, 65.0]
    assert told["tallies"][0]["mean_error_k"] == 15.0


def test_a_measurement_tells_what_became_of_its_forecast():
    (line,) = verdict_lines(measured(45.0, forecast(0.8)))
    assert line == (
        "CaCuO2: 45 K (zero); forecast 40 K (30 to 50 K, probability 0.80) as written by "
        "20261101T000000Z-00000000: hit, within the interval"
    )
    (none,) = verdict_lines(measured(45.0))
    assert none == "CaCuO2: 45 K (zero); no forecast: nothing was forecast"


def test_the_text_of_a_home_is_that_of_the_built_in_but_for_its_digests(home):
    calibrate_home(home, refitted)
    lines = set(calibration_file(home).read_text("utf-8").splitlines())
    names = {line.split(" = ")[0] for line in lines ^ set(to_text(built_in_calibration()).splitlines())}
    assert names == {"training", "built_in", "own_measurements"}
