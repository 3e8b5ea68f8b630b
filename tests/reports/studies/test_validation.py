"""The page of the evaluation: the verdict first, every number from the payload, quiet in a browser."""

import json
from dataclasses import replace

import pytest

from polywell.evidence.evaluation.baselines import BASELINES
from polywell.evidence.evaluation.evaluate import CALIBRATED, CONSTANT, Prediction, Split
from polywell.evidence.evaluation.hindsight import NO_LISTS, ORDERS, Hindsight, Unlisted, YearList
from polywell.evidence.evaluation.hindsight import Score as OrderScore
from polywell.evidence.evaluation.over_time import TimePoint
from polywell.evidence.evaluation.scoring import AREA, COVERAGE, ERROR, Evaluation, Score
from reports.studies.validation import (
    DATA,
    LISTED,
    PAGE,
    SHOWN_SCORES,
    Unused,
    ValidationPayload,
    _number,
    families,
    sentences,
)
from tests.reports.written import write_validation

POINT = TimePoint(
    1992, "cuprate", 900, 400, 14.5, 0.7, 25.0, 15.0, 125.0, "supercon:1", "HgBa2Ca2Cu3O8", 134.0, 101.5, 3
)


def of_year(year: int, own: float, other: float) -> YearList:
    """A list of forty compounds with so good a first tenth, beside others."""
    scores = tuple(OrderScore(order, 48.0, 30.0, other if k else own) for k, order in enumerate(ORDERS))
    return YearList(year, "cuprate", 900, 40, 38, 2, 4, 125.0, "HgBa2Ca2Cu3O8", 134.0, 7.0, scores)


HELPED = Hindsight(
    (of_year(1988, 0.75, 0.5), of_year(1992, 0.25, 0.5)), (Unlisted(2007, "iron-based", 2, 44, 40, 56.5),)
)
SPLITS = (Split.COMPOUND, Split.STRUCTURE_TYPE)
FAMILIES = ("cuprate", "iron-based")


def made_up(better: str = "", splits=SPLITS) -> Evaluation:
    """Errors of 10 K for the calibration and 12 K for the baselines; 3 K for `better` in the last split."""
    predictions, found = [], []
    for split in splits:
        for family in FAMILIES:
            for k in range(8):
                tc = None if k == 7 else 20.0 + 10 * k
                about = (f"{family}-{k}", family, f"{family}-c{k // 2}", f"{family}-s{k // 2}", "", tc)
                predictions.append(
                    Prediction(
                        split,
                        CALIBRATED,
                        *about,
                        expected_k=25.0 + 9 * k,
                        low_k=(25.0 + 9 * k) / 1.4,
                        high_k=(25.0 + 9 * k) * (1.4 if k else 9.0),
                        superconducting_probability=0.7,
                        support=0.6,
                        ceiling_k=100.0,
                        seen="nothing" if split is Split.OUTSIDE else "",
                    )
                )
                for name in (CONSTANT, *BASELINES):
                    if name != "anion height" or family == "iron-based":
                        predictions.append(Prediction(split, name, *about, expected_k=30.0))
        for family in FAMILIES:
            for name in (CALIBRATED, CONSTANT, *BASELINES):
                value = 10.0 if name == CALIBRATED else 12.0
                if name == better and split is splits[-1] and family == "iron-based":
                    value = 3.25
                found.append(Score(split, family, name, ERROR, "K", value, value - 1, value + 1, 7, 4))
            found.append(Score(split, family, CALIBRATED, "envelope share", "", 0.875, 0.5, 1.0, 7, 4))
            found.append(Score(split, family, CALIBRATED, AREA, "", None, None, None, 8, 4))
            found.append(Score(split, family, CALIBRATED, COVERAGE, "", 0.8, 0.7, 0.9, 8, 4))
    return Evaluation(tuple(predictions), tuple(found), ())


def payload(evaluation: Evaluation, **more) -> ValidationPayload:
    return ValidationPayload(
        **{
            "evaluation": evaluation,
            "source": "rows made up for a test",
            "against": None,
            "splits": SPLITS,
            "training_rows": 16,
            "handed_in": 16,
            "unread": (),
            "not_candidates": (),
            "digests": (("training", "a" * 64), ("families", "b" * 64)),
            "protocol_written": "2026-11-28",
            "over_time": (POINT,),
            "helped": NO_LISTS,
            "resamples": 17,
        }
        | more
    )


