"""`polywell pressure --relax`, with springs in place of the learned potential."""

import re

import pytest

from flows.studies import pressure
from tests.polywell.pressure.test_relaxation import K, Springs, infinite_layer


def test_the_compressibility_does_not_depend_on_the_highest_pressure(tmp_path, monkeypatch, capsys):
    cell = infinite_layer()
    springs = Springs(cell.lattice.abc, (K, K, K))
    monkeypatch.setattr(pressure, "calculator", lambda name: springs)
    (tmp_path / "CaCuO2.cif").write_text(cell.to(fmt="cif"), "utf-8")
    path, name = str(tmp_path / "CaCuO2.cif"), "tests.polywell.pressure.test_relaxation:K"
    told = {up_to: list(pressure.under_pressure(path, up_to, True, name)) for up_to in (5.0, 30.0)}
    kappa = {up_to: re.search(r"= ([0-9.]+) ×", lines[1])[1] for up_to, lines in told.items()}
    assert kappa[5.0] == kappa[30.0]
    assert any("known up to 20 GPa" in line for line in told[30.0])
    assert not any("known up to" in line for line in told[5.0])
    said = capsys.readouterr().err
    assert re.search(r"relaxing 4 atoms at 0 and 20 GPa: \d+ steps", said) and "relaxed in " in said


def test_a_small_cell_is_relaxed_by_the_potential_itself(tmp_path):
    """Where the extra is installed: torch is too large for every run of the tests."""
    pytest.importorskip("chgnet")
    (tmp_path / "CaCuO2.cif").write_text(infinite_layer().to(fmt="cif"), "utf-8")
    lines = list(pressure.under_pressure(str(tmp_path / "CaCuO2.cif"), 10.0, True))
    assert "CHGNet" in lines[1]
