"""Whether a candidate is possible, how it is doped, what it may gain, and by which names it is found."""

from dataclasses import replace
from typing import get_args

import pytest

from polywell.doping import replacements
from polywell.evidence.model.family import WORDS
from polywell.novelty.series import is_called, member_called, nicknames
from polywell.records import (
    Electrons,
    ElectronState,
    Estimate,
    Possible,
    Provenance,
    RouteKind,
    Screening,
)
from polywell.worth.gain import gain_k
from polywell.worth.possible import verdict
from polywell.worth.routes import doping_of
from polywell.worth.table import Bound, worth_table
from tests.reports.made import candidate

ONE = candidate("one", 3.4).screening
ESTIMATE = Estimate(
    tc_best_low_k=40.0,
    best_probability=0.6,
    best_doping="0.16 holes per Cu: 16 % Sr on La",
    support_word="close to measured compounds",
)


def made(**given: object) -> Screening:
    """A cuprate with other electrons, provenance or numbers."""
    own = {name: given.pop(name) for name in list(given) if name in Electrons.__dataclass_fields__}
    source = {name: given.pop(name) for name in list(given) if name in Provenance.__dataclass_fields__}
    return replace(ONE, electrons=Electrons(**own), provenance=Provenance(**source), **given)


OUTSIDE = {"electron_state": ElectronState.OUTSIDE}


@pytest.mark.parametrize(
    ("found", "word", "said"),
    [
        ({}, "possible", None),
        (
            {"valence_low": 1.0, "valence_high": 1.2, **OUTSIDE},
            "impossible",
            "formal valence of Cu 1.00 to 1.20",
        ),
        ({"valence_low": 1.0, "valence_high": 2.2, **OUTSIDE}, "possible", None),  # some of its range exists
        ({"valence_low": 2.9, "valence_high": 2.9, **OUTSIDE}, "doubtful", "show 1.8 to 2.7"),
        ({"valence_low": 3.1, "valence_high": 3.1, **OUTSIDE, "theoretical": False}, "doubtful", "3.10"),
        ({"shortest_contact": 0.76, "shortest_pair": "Ba-O 1.9 Å"}, "possible", None),
        ({"shortest_contact": 0.70, "shortest_pair": "Ba-O 1.9 Å"}, "doubtful", "Ba-O 1.9 Å 0.70 of their"),
        ({"shortest_contact": 0.60, "shortest_pair": "Ba-O 1.9 Å"}, "impossible", "Ba-O 1.9 Å"),
        ({"e_above_hull_ev": 0.05}, "possible", None),
        ({"e_above_hull_ev": 0.1}, "doubtful", "100 meV/atom above the convex hull"),
        ({"e_above_hull_ev": 0.3}, "impossible", "300 meV/atom"),
        (
            {"valence_low": 2.0, "valence_high": 2.2, "bond_valences": (2.1, 3.4)},
            "doubtful",
            "sum of Cu 3.40",
        ),
        ({"valence_low": 2.0, "valence_high": 2.2, "bond_valences": (1.5, 2.9)}, "possible", None),
        ({"foreign_share": 0.25, "foreign_metals": ("Zn",)}, "doubtful", "Zn hold 25% of the net"),
        ({"series": "Y-123", "elements": ("Ba", "Cu", "O", "Pr")}, "doubtful", "Pr on the site"),
        ({"series": "La-214", "elements": ("Ba", "Cu", "O", "Pr")}, "possible", None),
        ({"instability_index": 0.45}, "possible", None),
        ({"instability_index": None, "instability_note": "no parameters"}, "possible", None),
        (
            {"instability_index": 0.7, "instability_note": "bonds of Mg sum to +0.91"},
            "doubtful",
            "index 0.70: bonds of Mg",
        ),
        ({"instability_index": 1.3}, "impossible", "global instability index 1.30"),
        ({"unusual_ions": ("S",), "unusual_amounts": (1.0,)}, "doubtful", "1 S for each Cu: copper 2+"),
        ({"unusual_ions": ("I",), "unusual_amounts": (2.0,)}, "impossible", "2 I for each Cu: copper 2+"),
        ({"unusual_ions": ("S",), "unusual_amounts": (0.08,)}, "possible", None),
        ({"unusual_ions": ("hydride",), "unusual_amounts": (0.5,)}, "doubtful", "a hydride reduces"),
        ({"unusual_ions": ("Ru outside the nets",), "unusual_amounts": (0.5,)}, "possible", None),
        ({"unusual_ions": ("Mg with two anions",), "unusual_amounts": (1.0,)}, "doubtful", "only Cu+"),
        ({"unusual_ions": ("Co outside the nets",), "unusual_amounts": (1.4,)}, "doubtful", "1.4 Co"),
    ],
)
def test_a_measure_beyond_its_bound_is_said_with_its_number(found: dict, word: str, said: str | None) -> None:
    judged = verdict(made(**found), Estimate())
    assert judged.possible == word
    assert (judged.note is None) == (said is None) and (said or "") in (judged.note or "")


def test_every_reason_is_said_and_the_worst_one_first() -> None:
    one = made(e_above_hull_ev=0.1, shortest_contact=0.6, shortest_pair="La-O 1.3 Å")
    judged = verdict(one, Estimate(geometry_suspect="apex Mg 0.4 Å, below 1.6 Å"))
    assert judged.possible is Possible.IMPOSSIBLE
    assert (judged.note or "").split("; ") == [
        "La-O 1.3 Å 0.60 of their covalent radii",
        "100 meV/atom above the convex hull",
        "apex Mg 0.4 Å, below 1.6 Å",
    ]


