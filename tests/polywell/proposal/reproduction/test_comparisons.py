"""The table of comparisons: its expressions, its rounding, and what it may name."""

import pytest

from polywell.proposal.reproduction.comparisons import FORMULAS, Comparison, Evaluator, comparisons
from polywell.proposal.reproduction.library import load_library
from polywell.proposal.reproduction.printed import Verdict, printed_values


@pytest.fixture(scope="module")
def library():
    return load_library()


def names(expression):
    if isinstance(expression, list):
        yield expression[0]
        for one in expression[1:]:
            yield from names(one)


def test_every_formula_of_the_table_is_known_and_every_formula_is_used() -> None:
    used = set()
    for section in comparisons().values():
        for row in section.rows:
            for expression in (row.of, row.rounding, *row.facts.values(), *section.facts.values()):
                used |= set(names(expression))
    assert used - {"nearest_axes", "nickelates_above"} == set(FORMULAS)


def test_every_printed_value_is_compared_or_says_why_not() -> None:
    rows = {f"{name}.{row.value}" for name, section in comparisons().items() for row in section.rows}
    # The two λ are held against the rows of the tables (test_reproduce), not by an expression.
    assert rows | {"lambda.cuprate", "lambda.iron-based"} == set(printed_values())
    assert not rows & {"lambda.cuprate", "lambda.iron-based"}
    assert all(row.of or row.reason for section in comparisons().values() for row in section.rows)


def test_paths_lead_to_what_is_known_of_a_structure(library) -> None:
    evaluator = Evaluator(library, "domes")
    xi = library["k0.8fe2se2"].phases["beta"].xi_ang
    assert evaluator.value("k0.8fe2se2 phases beta xi_ang") == xi
    assert evaluator.value(["tc", "k0.8fe2se2 phases beta xi_ang", "λ iron-based"]) == pytest.approx(
        400 / xi**2
    )
    assert evaluator.value(["times", 0.5, "xi_2"]) == pytest.approx(2.836 / 2)
    assert evaluator.members(["tc", "k0.8fe2se2 phases beta xi_ang", "xi_1"]) == ["k0.8fe2se2"]


def test_slack_adds_the_rounding_of_every_input(library) -> None:
    evaluator = Evaluator(library, "nickelates")
    # (1/2 - z) c with z = 0.316 and c = 19.734, both printed to 0.001.
    expected = 0.0005 * 19.734 + 0.0005 * (0.5 - 0.316)
    assert evaluator.slack(["times", ["minus", 0.5, "z_la"], "c"]) == pytest.approx(expected)
    assert evaluator.slack(0) == 0


def test_what_is_not_computed_says_why(library) -> None:
    pair = Evaluator(library, "domes").pair(Comparison(value="end_1", reason="transition"), {})
    assert (pair.computed, pair.difference, pair.verdict) == (None, None, Verdict.NOT_COMPUTED)
    assert pair.reason == "transition"


def test_unknown_names_are_refused(library) -> None:
    evaluator = Evaluator(library, "domes")
    with pytest.raises(ValueError, match="no formula 'tcc'"):
        evaluator.value(["tcc", "xi_1"])
    with pytest.raises(ValueError, match="'xi_9' is not printed here"):
        evaluator.value("xi_9")


def test_averages_are_those_of_the_library(library) -> None:
    for row in comparisons()["stm"].rows:
        if row.basis == "structure":
            average = "average" in library[row.of.split()[0]].reference.structure_source
            assert (row.reason == "tetragonal_average") == average
