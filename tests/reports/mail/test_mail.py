"""A structure drawn flat for the page to mail."""

import re

import pytest

from reports.dossier.scene import scene
from reports.mail.drawing import HEIGHT, WIDTH, drawing


def test_ions_cages_and_heights_of_a_drawing_are_those_of_the_scene(known_candidates) -> None:
    ranked, structures, _ = known_candidates
    one = next(one for one in ranked if one.screening.id == "hgba2ca2cu3o8.16")
    made = scene(structures[one.screening.key], one.screening.phases)
    heights = [phase.xi_ang for phase in one.screening.phases]
    flat = drawing(made, heights)
    assert len(flat.ions) == len(made.atoms) and flat.elements == made.elements
    assert flat.bonds.count("M") == len(made.bonds)
    assert all(0 <= ion.x <= WIDTH and 0 <= ion.y <= HEIGHT for ion in flat.ions)
    lengths = [abs(cage.arrow[3] - cage.arrow[1]) for cage in flat.cages]
    assert [cage.xi_ang for cage in flat.cages] == heights
    assert lengths[1] / lengths[0] == pytest.approx(heights[1] / heights[0], rel=0.01)
    for cage, body in zip(flat.cages, made.cages, strict=True):
        assert len(re.findall("Z", cage.path)) == len(body.triangles)