@pytest.mark.parametrize(
    ("state", "series", "best", "kind", "said"),
    [
        ("parent", "La-214", "0.16 holes per Cu: 16 % Sr on La", "precedent", "as in La1.85Sr0.15CuO4, 36 K"),
        ("parent", "Bi-1212", "0.16 holes per Cu: 16 % Sr on La", "untried", "known from another series"),
        ("parent", "Hg-1234", "0.16 holes per Cu: 0.08 O per Cu added", "precedent", "HgBa2CuO4+δ, 94 K"),
        ("parent", "C-1201", "0.08 electrons per Cu: 0.04 O per Cu taken out", "untried", "in its series"),
        ("parent", "La-214", "as it is", "none", "no known substitution"),
        ("near best", "La-214", "as it is", "as written", "near best"),
        ("parent", "La-214", None, "none", "no estimate"),
        ("electron-doped", "T'-214", "as it is", "as written", "electron-doped"),
        ("electron-doped", "Mo-1212", "as it is", "none", "T' and infinite layer alone"),
        ("outside what exists", "La-214", "as it is", "none", "no known substitution leads back"),
    ],
)
def test_a_route_names_its_precedent(state: str, series: str, best: str | None, kind: str, said: str) -> None:
    one = made(electron_state=ElectronState(state), series=series)
    found = doping_of(one, replace(ESTIMATE, best_doping=best))
    assert (found.kind, said in found.note) == (kind, True), found.note


@pytest.mark.parametrize(
    ("one", "estimate", "gain"),
    [
        (made(series="La-214"), ESTIMATE, 0.6 * 40),
        (made(series="La-214"), replace(ESTIMATE, best_probability=None), 0.5 * 40),
        (made(series="Bi-1212"), replace(ESTIMATE, support_word=WORDS[-1][1]), 0.6 * 40 * 0.5 * 0.5),
        (made(series="La-214", e_above_hull_ev=0.1), ESTIMATE, 0.6 * 40 * 0.5),
        (made(series="La-214", e_above_hull_ev=0.3), ESTIMATE, 0.0),
        (made(series="La-214"), Estimate(), None),
    ],
)
def test_a_gain_is_discounted(one: Screening, estimate: Estimate, gain: float | None) -> None:
    assert gain_k(one, estimate) == (None if gain is None else pytest.approx(gain))


def test_the_table_has_a_factor_for_every_word_and_names_series_that_exist() -> None:
    table = worth_table()
    assert set(table.discount.possible) == set(Possible)
    assert set(table.discount.route) == set(RouteKind)
    assert set(table.discount.support) == {word for _, word in WORDS}
    assert {bound.measure for bound in table.bound} == set(get_args(Bound.model_fields["measure"].annotation))
    named = [name for row in (*table.poison, *replacements(), *nicknames().values()) for name in row.series]
    for name in named:
        whole = name.replace("12*", "1212").replace("22*", "2212")
        whole = f"Y{whole[1:]}" if whole.startswith("*-") else whole
        assert member_called(whole) is not None, name


@pytest.mark.parametrize(
    ("name", "series", "elements", "is_so"),
    [
        ("YBCO", "Y-123", ("Ba", "Cu", "O", "Y"), True),
        ("ybco", "Y-123", ("Ba", "Cu", "O", "Y"), True),
        ("YBCO", "Y-123", ("Ba", "Cu", "O", "Nd"), False),
        ("La-327", "RP n=2", ("La", "Ni", "O"), True),
        ("Pr-327", "RP n=2", ("La", "Ni", "O"), False),
        ("hg-1212", "Hg-1212", ("Ba", "Ca", "Cu", "Hg", "O"), True),
        ("Hg-1212", "Hg-1223", ("Ba", "Ca", "Cu", "Hg", "O"), False),
        ("Ba-122", "122", ("As", "Ba", "Fe"), True),
        ("Hg1212", "Hg-1212", ("Ba", "Ca", "Cu", "Hg", "O"), True),
        ("tl-2223", "Tl-2223", ("Ba", "Ca", "Cu", "O", "Tl"), True),
        ("Cu-1234", "Hg-1234", ("Ba", "Ca", "Cu", "Hg", "O"), False),
        ("1234", "Hg-1234", ("Ba", "Ca", "Cu", "Hg", "O"), True),
        ("2223", "Tl-2223", ("Ba", "Ca", "Cu", "O", "Tl"), True),
        ("BSCCO", "Bi-2212", ("Bi", "Ca", "Cu", "O", "Sr"), True),
        ("LSCO", "La-214", ("Cu", "La", "O", "Sr"), True),
        ("LSCO", "La-214", ("Cu", "La", "O"), False),
        ("Nd-123", "Y-123", ("Ba", "Cu", "Nd", "O"), True),
        ("Y-123", "Y-123", ("Ba", "Cu", "Nd", "O"), False),
        ("Infinite-layer", "infinite layer", ("Ca", "Cu", "O"), True),
        ("infinite layer", "infinite layer", ("La", "Ni", "O"), True),
        ("Sm1111", "1111", ("As", "Fe", "O", "Sm"), True),
        ("1111", "1111", ("As", "Fe", "O", "Sm"), True),
        ("T'", "T'-214", ("Cu", "Nd", "O"), True),
        ("-", "122", ("As", "Ba", "Fe"), False),
        ("nothing", "122", ("As", "Ba", "Fe"), False),
    ],
)
def test_chemists_names_find_a_line(name: str, series: str, elements: tuple[str, ...], is_so: bool) -> None:
    assert is_called(made(series=series, elements=elements), name) is is_so


def test_a_formula_finds_its_line_as_it_is_written() -> None:
    one = made(formula="Ba2Ca3Cu4HgO10", formula_written="HgBa2Ca3Cu4O10")
    assert is_called(one, "HgBa2Ca3Cu4O10") and is_called(one, "Ba2Ca3Cu4HgO10")
