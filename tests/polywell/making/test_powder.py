"""Powder patterns: lines of known substances, shared sites, radiations, and the profile."""

import numpy as np
import pytest
from pymatgen.analysis.diffraction.xrd import XRDCalculator
from pymatgen.core import Composition, Lattice, Structure

from polywell.data.reference import reference_entries
from polywell.geometry.conventional import conventional
from polywell.geometry.sites import sites_of, structure_of
from polywell.making.powder import ONE_LINE_DEG, PROFILE_TOP, RADIATIONS, powder, unscattered


def found(structure: Structure):
    made = conventional(sites_of(structure))
    assert made is not None
    return powder(made)


def entry(id: str) -> Structure:
    return next(one.structure for one in reference_entries() if one.id == id)


def cu(pattern) -> list[tuple[float, float, set]]:
    first = pattern.patterns[0]
    return [
        (angle, share, set(line.hkl))
        for angle, share, line in zip(first.two_theta_deg, first.intensity, pattern.lines, strict=True)
    ]


def test_rock_salt_has_the_lines_of_its_card() -> None:
    # ICDD 5-628, NaCl, a = 5.6402 Å, Cu Kα1: 27.33 (13), 31.69 (100), 45.45 (55), 56.48 (15) (recalled).
    salt = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(5.6402), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    lines = cu(found(salt))
    by_hkl = {next(iter(hkl)): (angle, share) for angle, share, hkl in lines}
    card = {(1, 1, 1): (27.33, 13), (2, 0, 0): (31.69, 100), (2, 2, 0): (45.45, 55), (2, 2, 2): (56.48, 15)}
    for hkl, (angle, share) in card.items():
        assert by_hkl[hkl][0] == pytest.approx(angle, abs=0.06)
        assert by_hkl[hkl][1] == pytest.approx(share, abs=11)


def test_the_strongest_line_of_yba2cu3o7_is_that_of_its_card() -> None:
    # ICDD 38-1433: 103 and 110 at 2θ = 32.8°, and 013 at 32.5°, about half as high (recalled).
    lines = sorted(cu(found(entry("yba2cu3o6.97"))), key=lambda line: -line[1])
    assert lines[0][0] == pytest.approx(32.8, abs=0.15)
    assert lines[0][2] == {(1, 0, 3), (1, 1, 0)}
    assert lines[1][0] == pytest.approx(32.5, abs=0.15) and lines[1][2] == {(0, 1, 3)}
    assert 35 < lines[1][1] < 65


def test_spacings_follow_bragg_and_all_radiations_show_the_same_lines() -> None:
    pattern = found(entry("la1.9sr0.1cuo4"))
    assert [one.radiation for one in pattern.patterns] == list(RADIATIONS)
    for one in pattern.patterns:
        for line, angle in zip(pattern.lines, one.two_theta_deg, strict=True):
            assert 2 * line.d_ang * np.sin(np.radians(angle / 2)) == pytest.approx(one.wavelength_ang)
        assert max(one.intensity) == pytest.approx(100)


@pytest.mark.parametrize("radiation", ["MoKa", "AgKa", "CoKa"])
def test_intensities_of_another_radiation_are_those_that_pymatgen_calculates_for_it(radiation) -> None:
    structure = entry("la1.9sr0.1cuo4")
    pattern = found(structure)
    mine = pattern.patterns[list(RADIATIONS).index(radiation)]
    cell = structure_of(conventional(sites_of(structure)).cell)
    theirs = XRDCalculator(radiation).get_pattern(cell, two_theta_range=(1, 111))
    sines = pattern.patterns[0].wavelength_ang / 2 / np.array(theirs.d_hkls)
    at_copper = np.degrees(2 * np.arcsin(np.minimum(sines, 1.0)))
    apart = np.abs(at_copper[:, None] - np.array(pattern.patterns[0].two_theta_deg)[None])
    nearest = np.where(apart.min(axis=1) < ONE_LINE_DEG, apart.argmin(axis=1), -1)
    for place, share in enumerate(mine.intensity):
        summed = np.array(theirs.y)[nearest == place].sum()
        assert summed == pytest.approx(share, rel=1e-3, abs=0.02)


def test_a_site_that_two_elements_share_makes_no_superstructure() -> None:
    # Cu3Au: 100 is allowed when it is ordered, and absent from the random alloy, which is face-centred.
    places = [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
    ordered = Structure(Lattice.cubic(3.75), ["Au", "Cu", "Cu", "Cu"], places)
    random = Structure(Lattice.cubic(3.75), [Composition({"Cu": 0.75, "Au": 0.25})] * 4, places)
    assert {(1, 0, 0)} in [hkl for _, _, hkl in cu(found(ordered))]
    assert [hkl for _, _, hkl in cu(found(random))][:2] == [{(1, 1, 1)}, {(2, 0, 0)}]


def test_a_supercell_has_the_same_lines() -> None:
    one = entry("hgba2ca2cu3o8.16")
    many = one.copy().make_supercell([[1, 1, 0], [-1, 1, 0], [0, 0, 1]])
    first, second = found(one), found(many)
    assert [line.hkl for line in first.lines] == [line.hkl for line in second.lines]
    assert first.patterns[0].intensity == pytest.approx(second.patterns[0].intensity, rel=1e-6)


def test_the_profile_peaks_where_the_strongest_line_stands() -> None:
    pattern = found(entry("yba2cu3o6.97"))
    for one in pattern.patterns:
        top = int(np.argmax(one.profile.heights))
        strongest = one.two_theta_deg[int(np.argmax(one.intensity))]
        assert one.profile.heights[top] == PROFILE_TOP
        assert one.profile.first_deg + top * one.profile.step_deg == pytest.approx(strongest, abs=0.03)


def test_an_element_without_scattering_factor_is_named() -> None:
    assert unscattered({"Cu", "O"}) == () and unscattered({"Lr", "O"}) == ("Lr",)
    made = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5), ["Lr", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    with pytest.raises(ValueError, match="no scattering factor of Lr"):
        found(made)
