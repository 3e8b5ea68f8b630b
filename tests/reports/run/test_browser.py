"""The pages in a real browser: they open offline, sort, filter, draw and stay harmless."""

from collections.abc import Callable

import pytest

from polywell.records import ENTRY_COLUMNS, PHASE_COLUMNS, VERTEX_COLUMNS
from tests.reports.written import write_run

POINTS = "#chart .scatterlayer .point"


@pytest.fixture
def opened(small_run, tmp_path, open_page):
    page = open_page(write_run(tmp_path, **small_run.arguments()))
    page.page.wait_for_selector(POINTS, state="attached")
    return page


def column(opened, key: str) -> int:
    keys = opened.page.evaluate(
        "[...document.querySelectorAll('[data-table=ranked] thead th')]"
        ".map(one => one.querySelector('button')?.dataset.key)"
    )
    return keys.index(key)


NUMBERS = "rank.id.formula.family.tc_ceiling_k.tc_ceiling_low_k.xi_ceiling_ang.tc_measured_k.known"
"""Columns with the temperatures as numbers, which stand as bars at first."""


@pytest.fixture
def in_numbers(small_run, tmp_path, open_page):
    path = write_run(tmp_path / "numbers", **small_run.arguments())
    opened = open_page(path, fragment=f"ranked?columns={NUMBERS}")
    opened.page.wait_for_selector("[data-table=ranked] tbody tr[data-place]")
    return opened


def heading(opened, key: str):
    return opened.page.locator(f"[data-table=ranked] thead button[data-key={key}]")


def test_opens_offline_without_a_request_or_a_complaint(opened) -> None:
    assert opened.page.title() == "Screen of made-up: 40 candidates"
    assert opened.page.locator("[data-table=ranked] .status").text_content() == "40 rows"
    assert opened.page.locator("[data-table=ranked] table").get_attribute("aria-rowcount") == "41"
    opened.page.wait_for_timeout(300)
    assert len(opened.requests) >= 1
    opened.assert_quiet()


def test_every_row_can_be_reached_by_scrolling(opened) -> None:
    seen = set()
    for _ in range(12):
        seen |= {row[1] for row in opened.rows()}
        opened.page.evaluate("document.querySelector('[data-table=ranked] .scroll').scrollBy(0, 250)")
        opened.page.wait_for_timeout(40)
    assert seen == {f"entry-{n:02d}" for n in range(40)}


def test_headings_carry_unit_and_meaning(in_numbers) -> None:
    for name in ("tc_ceiling_k", "xi_ceiling_ang", "tc_measured_k"):
        registered = next(one for one in ENTRY_COLUMNS if one.name == name)
        assert heading(in_numbers, name).get_attribute("title") == registered.meaning
        assert heading(in_numbers, name).locator(".unit").text_content() == registered.unit


def test_numbers_are_those_of_the_rows(in_numbers) -> None:
    opened = in_numbers
    # entry-00: ξ = 3.000 Å, λ = 1300 ± 100 K·Å²: 144.4 K, from 133.3 to 155.6 K.
    first = opened.rows()[0]
    assert first[:2] == ["1", "entry-00"]
    assert first[column(opened, "tc_ceiling_k")] == "144.4"
    assert first[column(opened, "tc_ceiling_low_k")] == "133.3–155.6"
    assert first[column(opened, "xi_ceiling_ang")] == "3.000"
    assert first[column(opened, "formula")] == "YBa2Cu3O6.97"
    assert opened.page.locator("tbody tr[data-place] sub").first.text_content() == "2"


def test_a_click_sorts_and_a_second_click_turns_the_order(opened) -> None:
    before = [row[1] for row in opened.rows()]
    heading(opened, "xi_ceiling_ang").click()
    widest_first = opened.rows()
    assert widest_first[0][1] == "entry-39"
    assert [row[1] for row in widest_first] != before
    heading(opened, "xi_ceiling_ang").click()
    assert opened.rows()[0][1] == "entry-00"
    sorting = opened.page.locator("th[aria-sort]")
    assert sorting.count() == 1
    assert sorting.get_attribute("aria-sort") == "ascending"


