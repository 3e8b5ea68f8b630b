"""The page of the reproduction: complete, self-contained, quiet in a browser, and the JSON beside it."""

import json
from dataclasses import replace

import pytest

from polywell.proposal.reproduction.printed import Verdict
from polywell.proposal.reproduction.reproduce import reproduce
from reports.studies.reproduction.figures import figures
from reports.studies.reproduction.page import DATA, PAGE, _difference, _typeset, _value
from reports.studies.reproduction.words import listing, sections
from tests.reports.written import write_reproduction


@pytest.fixture(scope="module")
def payload():
    return reproduce()


@pytest.fixture(scope="module")
def written(payload, tmp_path_factory):
    return write_reproduction(tmp_path_factory.mktemp("reproduction") / "latest", payload)


@pytest.fixture
def opened(written, open_page):
    return open_page(written)


def test_writes_a_page_and_its_data(written) -> None:
    assert written.name == PAGE
    assert sorted(file.name for file in written.parent.iterdir()) == sorted((PAGE, DATA))
    assert written.stat().st_size < 3_000_000


def test_the_data_hold_every_pair(payload, written) -> None:
    data = json.loads((written.parent / DATA).read_text(encoding="utf-8"))
    assert len(data["pairs"]) == len(payload.pairs)
    assert [pair["key"] for pair in data["pairs"]] == [pair.printed.key for pair in payload.pairs]
    for pair in data["pairs"]:
        assert {"printed", "computed", "difference", "verdict", "why", "basis", "origin"} <= set(pair)
        if isinstance(pair["computed"], float) and isinstance(pair["printed"], float):
            assert pair["difference"] == pytest.approx(pair["computed"] - pair["printed"])
    assert sum(data["verdicts"].values()) == len(payload.pairs)
    listings = [listing["key"] for shown in data["listings"].values() for listing in shown]
    assert {"table1", "table2", "choice", "costs", "landscape", "correlations", "nickelates"} <= set(listings)


def test_the_same_payload_gives_the_same_bytes(payload, written, tmp_path) -> None:
    again = write_reproduction(tmp_path, payload)
    for name in (PAGE, DATA):
        assert (again.parent / name).read_bytes() == (written.parent / name).read_bytes()


def test_opens_offline_without_a_request_a_script_or_a_complaint(opened) -> None:
    opened.page.wait_for_timeout(300)
    opened.assert_quiet()
    assert [url for url in opened.requests if url.startswith("http")] == []
    assert opened.page.locator("script").count() == 0
    assert opened.page.title().startswith("The proposal reproduced")


def test_every_pair_has_a_row(opened, payload) -> None:
    assert opened.page.locator("tr[data-pair]").count() == len(payload.pairs)
    for section in sections():
        ours = payload.of(section)
        assert opened.page.locator(f"[data-pairs={section}] tr[data-pair]").count() == len(ours)
        values = opened.page.locator(f"[data-pairs={section}] tbody th").count()
        assert values == len({pair.printed.key for pair in ours})
    for verdict in Verdict:
        shown = opened.page.locator(f"tr[data-pair] .v-{verdict.value.replace(' ', '-')}").count()
        assert shown == sum(pair.verdict is verdict for pair in payload.pairs)


def test_every_listing_has_its_rows(opened, payload) -> None:
    for shown in payload.surveys.values():
        for survey in shown:
            table = opened.page.locator(f"[data-listing='{survey.key}']")
            assert table.locator("tbody tr").count() == len(survey.rows)
            assert table.locator("thead th").count() == len(listing(survey).columns)


def test_every_figure_is_drawn_and_described(opened, payload) -> None:
    images = opened.page.locator("figure img")
    assert images.count() == sum(len(found) for found in figures(payload).values())
    for image in images.all():
        assert len(image.get_attribute("alt") or "") > 20
        assert image.evaluate("one => one.complete && one.naturalWidth > 100")


def test_the_numbers_of_a_row_are_those_of_its_pair(opened, payload) -> None:
    row = opened.page.locator("[data-pairs=nickelates] tbody tr", has_text="La3Ni2O7: ξ under pressure").first
    # (0.5 - 0.316) · 19.734 Å = 3.6311 Å, printed as 3.631 Å.
    texts = row.locator("td").all_text_contents()
    assert texts[0] == "3.631 Å"
    assert texts[2] == "3.6311 Å"
    assert texts[4].strip() == "equal"


def test_phase_names_are_greek_and_indices_low(opened) -> None:
    table = opened.page.locator("[data-listing=choice]")
    assert table.locator("tbody td").nth(1).text_content() in {"α", "β", "γ"}
    assert "alpha" not in (opened.page.locator("main").text_content() or "")
    assert "T_c" not in (opened.page.locator("main").text_content() or "")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 900, 390])
def test_no_width_scrolls_the_page_sideways(written, open_page, width, scheme) -> None:
    opened = open_page(written, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for summary in opened.page.locator("summary").all():
        summary.evaluate("one => { one.parentElement.open = true; }")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    source = opened.page.locator("figure img").first.evaluate("one => one.currentSrc")
    light = opened.page.locator("figure img").first.get_attribute("src")
    assert (source == light) == (scheme == "light")
    opened.assert_quiet()


def test_it_prints(opened) -> None:
    assert opened.page.pdf().startswith(b"%PDF")


def test_hostile_text_is_shown_and_does_nothing(payload, tmp_path, open_page) -> None:
    nasty = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    first = payload.pairs[0]
    facts = {"formula": nasty, "id": nasty}
    bad = replace(
        first,
        printed=first.printed.model_copy(update={"what": nasty}),
        verdict=Verdict.NOT_COMPUTED,
        reason="not_measured",
        facts=facts,
        origin=nasty,
    )
    opened = open_page(write_reproduction(tmp_path, replace(payload, pairs=(bad, *payload.pairs[1:]))))
    assert nasty in (opened.page.locator("[data-pairs=lambda]").text_content() or "")
    assert opened.page.locator("main script").count() == 0
    opened.assert_quiet()


@pytest.mark.parametrize(
    ("words", "set_"),
    [
        ("T_c of alpha", "T<sub>c</sub> of α"),
        ("ξ_alpha < 3", "ξ<sub>α</sub> &lt; 3"),
        ("h_β, r_La", "h<sub>β</sub>, r<sub>La</sub>"),
        ("betaine, la3ni2o7_x", "betaine, la3ni2o7_x"),
    ],
)
def test_typesetting(words, set_) -> None:
    assert str(_typeset(words)) == set_


def test_values_carry_unit_and_digits(payload) -> None:
    assert _value(3.6, 3, "Å") == "3.600 Å"
    assert _value(1300.0, -2, "K·Å²") == "1300 K·Å²"
    assert _value(None, 2, "K") == "–"
    assert _value("odd", None, "") == "odd"
    pair = next(
        pair for pair in payload.pairs if pair.printed.key == "nickelates.xi" and pair.basis == "arithmetic"
    )
    assert _difference(pair) == "+0.0001 (0.0 %)"
