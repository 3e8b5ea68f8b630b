"""Sentences of the reproduction: every reason has one, and differences are explained by what is known."""

import pytest

from polywell.proposal.reproduction.comparisons import not_computed
from polywell.proposal.reproduction.printed import Printed, Verdict, compare
from polywell.proposal.reproduction.reproduce import reproduce
from reports.studies.reproduction.words import WORDS, listing, meanings, sections, why
from reports.studies.sentences import joined, sentence, words


@pytest.fixture(scope="module")
def found():
    return reproduce()


def value(**more) -> Printed:
    row = {"key": "s.k", "section": "s", "what": "w", "value": 10.0, "unit": "K", "decimals": 0}
    return Printed.model_validate(row | {"role": "result"} | more)


def test_every_reason_has_a_sentence_and_every_sentence_a_reason(found) -> None:
    reasons = {pair.reason for pair in found.pairs} - {""}
    assert reasons <= set(words(WORDS)["reasons"])
    # `quoted` and the like belong to rows that may come to agree; `cut` to those that were cut.
    assert set(words(WORDS)["reasons"]) - reasons <= {"not_measured", "not_superconducting", "cut", "twice"}


def test_every_pair_says_why_and_every_verdict_and_section_has_words(found) -> None:
    assert all(why(pair).endswith(".") for pair in found.pairs)
    assert set(meanings()) == set(Verdict)
    assert {pair.printed.section for pair in found.pairs} == set(sections())


def test_every_survey_has_its_words(found) -> None:
    shown = [survey for ours in found.surveys.values() for survey in ours]
    assert {survey.key for survey in shown} == set(words(WORDS)["surveys"])
    for survey in shown:
        table = listing(survey)
        assert table.note.endswith(".")
        assert len(table.rows) == len(survey.rows)


def test_the_hidden_choice_in_words(found) -> None:
    [choice] = [survey for survey in found.surveys["table2"] if survey.key == "choice"]
    assert "Of 18 rows with more than one phase, 18 name the phase" in listing(choice).note


def test_a_reason_is_given_only_where_there_is_a_difference() -> None:
    assert why(compare(value(), 10.0, "structure", "x", reason="cut")) == "Equal to the printed precision."
    said = why(compare(value(), 12.0, "structure", "x", reason="cut"))
    assert said == "20 % off, where 2 % would pass. Cut after the point instead of rounded."
    assert why(not_computed(value(), "transition", {})).startswith("A transition pressure")


@pytest.mark.parametrize(
    ("computed", "more", "said"),
    [
        (10.9, {"slack": 0.5}, "Off by 0.9 K; the rounding of the printed inputs allows 1 K."),
        (
            10.9,
            {"built": True},
            words(WORDS)["reasons"]["built"],
        ),
        (10.9, {}, "9 % off, where 2 % would pass."),
    ],
)
def test_rules_in_words(computed, more, said) -> None:
    assert why(compare(value(), computed, "arithmetic", "by hand", **more)) == said


def test_texts_are_the_same_or_not() -> None:
    text = value(value="odd", decimals=None, unit="")
    assert why(compare(text, "odd", "structure", "x")) == "The same."
    assert why(compare(text, "even", "structure", "x")) == "The computation gives even."


def test_facts_with_several_items_are_joined() -> None:
    assert sentence("{a.b}: {n:.1f}, {items}", {"a.b": "x", "n": 2, "items": (1, 2)}) == "x: 2.0, 1, 2"
    assert joined({"alpha": 1.0}, ["; ", "{0} {1:.0f}"]) == "alpha 1"
    assert joined(()) == "none"
    with pytest.raises(KeyError):
        sentence("{missing}", {})