def test_rows_without_a_value_come_last_either_way(opened) -> None:
    place = column(opened, "tc_measured_k")
    for _ in range(2):
        heading(opened, "tc_measured_k").click()
        assert opened.rows()[0][place] == "91.5"
        assert opened.rows()[1][place] == ""


def test_sorting_works_from_the_keyboard(opened) -> None:
    heading(opened, "id").focus()
    opened.page.keyboard.press("Enter")
    opened.page.keyboard.press("Enter")
    assert opened.rows()[0][1] == "entry-39"


def test_filter_keeps_the_rows_that_hold_all_words(opened) -> None:
    field = opened.page.locator("[data-table=ranked] input[type=search]")
    field.fill("Nickelate")
    assert opened.page.locator("[data-table=ranked] .status").text_content() == "13 of 40 rows"
    assert {row[column(opened, "family")] for row in opened.rows()} == {"nickelate"}
    field.fill("nickelate apex mg")
    assert [row[1] for row in opened.rows()] == ["entry-04"]
    field.fill("no such thing")
    assert opened.rows() == []
    field.fill("")
    assert opened.page.locator("[data-table=ranked] .status").text_content() == "40 rows"


def test_chart_shows_every_candidate_and_every_measured_superconductor(opened) -> None:
    assert opened.page.locator(POINTS).count() == 40 + 3
    names = opened.page.evaluate(
        "[...document.querySelectorAll('#chart .legendtext')].map(one => one.textContent)"
    )
    assert any("1300" in name and "cuprate, nickelate" in name for name in names)
    assert any("400" in name and "iron-based" in name for name in names)
    assert "cuprate, measured" in names


def test_a_row_opens_its_details_and_escape_closes_them(opened) -> None:
    opened.page.locator("[data-table=ranked] tbody tr[data-place]").nth(1).click()
    dialog = opened.page.locator("#details")
    assert dialog.is_visible()
    assert dialog.locator("table tbody tr").count() == 2
    assert "entry-01" in dialog.inner_text()
    opened.page.keyboard.press("Escape")
    assert not dialog.is_visible()
    opened.assert_quiet()


def test_arrow_keys_and_enter_open_a_row(opened) -> None:
    opened.page.locator("[data-table=ranked] .scroll").focus()
    for key in ("ArrowDown", "End", "ArrowUp", "Enter"):
        opened.page.keyboard.press(key)
    last_but_one = opened.page.locator("#details dd").first
    assert last_but_one.text_content() == "39"


def test_a_point_of_the_chart_opens_its_candidate(opened) -> None:
    place = opened.page.evaluate(
        """() => {
            const chart = document.getElementById("chart");
            chart.scrollIntoView({ behavior: "instant", block: "center" });
            const at = chart.data.findIndex((trace) => trace.name === "cuprate, ceiling");
            const { x: [x], y: [y] } = chart.data[at];
            const { xaxis, yaxis } = chart._fullLayout, box = chart.getBoundingClientRect();
            return [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis.d2p(y)];
        }"""
    )
    opened.page.mouse.move(*place)
    opened.page.wait_for_selector("#chart .hoverlayer text", state="attached")
    opened.page.mouse.click(*place)
    opened.page.wait_for_selector("#details[open]")
    assert "entry-00" in opened.page.locator("#details").inner_text()


def test_lists_of_rejected_and_failed_entries_unfold(opened) -> None:
    for summary in opened.page.locator("summary").all():
        summary.click()
    opened.page.wait_for_selector("[data-table=failed] tbody tr[data-place]")
    assert [row[0] for row in opened.rows("rejected")] == ["out-lambda", "out-net", "out-0", "out-1", "out-2"]
    assert [row[2] for row in opened.rows("failed")] == ["CellError", "CellError"]
    opened.assert_quiet()


def test_columns_page_opens_from_the_run(opened) -> None:
    opened.page.locator("nav a[href='columns.html']").click()
    opened.page.wait_for_selector("#vertex")
    every = len(ENTRY_COLUMNS) + len(PHASE_COLUMNS) + len(VERTEX_COLUMNS)
    assert opened.page.locator("tbody tr").count() == every
    opened.assert_quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 900, 390])
