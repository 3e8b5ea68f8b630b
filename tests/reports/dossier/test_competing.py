"""What a compound competes with: sentences on the hull, and lines of other phases that stand free."""

import numpy as np
import pytest

from polywell.geometry.conventional import conventional
from polywell.making.powder import powder
from reports.dossier.competing import against_others, beside, stands_free, two_theta_deg
from reports.dossier.pattern import powder_table
from tests.reports.made import candidate


def test_the_hull_is_told_as_its_source_gives_it_or_said_to_be_unknown() -> None:
    (unknown,) = against_others(candidate("a", 3.2), [])
    assert "is not known here" in unknown
    (lowest,) = against_others(candidate("a", 3.2, e_above_hull_ev=0.0), [])
    assert "lies on the convex hull" in lowest
    above = candidate("a", 3.2, e_above_hull_ev=0.057)
    first, second = against_others(above, [candidate("b", 3.3, e_above_hull_ev=0.02)])
    assert "57 meV/atom above" in first and "the source does not say" in first
    assert "b, lies 37 meV/atom lower" in second
    of_another_source = candidate("b", 3.3, e_above_hull_ev=0.02, source="elsewhere")
    assert len(against_others(above, [of_another_source, candidate("c", 3.3)])) == 1


@pytest.fixture(scope="module")
def ybco(known_candidates):
    ranked, structures, _ = known_candidates
    one = next(one for one in ranked if one.screening.id == "yba2cu3o6.97")
    return powder(conventional(structures[one.screening.key].as_sites))


def test_a_line_stands_free_where_the_compound_has_none(ybco) -> None:
    # the pattern of YBa2Cu3O7 is free at 30.5°, where Y2BaCuO5 shows, and not at 32.8°, its own first line
    spacing = {angle: 1.5418 / (2 * np.sin(np.radians(angle / 2))) for angle in (30.5, 32.8)}
    assert stands_free(spacing[30.5], ybco) and not stands_free(spacing[32.8], ybco)


def test_marks_of_other_phases_stand_at_their_angles_for_each_radiation(ybco) -> None:
    phases = beside({"Y": 1.0, "Ba": 2.0, "Cu": 3.0, "O": 7.0}, ybco)
    assert [one.letter for one in phases] == list("abcd")
    table = powder_table(ybco, phases)
    for radiation, drawing in zip(table.radiations, table.drawings, strict=True):
        angles = [angle for of_phase in radiation.beside for angle in of_phase if angle]
        assert len(drawing.marks) == len(angles) == 12
        at = two_theta_deg(phases[0].d_ang[0], radiation.wavelength_ang)
        assert at is not None and radiation.beside[0][0] == f"{at:.1f}"
    assert two_theta_deg(0.3, 1.54) is None
