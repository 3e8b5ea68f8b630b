"""The parts of the model by hand: inputs, trees, intervals, neighbours, routes, parents."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from polywell.electrons.valence import amounts_of
from polywell.evidence.model.family import probability
from polywell.evidence.model.inputs import batch_of, cage_columns, formula_columns, inputs
from polywell.evidence.model.intervals import SUPPORTS, Intervals, intervals
from polywell.evidence.model.material import Material, electrons_of, made, per_metal
from polywell.evidence.model.neighbours import Neighbourhood, known_row, thinned
from polywell.evidence.model.parents import parents_of
from polywell.evidence.model.routes import elements_of_routes, routes
from polywell.evidence.model.trees import Trees, trees_of
from tests.polywell.evidence.made import CUPRATE, IRON, material

LAMBDA = 1300.0


def columns_for(one: Material, names: tuple[str, ...]) -> dict[str, float]:
    batch = batch_of([one], LAMBDA, elements_of_routes(one.features.family))
    return dict(zip(names, inputs(batch, names)[0].tolist(), strict=True))


def test_amounts_are_for_each_metal_of_the_net() -> None:
    assert per_metal({"Y": 1, "Ba": 2, "Cu": 3, "O": 7}, "Cu") == (
        ("Ba", 0.66667),
        ("O", 2.33333),
        ("Y", 0.33333),
    )
    with pytest.raises(ValueError, match="holds no Fe"):
        per_metal({"Cu": 1}, "Fe")


@pytest.mark.parametrize(
    ("formula", "family", "valence"),
    [
        ("La2CuO4", "cuprate", 2.0),
        ("La1.85Sr0.15CuO4", "cuprate", 2.15),
        ("YBa2Cu3O7", "cuprate", 7 / 3),
        ("BaFe2As2", "iron-based", 2.0),
        ("Ba0.6K0.4Fe2As2", "iron-based", 2.2),
        # a cobalt brings one electron more to the net
        ("BaFe1.8Co0.2As2", "iron-based", 1.9),
        ("LaFeAsO0.9F0.1", "iron-based", 1.9),
    ],
)
def test_the_valence_counts_what_other_metals_bring(formula: str, family: str, valence: float) -> None:
    found = electrons_of(amounts_of(formula), family)
    assert found is not None and found.middle == pytest.approx(valence, abs=1e-4)


def test_inputs_by_hand() -> None:
    one = material("La1.85Sr0.15CuO4", replace(CUPRATE, pressure_gpa=5.0, sheet_distance_ang=None))
    names = (*formula_columns(("La", "Sr", "Hg")), *cage_columns())
    found = columns_for(one, names)
    assert (found["La"], found["Sr"], found["Hg"]) == (1.85, 0.15, 0.0)
    assert found["valence"] == pytest.approx(2.15)
    assert (found["rare earths"], found["alkaline earths"]) == (1.85, 0.15)
    assert found["La in large"] == pytest.approx(1.85 / 2.0)
    assert found["Ba in alkaline earths"] == 0.0
    assert np.isnan(found["As in anions"]) and np.isnan(found["sheet_distance_ang"])
    assert found["relation_k"] == pytest.approx(LAMBDA / CUPRATE.xi_ceiling_ang**2)
    assert found["pressure"] == pytest.approx(np.arcsinh(1.0))
    assert found["spacer Tl-O"] == 1.0 and found["spacer Hg-O"] == 0.0
    unknown = made(CUPRATE, amounts_of("La2CuO4"), "Cu", oxygen_known=False)
    assert np.isnan(columns_for(unknown, ("valence",))["valence"])


def test_a_tree_written_by_hand() -> None:
    """Right of 1.5 on column 0 goes on to column 1, where missing values go left."""
    trees = Trees(10.0, ("0<1.5 1 1?0 2 4", "7"))
    asked = np.array([[1.5, 9.0], [1.6, 0.0], [1.6, 0.1], [np.nan, np.nan]])
    assert trees.predict(asked).tolist() == [18.0, 19.0, 21.0, 19.0]
    for line, why in (("0<1 2", "lacks 1"), ("1 2", "ends before")):
        with pytest.raises(ValueError, match=why):
            Trees(0.0, (line,)).predict(asked)


def test_trees_say_what_scikit_learn_says() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=(300, 4))
    x[random.random(x.shape) < 0.2] = np.nan
    y = np.nan_to_num(x[:, 0]) ** 2 + np.isnan(x[:, 1])
    fitted = HistGradientBoostingRegressor(max_iter=12, early_stopping=False).fit(x, y)
    assert trees_of(fitted).predict(x) == pytest.approx(fitted.predict(x), abs=1e-4)


def test_intervals_follow_prediction_and_support() -> None:
    """Residuals of ±4 K at low and of ±20 K at high predictions, twice as wide where support is 0."""
    random = np.random.default_rng(2)
    predicted = np.repeat([20.0, 100.0], 2000)
    support = np.tile([0.0, 1.0], 2000)
    size = np.where(predicted < 50, 4.0, 20.0) * np.where(support < 0.5, 2.0, 1.0)
    missed = size * (2 * random.random(4000) - 1)
    table = intervals(predicted, support, missed, [f"s{k}" for k in range(4000)], 130.0)
    low, high = table.ends(np.array([20.0, 20.0, 100.0, 100.0]), np.array([1.0, 0.0, 1.0, 0.0]))
    assert high - np.array([20, 20, 100, 100]) == pytest.approx([3.2, 6.4, 16.0, 32.0], rel=0.12)
    assert np.array([20, 20, 100, 100]) - low == pytest.approx([3.2, 6.4, 16.0, 32.0], rel=0.12)


def test_few_residuals_give_one_pair_and_next_to_none_a_wide_one() -> None:
    residuals = np.arange(-5.0, 5.0)
    few = intervals(np.zeros(10), np.ones(10), residuals, ["s"] * 10, 50.0)
    # (10 + 1)·0.1 is the first, (10 + 1)·0.9 the tenth of ten
    low, high = few.ends(np.array([30.0]), np.array([0.3]))
    assert (low[0], high[0]) == (25.0, 34.0)
    none = intervals(np.zeros(2), np.ones(2), np.zeros(2), ["s"] * 2, 50.0)
    assert [one.tolist() for one in none.ends(np.array([30.0]), np.array([0.5]))] == [[0.0], [100.0]]


def test_one_chemical_system_does_not_outweigh_all_others() -> None:
    """3000 rows of one system that miss nothing beside 100 systems of one row each that miss ±10 K."""
    residuals = np.concatenate([np.zeros(3000), np.tile([-10.0, 10.0], 50)])
    systems = ["same"] * 3000 + [f"s{k}" for k in range(100)]
    table = intervals(np.full(3100, 50.0), np.ones(3100), residuals, systems, 90.0)
    low, high = table.ends(np.array([50.0]), np.array([1.0]))
    assert (low[0], high[0]) == (pytest.approx(40.0, abs=1.0), pytest.approx(60.0, abs=1.0))


def test_an_interval_never_ends_below_zero() -> None:
    level = tuple((-9.0,) * len(SUPPORTS) for _ in range(2))
    low, _ = Intervals((0.0, 1.0), level, level, 9).ends(np.array([4.0]), np.array([0.5]))
    assert low.tolist() == [0.0]


def test_neighbours_are_chemical() -> None:
    formulas = ("La2CuO4", "Nd2CuO4", "HgBa2CuO4")
    rows = [known_row(formula, 10.0, 0.0, material(formula)) for formula in formulas]
    around = Neighbourhood(tuple(rows), 1.0)
    distance, near, away = around.nearest([material("Pr2CuO4"), material("La2CuO4")], 2)
    assert [rows[k].id for k in near[0]] in (["La2CuO4", "Nd2CuO4"], ["Nd2CuO4", "La2CuO4"])
    assert rows[near[1][0]].id == "La2CuO4"
    assert (distance[1], away[1][0]) == (pytest.approx(0.0, abs=1e-6), pytest.approx(0.0, abs=1e-6))
    assert around.support(np.array([0.0, 1.0])) == pytest.approx([1.0, np.exp(-0.5)])
    assert distance[0] > 1.0


def test_rows_that_stand_for_others_are_of_their_compound_and_kind() -> None:
    same = [known_row(str(k), tc, 0.0, material("La2CuO4")) for k, tc in enumerate((10.0, 20.0, None))]
    assert [row.id for row in thinned(same, ["a", "a", "a"])] == ["0", "2"]
    assert [row.id for row in thinned(same, ["a", "b", "a"])] == ["0", "1", "2"]


def test_routes_by_hand() -> None:
    """La2CuO4: 0.16 holes per Cu are 8 % Sr on La, or 0.08 oxygen more."""
    batch = batch_of([material("La2CuO4")], LAMBDA, elements_of_routes("cuprate"))
    found = {route.words(0): route for route in routes(batch, "cuprate", "Cu")}
    made = found["0.16 holes per Cu: 8 % Sr on La"].made
    assert (made.amount("La")[0], made.amount("Sr")[0]) == (pytest.approx(1.84), pytest.approx(0.16))
    assert made.electrons[0, 0] == pytest.approx(2.16)
    oxygen = found["0.16 holes per Cu: 0.08 O per Cu added"].made
    assert oxygen.amount("O")[0] == pytest.approx(4.08)
    assert not any("Nd" in words and "on Nd" in words for words in found)


def test_electrons_come_without_apical_anions_and_oxygen_where_there_is_room() -> None:
    def words(formula: str, **cage: object) -> str:
        one = material(formula, replace(CUPRATE, **cage))
        batch = batch_of([one], LAMBDA, elements_of_routes("cuprate"))
        return "; ".join(route.words(0) for route in routes(batch, "cuprate", "Cu"))

    bare = {"apical": "none", "apical_distance_ang": None}
    assert "electrons per Cu: 8 % Nd on Sr" in words("SrCuO2", spacer="none", **bare)
    assert "electrons" not in words("La2CuO4", spacer="rock-salt")
    # holes that are there may go, down to the parent
    assert "0.16 electrons" in words("La1.8Sr0.2CuO4", spacer="rock-salt")
    assert "0.16 electrons" not in words("La1.9Sr0.1CuO4", spacer="rock-salt")
    assert "O per Cu added" in words("La2CuO4", spacer="rock-salt")
    for full in ("other cations", "fluorite", "none"):
        assert "O per Cu added" not in words("La2CuO4", spacer=full)


def test_a_route_on_the_net_counts_per_metal_that_is_left() -> None:
    batch = batch_of([material("BaFe2As2", IRON)], 400.0, elements_of_routes("iron-based"))
    found = {route.words(0): route for route in routes(batch, "iron-based", "Fe")}
    made = found["0.08 electrons per Fe: 8 % Co on Fe"].made
    assert made.amount("Co")[0] == pytest.approx(0.08 / 0.92)
    assert made.amount("As")[0] == pytest.approx(1 / 0.92)
    assert made.electrons[0, 0] == pytest.approx(1.92)
    # a fifth of the barium for each iron, two irons for each barium
    assert "0.16 holes per Fe: 32 % K on Ba" in found
    assert not any("48 % K on Ba" in words for words in found)


@pytest.mark.parametrize(
    ("formula", "metal", "parents"),
    [
        ("La1.85Sr0.15CuO4", "Cu", ["La2 O4"]),
        ("Nd1.85Ce0.15CuO4", "Cu", ["Nd2 O4"]),
        ("Sr0.9La0.1CuO2", "Cu", ["O2 Sr1"]),
        ("Y0.9Ca0.1Ba2Cu3O6.9", "Cu", ["Ba0.66667 O2 Y0.33333"]),
        ("Ca1.9Na0.1CuO2Cl2", "Cu", ["Ca2 Cl2 O2"]),
        ("HgBa2CaCu2O6", "Cu", []),
        ("Ba0.6K0.4Fe2As2", "Fe", ["As1 Ba0.5"]),
        ("LaFeAsO0.9F0.1", "Fe", ["As1 La1 O1"]),
        ("KFe2As2", "Fe", []),
        ("FeSe", "Fe", []),
    ],
)
def test_parents_are_what_dopants_leave(formula: str, metal: str, parents: list[str]) -> None:
    one = material(formula, CUPRATE if metal == "Cu" else IRON)
    found = [
        " ".join(f"{symbol}{amount:g}" for symbol, amount in parent.amounts)
        for parent in parents_of(one, metal)
    ]
    assert found == parents


def test_odds_of_each_sign_have_a_strength_of_their_own() -> None:
    assert probability(np.array([-2.0, 0.0, 2.0]), 1.0, 0.5) == pytest.approx(
        [1 / (1 + np.exp(2)), 0.5, 1 / (1 + np.exp(-1))]
    )