def test_no_width_scrolls_the_page_sideways(small_run, tmp_path, open_page, width, scheme) -> None:
    path = write_run(tmp_path, **small_run.arguments())
    opened = open_page(path, viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened.page.wait_for_selector(POINTS, state="attached")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    paper = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")


def test_hostile_text_is_shown_and_does_nothing(
    make: Callable, row: Callable, out: Callable, known: Callable, tmp_path, open_page
) -> None:
    nasty = [
        "<script>alert(1)</script>",
        "</script><script>alert(2)</script>",
        "<img src=x onerror=alert(3)>",
        "<a href='javascript:alert(4)'>x</a>",
        "\" onfocus=alert(5) autofocus '",
        "<b>bold</b>",
        "n" * 10_000,
    ]
    run = make(
        ranked=[row(f"{n}{text}", 3.2 + 0.05 * n, formula=text, note=text) for n, text in enumerate(nasty)],
        rejected=[out(text, reason="no_cage", message=text) for text in nasty],
        failed=[out(text, error_type="Error", message=text) for text in nasty],
        measured=[known(text, 3.3, 50.0, formula=text) for text in nasty],
        source=nasty[0],
    )
    opened = open_page(write_run(tmp_path, **run.arguments()), viewport={"width": 900, "height": 900})
    opened.page.wait_for_selector(POINTS, state="attached")
    for summary in opened.page.locator("summary").all():
        summary.click()
    opened.page.wait_for_selector("[data-table=failed] tbody tr[data-place]")
    assert [shown[1] for shown in opened.rows()] == [f"{n}{text}" for n, text in enumerate(nasty)]
    assert [shown[0] for shown in opened.rows("rejected")][:-1] == nasty[:-1]
    for place in range(len(nasty)):
        opened.page.locator("[data-table=ranked] tbody tr[data-place]").nth(place).click()
        assert nasty[place] in opened.page.locator("#details").evaluate("one => one.textContent")
        opened.page.keyboard.press("Escape")
    opened.page.evaluate(
        "Plotly.Fx.hover(document.getElementById('chart'), [{curveNumber: 6, pointNumber: 2}])"
    )
    assert "<img src=x" in (opened.page.locator("#chart .hoverlayer").text_content() or "")
    assert (
        opened.page.locator("main img, main iframe, .grid b:not(.figures > b), #chart a[href]").count() == 0
    )
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 900
    heights = opened.page.evaluate(
        "[...document.querySelectorAll('tr[data-place]')].map(one => one.offsetHeight)"
    )
    assert len(set(heights)) == 1
    opened.assert_quiet()


def test_thousands_of_rows_keep_the_table_small(make, row, tmp_path, open_page) -> None:
    run = make(ranked=[row(f"mp-{n}", 2.9 + n / 5000) for n in range(5000)])
    opened = open_page(write_run(tmp_path, **run.arguments()))
    assert opened.page.locator("[data-table=ranked] .status").text_content() == "5,000 rows"
    assert len(opened.rows()) < 100
    opened.page.locator("[data-table=ranked] .scroll").focus()
    opened.page.keyboard.press("End")
    assert opened.rows()[-1][1] == "mp-4999"
    opened.page.locator("[data-table=ranked] input[type=search]").fill("mp-4321")
    assert [shown[1] for shown in opened.rows()] == ["mp-4321"]
    opened.assert_quiet()


def test_paper_gets_the_light_colours_and_says_how_many_rows_it_holds(make, row, tmp_path, open_page) -> None:
    run = make(ranked=[row(f"mp-{n}", 2.9 + n / 200) for n in range(150)])
    opened = open_page(write_run(tmp_path, **run.arguments()), color_scheme="dark")
    opened.page.wait_for_selector(POINTS, state="attached")
    assert opened.page.pdf().startswith(b"%PDF")
    opened.page.emulate_media(media="print")
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(opened.rows()) == 100
    assert opened.page.locator(".printed").first.text_content() == "Printed: the first 100 of 150 rows."
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    opened.page.emulate_media(media="screen")
    opened.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(opened.rows()) < 100
