"""The page of the nickelate claim: complete, self-contained, quiet in a browser, and the JSON beside it."""

import json

import pytest

from polywell.proposal.nickelate_claim.analysis import weigh
from polywell.proposal.nickelate_claim.verdict import Side
from polywell.records import Estimate
from reports.studies.nickelate_claim.figures import figures
from reports.studies.nickelate_claim.page import DATA, PAGE, _typeset
from reports.studies.nickelate_claim.tables import listings
from reports.studies.nickelate_claim.words import finding
from tests.reports.written import write_claim


@pytest.fixture(scope="module")
def analysis():
    said = Estimate(tc_expected_k=90.0, tc_low_k=60.0, tc_high_k=135.0)
    return weigh(calibrated=lambda records: [said] * len(records))


@pytest.fixture(scope="module")
def written(analysis, tmp_path_factory):
    return write_claim(tmp_path_factory.mktemp("ceiling") / "latest", analysis)


@pytest.fixture
def opened(written, open_page):
    return open_page(written)


def test_writes_a_page_and_its_data(written) -> None:
    assert written.name == PAGE
    assert sorted(file.name for file in written.parent.iterdir()) == sorted((PAGE, DATA))
    assert written.stat().st_size < 2_000_000


def test_the_data_hold_the_analysis(analysis, written) -> None:
    data = json.loads((written.parent / DATA).read_text(encoding="utf-8"))
    assert data["schema"] == 1
    assert data["verdict"]["finding"] == finding(analysis.verdict)
    for name in ("cells", "sightings", "classes", "effective", "targets", "smallest", "trilayers", "years"):
        assert len(data[name]) == len(getattr(analysis, name))
    assert data["reference_digest"] == analysis.reference_digest


def test_the_same_analysis_gives_the_same_bytes(analysis, written, tmp_path) -> None:
    again = write_claim(tmp_path, analysis)
    for name in (PAGE, DATA):
        assert (again.parent / name).read_bytes() == (written.parent / name).read_bytes()


def test_opens_offline_without_a_request_a_script_or_a_complaint(opened) -> None:
    opened.page.wait_for_timeout(300)
    opened.assert_quiet()
    assert [url for url in opened.requests if url.startswith("http")] == []
    assert opened.page.locator("script").count() == 0
    assert opened.page.title().startswith("The nickelate ceiling")


def test_shows_the_verdict_and_both_sides(opened, analysis) -> None:
    shown = opened.page.locator("main").inner_text()
    assert finding(analysis.verdict) in shown
    assert opened.page.locator(".sides h3").count() == len(Side)
    assert opened.page.locator(".sides li").count() == len(analysis.verdict.points)


def test_every_listing_has_its_rows(opened, analysis) -> None:
    for listing in listings(analysis):
        table = opened.page.locator(f"[data-listing='{listing.key}']")
        assert table.locator("tbody tr").count() == len(listing.rows)
        assert table.locator("thead th").count() == len(listing.columns)


def test_figures_are_drawn_for_light_and_dark(opened, analysis) -> None:
    drawn = figures(analysis)
    assert opened.page.locator("figure img").count() == len(drawn) == 4
    for image in drawn.values():
        assert image.light.startswith("data:image/svg+xml;base64,") and image.dark != image.light
        assert image.alt and image.caption
    widths = opened.page.evaluate("[...document.images].map(one => one.naturalWidth)")
    assert all(width > 0 for width in widths)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_nothing_runs_out_of_the_page(written, open_page, scheme, width) -> None:
    opened = open_page(written, viewport={"width": width, "height": 850}, color_scheme=scheme)
    assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened.assert_quiet()


def test_a_page_without_a_calibrated_model_says_so(tmp_path, open_page) -> None:
    plain = weigh()
    opened = open_page(write_claim(tmp_path, plain))
    assert "The calibrated model was not asked." in opened.page.locator("main").inner_text()
    opened.assert_quiet()


def test_indices_are_set_low_and_texts_escaped() -> None:
    assert _typeset("T_c and λ_eff") == "T<sub>c</sub> and λ<sub>eff</sub>"
    assert _typeset("<b>T_c</b>") == "&lt;b&gt;T<sub>c</sub>&lt;/b&gt;"
