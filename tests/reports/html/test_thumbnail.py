"""The block in a few strokes: as many cages as a block has sheets, in their own proportions."""

import re
from dataclasses import replace

import pytest

from reports.html.thumbnail import HEIGHT, WIDTH, in_words, thumbnail
from tests.reports.made import candidate


def shapes(path: str) -> list[list[tuple[float, float]]]:
    return [
        [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", shape)]
        for shape in path.split("M")[1:]
    ]


def of_sheets(said: str):
    one = candidate("a", 3.2).screening
    return replace(one, phases=tuple(replace(phase, sheets_per_block=said) for phase in one.phases))


@pytest.mark.parametrize(("said", "cages"), [("1", 1), ("2", 2), ("3", 3), ("infinite", 2), ("", 1)])
def test_a_block_has_a_cage_and_a_sheet_for_each_of_its_sheets(said, cages) -> None:
    drawn = thumbnail(of_sheets(said))
    assert len(shapes(drawn.cages)) == len(shapes(drawn.sheets)) == cages
    for x, y in (point for shape in shapes(drawn.cages + drawn.sheets) for point in shape):
        assert 0 <= x <= WIDTH and 0 <= y <= HEIGHT


def test_heights_and_edges_keep_their_proportion(known_candidates) -> None:
    ranked, _, _ = known_candidates
    one = next(one.screening for one in ranked if one.screening.id == "la1.9sr0.1cuo4")
    (cage,) = shapes(thumbnail(one).cages)
    xs, ys = zip(*cage, strict=True)
    edge = sum(one.ceiling_phase.edges_ang) / 2
    assert (max(ys) - min(ys)) / (max(xs) - min(xs)) == pytest.approx(one.xi_ceiling_ang / edge, rel=0.03)


def test_the_inner_cages_of_three_sheets_are_the_lower_ones(known_candidates) -> None:
    ranked, _, _ = known_candidates
    one = next(one.screening for one in ranked if one.screening.series == "Hg-1223")
    heights = [max(y for _, y in cage) - min(y for _, y in cage) for cage in shapes(thumbnail(one).cages)]
    assert heights[1] < heights[0] == pytest.approx(heights[2], abs=0.2)
    assert "Ca at its apexes; sheets in a block: 3" in in_words(one)


def test_an_iron_layer_shows_its_nonahedron_and_its_tridecahedron(known_candidates) -> None:
    ranked, _, _ = known_candidates
    one = next(one.screening for one in ranked if one.screening.family == "iron-based")
    below, above = shapes(thumbnail(one).cages)
    assert (len(below), len(above)) == (3, 5)
