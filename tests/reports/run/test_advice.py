"""What to try first: chosen by fixed rules in the order of the list, worded from numbers of the candidate."""

from polywell.data.measured import measured_superconductors
from polywell.records import ElectronState
from polywell.worth.try_first import COUNT
from reports.run.advice import advice
from reports.run.table import novelty_words
from tests.reports.made import changed
from tests.reports.written import write_run

ESTIMATE = {
    "tc_expected_k": 3.0,
    "tc_low_k": 0.0,
    "tc_high_k": 12.0,
    "tc_best_k": 60.0,
    "tc_best_low_k": 40.0,
    "tc_best_high_k": 88.0,
    "best_doping": "0.16 holes per Cu: 8 % Na on Sr",
    "support_word": "between measured compounds",
    "nearest_known": ("yba2cu3o6.91",),
    "nearest_similarity": (0.814,),
    "nearest_tc_k": (92.0,),
}


def new(row, id: str, xi_ang: float, **more):
    """A candidate with an estimate whose formula the table of measured superconductors does not know."""
    known = {"formula": "Sr2CuO2I2", "elements": ("Cu", "I", "O", "Sr"), "compound": id}
    return row(id, xi_ang, **(ESTIMATE | known | more))


def test_what_is_known_or_cannot_be_is_passed_over_and_counted(make, row) -> None:
    run = make(
        ranked=[
            row("known", 3.10),
            new(row, "silent", 3.11, formula="CaCuO2"),
            new(row, "suspect", 3.12, geometry_suspect="apex Mg 1.2 Å, below 1.6 Å"),
            new(row, "hot", 3.13, formula="Th2CuO4", elements=("Cu", "O", "Th")),
            new(row, "loose", 3.14, e_above_hull_ev=0.068),
            new(row, "looser", 3.14, e_above_hull_ev=0.201),
            new(row, "routeless", 3.14, best_doping="as it is", electron_state=ElectronState.PARENT),
            new(row, "poor", 3.14, tc_best_low_k=0.0),
            new(row, "unestimated", 3.14, tc_best_low_k=None),
            new(row, "first", 3.15, e_above_hull_ev=0.067),
            new(row, "again", 3.16, compound="first"),
            new(row, "second", 3.17),
        ]
    )
    found = advice(run.ranked)
    assert [one.id for one in found.new] == ["first", "second"]
    [cuprates] = found.families
    assert (cuprates.family, cuprates.compounds) == ("cuprate", 2)
    assert [count for count, _ in cuprates.passed] == [1] * 9
    assert [one.id for one in found.known] == ["known"]
    assert found.known[0].measured_k is not None and found.known[0].measured_k > 90


def test_each_family_has_its_own_first_picks(make, row) -> None:
    cuprates = [new(row, f"n{n}", 3.1 + n / 100) for n in range(9)]
    iron = [new(row, f"f{n}", 2.6 + n / 100, family="iron-based", metal="Fe") for n in range(2)]
    found = advice(make(ranked=[*cuprates, *iron, row("known", 3.05)]).ranked)
    assert {one.family: [pick.id for pick in one.new] for one in found.families} == {
        "cuprate": [f"n{n}" for n in range(COUNT)],
        "iron-based": ["f0", "f1"],
    }
    assert {one.family: one.compounds for one in found.families} == {"cuprate": 9, "iron-based": 2}
    assert [one.id for one in found.known] == ["known"]


def test_another_entry_of_a_known_compound_is_not_new(make, row) -> None:
    known, other = row("known", 3.1, compound="one"), new(row, "other", 3.2, compound="one")
    assert advice(make(ranked=[known, other]).ranked).new == ()


def test_a_pick_carries_the_numbers_of_its_row_and_one_sentence_of_why(make, row) -> None:
    run = make(
        ranked=[
            new(
                row,
                "one",
                3.2,
                formula="TlSr2CuO3I",
                elements=("Cu", "I", "O", "Sr", "Tl"),
                theoretical=True,
                e_above_hull_ev=0.012,
            )
        ]
    )
    [pick] = advice(run.ranked, {run.ranked[0].screening.key}).new
    assert (pick.expected_k, pick.low_k, pick.high_k) == (60.0, 40.0, 88.0)
    assert pick.route.startswith(ESTIMATE["best_doping"])
    assert pick.gain_k == 7.5  # half of 40 K, by half for a route untried in its series, by ¾ for the support
    # λ/ξ² = 1300/3.2² = 127 K is the largest number shown, so the axis ends at 140 K.
    assert (pick.at, pick.start, pick.length) == (42.86, 28.57, 34.29)
    assert pick.why == (
        "YBa2Cu3O6.91, 92 K, is most like it (0.81 of 1); cage 3.200 Å high between Ca and Y; "
        "computed structure 12 meV/atom above the hull."
    )
    assert "toxic: Tl" in pick.warnings
    assert pick.link.startswith("dossiers/one-")


def test_the_page_says_what_to_try_and_where_no_evaluation_is_how_to_get_one(make, row, tmp_path) -> None:
    run = make(ranked=[new(row, f"n{n}", 3.1 + n / 100) for n in range(6)])
    html = write_run(tmp_path, **run.arguments()).read_text(encoding="utf-8")
    first = html.split('id="first"')[1].split("</section>")[0]
    assert [f">n{n}, cuprate, rank {n + 1}<" in first for n in range(6)] == [True] * COUNT + [False] * 3
    assert "60 K" in first and "8 % Na on Sr" in first
    assert "<code>polywell validate</code> does it" in html


def test_what_was_measured_under_pressure_says_so(make, row) -> None:
    under = next(one for one in measured_superconductors() if one.pressure_gpa)
    run = make(ranked=[new(row, "one", 3.2, nearest_known=(under.id,))])
    [pick] = advice(run.ranked).new
    assert f"92 K at {under.pressure_gpa:g} GPa, is most like it" in pick.why
    known = changed(run.ranked[0], known="HgBa2Ca2Cu3O8", known_tc_k=153.0, known_pressure_gpa=22.0)
    known = changed(known, novelty_note="HgBa2Ca2Cu3O8: 153 K, measured table")
    assert novelty_words(known.place) == "HgBa2Ca2Cu3O8: 153 K at 22 GPa, measured table"
