"""The evaluation in one sentence for each family and way of testing."""

import copy
import json
import re

import pytest

from reports.run.evaluation import copied_evaluation, evaluation
from tests.reports.written import write_run


def score(split: str, name: str, value: float, family: str = "cuprate", predictor: str = "calibrated"):
    return {
        "split": split,
        "family": family,
        "predictor": predictor,
        "score": name,
        "value": value,
        "low": value - 3,
        "high": value + 4,
        "rows": 120,
        "systems": 61,
    }


DATA = {
    "schema": 2,
    "source": "the measured table",
    "against": None,
    "digests": {"training": "a" * 64},
    "scores": [
        score("chemical system", "mean absolute error", 99.0, predictor="family median"),
        score("compound", "mean absolute error", 88.0),
        score("chemical system", "mean absolute error", 5.6, family="iron-based"),
        score("chemical system", "coverage of the 80 % interval", 0.81, family="iron-based"),
        score("chemical system", "mean absolute error", 13.4),
        score("chemical system", "coverage of the 80 % interval", 0.765),
        score("chemical system", "rank correlation", 0.814),
        score("structure type", "mean absolute error", 17.0),
        score("structure type", "coverage of the 80 % interval", 0.7),
    ],
}


def test_the_sentences_carry_the_figures_of_each_family() -> None:
    found = evaluation(DATA, "a" * 64)
    assert found.is_current
    assert found.sentences == (
        "Iron-based, chemical systems left out of the fit: T_c missed by 6 K on average (3 to 10 K), 81 % of "
        "the 80 % ranges held, 120 superconductors of 61 chemical systems.",
        "Cuprate, chemical systems left out of the fit: T_c missed by 13 K on average (10 to 17 K), 76 % of "
        "the 80 % ranges held, rank correlation 0.81, 120 superconductors of 61 chemical systems.",
        "Cuprate, structure types left out of the fit: T_c missed by 17 K on average (14 to 21 K), 70 % of "
        "the 80 % ranges held, 120 superconductors of 61 chemical systems.",
    )


def test_comparisons_that_were_lost_come_first_and_say_to_what() -> None:
    data = copy.deepcopy(DATA)
    data["scores"].append(score("structure type", "mean absolute error", 12.0, predictor="ceiling"))
    first, *others = evaluation(data, "a" * 64).sentences
    assert first.startswith("Cuprate, structure types left out")
    assert first.endswith("; lost to the ceiling, which misses by 12 K.")
    assert len(others) == 2 and not any("lost" in one for one in others)


def test_an_evaluation_of_another_calibration_says_so() -> None:
    assert not evaluation(DATA, "b" * 64).is_current


def test_data_from_outside_are_named() -> None:
    data = copy.deepcopy(DATA) | {"against": "csv:mine.csv", "source": "mine.csv"}
    assert all(one.endswith(": mine.csv.") for one in evaluation(data, "a" * 64).sentences)


def test_data_of_another_form_are_refused() -> None:
    with pytest.raises(ValueError, match="run it again, or delete the file"):
        evaluation({"schema": 2, "scores": [{"split": "chemical system"}]}, "a" * 64)
    other = evaluation({"schema": 1}, "a" * 64)
    assert (other.sentences, other.is_current) == ((), False)


def test_the_page_of_the_evaluation_lies_beside_that_of_the_run(small_run, tmp_path) -> None:
    folder, target = tmp_path / "validation", tmp_path / "latest"
    folder.mkdir()
    (folder / "validation.json").write_text(json.dumps(DATA), encoding="utf-8")
    others = '<nav class="pages"><a href="../latest/index.html">Run</a></nav>'
    page = f'<main>{others}the <a href="a.json">data</a></main>'
    (folder / "index.html").write_text(page, encoding="utf-8")
    html = write_run(target, **small_run.arguments(), evaluation=folder).read_text(encoding="utf-8")
    assert "missed by 13 K on average" in html
    assert 'href="validation.html">The evaluation</a> was made by another calibration' in html
    copied = (target / "validation.html").read_text(encoding="utf-8")
    assert "the data</main>" in copied and re.findall('href="(.*?)"', copied) == ["index.html"]
    (folder / "validation.json").unlink()
    assert copied_evaluation(folder, "a" * 64) == (None, None)
    write_run(target, **small_run.arguments(), evaluation=folder)
    assert not (target / "validation.html").exists()
