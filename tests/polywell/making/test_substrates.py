"""Strain of films: signs and sizes that are known, and the table against the cells that it names."""

from math import hypot

import pytest

from polywell.making.substrates import mismatches, strain_matters, substrates
from tests.reports.made import changed, phase


def strain(edges_ang: tuple[float, float], name: str) -> float:
    return next(one.mean_percent for one in mismatches(edges_ang) if one.substrate.name == name)


def test_strain_of_nickelate_films_is_what_their_papers_say() -> None:
    # Nd0.8Sr0.2NiO2, a = 3.92 Å, on SrTiO3: pressed by 0.4 % (Li et al., Nature 572, 624 (2019)).
    assert strain((3.92, 3.92), "SrTiO3") == pytest.approx(-0.4, abs=0.05)
    # La3Ni2O7, pseudocubic a = 3.833 Å: pressed by 2 % on SrLaAlO4, stretched by 1.9 % on SrTiO3
    # (Ko et al., Nature 638, 935 (2025)).
    assert strain((3.833, 3.833), "SrLaAlO4") == pytest.approx(-2.0, abs=0.1)
    assert strain((3.833, 3.833), "SrTiO3") == pytest.approx(1.9, abs=0.1)


def test_lengths_follow_from_the_cells_that_the_table_names() -> None:
    cells = {
        "YAlO3": (5.180, 5.330, 7.375),
        "NdGaO3": (5.428, 5.498, 7.708),
        "DyScO3": (5.443, 5.717, 7.901),
        "GdScO3": (5.480, 5.746, 7.932),
    }
    held = {one.name: one for one in substrates()}
    for name, (a, b, c) in cells.items():
        assert sorted((hypot(a, b) / 2, c / 2)) == pytest.approx(held[name].in_plane_ang, abs=0.002)
        assert f"a {a:.3f}, b {b:.3f}, c {c:.3f}" in held[name].source


def test_the_nearest_substrate_stands_first_and_a_far_one_is_not_coherent() -> None:
    found = mismatches((3.905, 3.905))
    assert found[0].substrate.name == "SrTiO3" and found[0].mean_percent == 0
    assert [abs(one.mean_percent) for one in found] == sorted(abs(one.mean_percent) for one in found)
    assert not next(one for one in found if one.substrate.name == "MgO").coherent
    assert all(one.substrate.checked == "recalled" for one in found)


def test_strain_matters_for_nickelates_and_infinite_layers() -> None:
    cage = phase("alpha", 3.4, "cuprate", ("Ca",))
    assert not strain_matters(cage)
    assert strain_matters(changed(cage, metal="Ni"))
    assert strain_matters(changed(cage, sheets_per_block="infinite"))
