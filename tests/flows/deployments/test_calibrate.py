"""The scheduled calibration of a home: fitted once where measurements were added, left alone otherwise."""

from catalog.home import Home
from catalog.measurements.calibration import calibration_in_force
from catalog.measurements.table import append
from flows.deployments import calibrate
from flows.studies.calibrate import calibrate_home
from polywell.evidence.calibration_table import built_in_calibration
from tests.flows.studies.test_measurements import NOW, measured


def test_measurements_join_the_calibration_of_their_home_once(tmp_path, monkeypatch):
    home, fitted = Home.at(tmp_path), []

    def fit(place):
        fitted.append(place)
        return calibrate_home(place, lambda families, rows: built_in_calibration())

    monkeypatch.setattr(calibrate, "calibrate_home", fit)
    assert calibrate.calibrate.fn(str(tmp_path)) == calibrate.CURRENT and not fitted
    append(home, [measured(60.0)], NOW)
    assert "own_measurements: 1" in calibrate.calibrate.fn(str(tmp_path))
    assert fitted == [home] and calibration_in_force(home).own == 1
    assert calibrate.calibrate.fn(str(tmp_path)) == calibrate.CURRENT
    append(home, [measured(61.0, formula="SrCuO2")], NOW)
    calibrate.calibrate.fn(str(tmp_path))
    assert len(fitted) == 2 and calibration_in_force(home).own == 2