OUTSIDE = payload(
    made_up("ceiling", (Split.OUTSIDE,)),
    source="csv:mine.csv",
    against="csv:mine.csv",
    splits=(Split.OUTSIDE,),
    handed_in=20,
    unread=(Unused("bad.cif", "EmptyFileError", "the file holds nothing"),),
    not_candidates=tuple(Unused(f"salt-{k}.cif", "no_net_metal", "no metal") for k in range(3)),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_validation(tmp_path_factory.mktemp("validation") / "deep", payload(made_up()))


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    return write_validation(tmp_path_factory.mktemp("outside"), OUTSIDE)


@pytest.fixture
def opened(written, open_page):
    return open_page(written)


def test_writes_a_page_and_its_data(written) -> None:
    assert sorted(file.name for file in written.parent.iterdir()) == sorted((PAGE, DATA))
    assert written.name == PAGE


def test_the_same_payload_gives_the_same_bytes(written, tmp_path) -> None:
    again = write_validation(tmp_path, payload(made_up()))
    for name in (PAGE, DATA):
        assert (again.parent / name).read_bytes() == (written.parent / name).read_bytes()


def test_a_loss_is_the_first_sentence_whatever_split_it_is_in() -> None:
    first, *others = sentences(payload(made_up("outer")))
    assert first == (
        "iron-based, 7 superconducting rows, the structure type unseen: the calibration (10.0 K mean "
        "absolute error, 80 % of the 80 % intervals held) loses to outer (3.2 K)."
    )
    assert len(others) == 3 and all("beats every baseline" in one for one in others)


def test_the_page_says_the_verdict_before_anything_else(tmp_path, open_page) -> None:
    opened = open_page(write_validation(tmp_path, payload(made_up("outer"))))
    said = opened.page.locator("main header > *").all_text_contents()
    assert said[1].strip().startswith("iron-based, 7 superconducting rows, the structure type unseen")
    assert "loses to outer (3.2 K)" in said[1].split("\n")[1]
    marked = opened.page.locator(".scores .better")
    assert marked.count() == 1
    assert "outer" in (marked.locator("xpath=..").text_content() or "")


def test_nothing_predicted_is_said_and_drawn_as_nothing(tmp_path, open_page) -> None:
    nothing = payload(Evaluation((), (), (("compound", "lonely"),)), over_time=())
    opened = open_page(write_validation(tmp_path, nothing))
    assert "Nothing could be scored" in (opened.page.locator("main header").text_content() or "")
    assert opened.page.locator("figure").count() == 0
    assert "lonely" in (opened.page.locator("#left-out").text_content() or "")
    opened.assert_quiet()


def test_opens_offline_without_a_request_a_script_or_a_complaint(opened) -> None:
    opened.page.wait_for_timeout(300)
    opened.assert_quiet()
    assert [url for url in opened.requests if not url.startswith("data:")] == [opened.page.url]
    assert opened.page.locator("script").count() == 0


def test_every_family_has_its_scores_beside_every_baseline(opened) -> None:
    for split in ("compound", "structure-type"):
        for family in FAMILIES:
            table = opened.page.locator(f"[data-scores='{split}/{family}']")
            assert table.locator("tbody th").all_text_contents() == [CALIBRATED, CONSTANT, *BASELINES]
            own = table.locator("tbody tr").first.locator("td").all_inner_texts()
            names = [name for name, _, _ in SHOWN_SCORES]
            assert own[names.index(ERROR)].split() == ["10.0", "9.0", "…", "11.0"]
            assert own[names.index("envelope share")].split() == ["0.88", "0.50", "…", "1.00"]
            assert own[names.index(AREA)] == ""


def test_every_prediction_has_a_row(opened) -> None:
    for split in ("compound", "structure-type"):
        rows = opened.page.locator(f"[data-rows='{split}'] tbody tr")
        assert rows.count() == 16
        first = rows.first.locator("td").all_text_contents()
        assert first[:6] == ["cuprate-0", "cuprate", "20.0", "25.0", "17.9 … 225.0", "yes"]
        assert rows.nth(7).locator("td").nth(2).text_content() == "none"


def test_every_figure_is_drawn_and_described(opened) -> None:
    images = opened.page.locator("figure img")
    assert images.count() == 2 * len(FAMILIES) + 1
    for image in images.all():
        assert len(image.get_attribute("alt") or "") > 20
        assert image.evaluate("one => one.complete && one.naturalWidth > 100")
    assert "One interval reaches beyond the frame." in (opened.page.locator("figure").first.inner_text())


def test_what_was_left_out_is_counted_and_listed(outside, open_page) -> None:
    opened = open_page(outside)
    text = opened.page.locator("#left-out").text_content() or ""
    assert "1 EmptyFileError" in text and "3 no_net_metal" in text
    assert opened.page.locator("[data-unused=unread] tbody tr").count() == 1
    assert opened.page.locator("[data-unused=not-candidates] tbody tr").count() == 3
    counts = opened.page.locator(".counts li").all_inner_texts()
    assert [one.split()[0] for one in counts] == ["20", "1", "3", "16", "14", "0", "0", "16"]
    opened.assert_quiet()


def test_long_lists_are_cut_on_the_page_and_whole_in_the_data(tmp_path) -> None:
    many = tuple(Unused(f"file-{k:04d}", "ParseError", "no") for k in range(LISTED + 5))
    page = write_validation(tmp_path, replace(OUTSIDE, unread=many))
    assert page.read_text(encoding="utf-8").count(">file-") == LISTED
    assert len(json.loads((tmp_path / DATA).read_text(encoding="utf-8"))["unread"]) == LISTED + 5


def test_the_data_hold_every_number(outside) -> None:
    data = json.loads((outside.parent / DATA).read_text(encoding="utf-8"))
    evaluation = OUTSIDE.evaluation
    assert len(data["scores"]) == len(evaluation.scores)
    assert len(data["predictions"]) == len(evaluation.predictions)
    assert data["predictions"][0]["low_k"] == evaluation.predictions[0].low_k
    assert data["counts"] == {
        "training_rows": 16,
        "handed_in": 20,
        "unread": 1,
        "not_candidates": 3,
        "tested": 16,
        "superconducting": 14,
    }
    assert data["verdict"] == list(sentences(OUTSIDE))
    assert data["seen"] == {"composition": 0, "chemical system": 0, "nothing": 16}
    assert data["over_time"][0]["best_formula"] == "HgBa2Ca2Cu3O8" and data["database_correction"] is None
    assert {"split": "outside data", "family": "iron-based", "baselines": ["ceiling"]} in data["winners"]
    assert data["bootstrap"]["resamples"] == 17


def test_the_curve_through_time_names_the_best_that_came(opened) -> None:
    row = opened.page.locator("[data-time] tbody tr").first
    cells = [cell.strip() for cell in row.locator("td").all_text_contents()]
    expected = [
        "1992",
        "900",
        "400",
        "14.5",
        "0.70",
        "25.0",
        "15.0",
        "125.0",
        "HgBa2Ca2Cu3O8",
        "134.0",
        "101.5",
        "3",
    ]
    assert cells == expected


def test_families_keep_their_order() -> None:
    assert families(made_up(), Split.COMPOUND) == FAMILIES
    assert families(made_up(), Split.OUTSIDE) == ()


def test_numbers_carry_a_true_minus() -> None:
    assert (_number(-1.25, 1), _number(-0.001, 2), _number(None, 1)) == ("−1.2", "0.00", "")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_no_width_scrolls_the_page_sideways(outside, open_page, width, scheme) -> None:
    opened = open_page(outside, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for summary in opened.page.locator("summary").all():
        summary.evaluate("one => { one.parentElement.open = true; }")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    source = opened.page.locator("figure img").first.evaluate("one => one.currentSrc")
    light = opened.page.locator("figure img").first.get_attribute("src")
    assert (source == light) == (scheme == "light")
    opened.assert_quiet()


def test_it_prints(opened) -> None:
    assert opened.page.pdf().startswith(b"%PDF")


def test_hostile_text_is_shown_and_does_nothing(tmp_path, open_page) -> None:
    nasty = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    bad = replace(OUTSIDE, source=nasty, unread=(Unused(nasty, nasty, nasty),), correction=nasty)
    opened = open_page(write_validation(tmp_path, bad))
    assert nasty in (opened.page.locator("#left-out").text_content() or "")
    assert opened.page.locator("main script").count() == 0
    opened.assert_quiet()


def test_a_list_that_did_not_help_is_said_before_one_that_did(tmp_path, open_page) -> None:
    file = write_validation(tmp_path, payload(made_up(), helped=HELPED))
    opened = open_page(file)
    said = opened.page.locator("#helped .verdict li").all_text_contents()
    assert [text.split(":")[0] for text in said] == [
        "iron-based, the list of 2007",
        "cuprate, the list of 1992",
        "cuprate, the list of 1988",
    ]
    assert "there was none" in said[0] and "44 compounds" in said[0]
    assert "of its first 4 of 40 compounds 25 % superconduct above 62.5 K" in said[1]
    assert "better did" in said[1] and "no other order does better" in said[2]
    assert opened.page.locator("[data-helped] tbody tr").count() == 2 * len(ORDERS)
    assert opened.page.locator("[data-helped] .better").count() == len(ORDERS) - 1
    assert opened.page.locator("#helped figure").count() == 1
    opened.assert_quiet()
    data = json.loads(file.with_name(DATA).read_text("utf-8"))
    assert data["helped"]["lists"][1]["scores"][0]["good_share"] == 0.25
    first = sentences(payload(made_up(), helped=HELPED))
    assert first[0].startswith("iron-based, the list of 2007") and first[-1].startswith(
        "cuprate, the list of 1988"
    )
