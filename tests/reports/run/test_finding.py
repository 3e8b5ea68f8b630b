"""What the search knows of candidates, the overview, the rows of a reason: as data, without a browser."""

import json

from reports.run.finding import finding
from reports.run.overview import overview
from reports.run.payload import run_payload
from reports.run.table import shared_places
from tests.reports.made import candidate, changed, in_order

ESTIMATED = {"tc_expected_k": 60.0, "tc_low_k": 40.0, "tc_high_k": 88.0}


def test_a_candidate_has_the_names_that_chemists_give_it() -> None:
    yttrium = candidate("y", 3.2, series="Y-123", formula_written="YBa2Cu3O7")
    nickelate = candidate("n", 3.3, "nickelate", series="RP n=2", elements=("La", "Ni", "O"))
    found = finding([yttrium, nickelate])
    assert {"Y-123", "YBCO", "YBa2Cu3O7", "YBa2Cu3O6.97"} <= set(found.names[0])
    assert "La-327" in found.names[1] and "YBCO" not in found.names[1]


def test_every_element_stands_once_in_its_place_of_the_periodic_table() -> None:
    found = finding([candidate("a", 3.2)])
    by_symbol = {one.symbol: one for one in found.elements}
    assert (by_symbol["Hg"].name, by_symbol["Hg"].row, by_symbol["Hg"].column) == ("mercury", 6, 12)
    assert (by_symbol["La"].row, by_symbol["La"].column) == (8, 3)
    assert len({(one.row, one.column) for one in found.elements}) == len(found.elements) == 103
    assert {one.symbol for one in found.elements if one.candidates} == {"Ba", "Cu", "O", "Y"}
    assert found.symbols["aluminium"] == found.symbols["aluminum"] == "Al"


def test_the_overview_takes_the_best_sound_candidate_of_a_spacer_and_its_sheets() -> None:
    rows = [
        candidate("a", 3.2, spacer="Hg-O", **ESTIMATED),
        candidate("b", 3.3, spacer="Hg-O", **(ESTIMATED | {"tc_expected_k": 80.0})),
        candidate("c", 3.4, spacer="Hg-O", **(ESTIMATED | {"tc_expected_k": 99.0, "geometry_suspect": "x"})),
        candidate("d", 3.5, **(ESTIMATED | {"tc_expected_k": 40.0})),
        candidate("e", 3.5, spacer="chains"),
    ]
    found = overview(rows)
    assert found.sheets == ("2",) and found.hottest_k == 80.0
    cells = {row.spacer: row.cells[0] for row in found.rows}
    assert list(cells) == ["Hg-O", "unnamed", "chains"]
    assert (cells["Hg-O"].best_k, cells["Hg-O"].candidates, cells["Hg-O"].heat) == (80.0, 3, 100)
    assert (cells["unnamed"].heat, cells["unnamed"].link) == (50, "#ranked?spacer=-&sheets=2")
    assert (cells["chains"].best_k, cells["chains"].heat) == (None, 0)
    assert overview([]).rows == ()


def test_rare_reasons_are_listed_whole_and_the_frequent_ones_share_the_rest() -> None:
    reasons = ["often"] * 50 + ["rare"] * 3 + ["some"] * 20
    kept = [reasons[place] for place in shared_places(reasons, 30)]
    assert {name: kept.count(name) for name in set(reasons)} == {"rare": 3, "some": 13, "often": 14}
    assert shared_places(reasons, 100) == list(range(73))
    assert shared_places([], 5) == []


def test_expectations_above_the_ceiling_are_counted_among_those_with_both(make) -> None:
    # 1300/3.2² = 127 K
    rows = in_order(
        [candidate(f"a{n}", 3.2, **(ESTIMATED | {"tc_expected_k": t})) for n, t in ((0, 60.0), (1, 130.0))]
    )
    rows.append(changed(candidate("none", 3.9), rank=3))
    found = run_payload(**make(ranked=rows).arguments()).above_ceiling
    assert found is not None
    assert (found.candidates, found.of, found.expected_k) == (1, 2, 130.0)
    assert run_payload(**make(ranked=[candidate("b", 3.2)]).arguments()).above_ceiling is None
    json.dumps(vars(found))
