"""What a reader does on the run page: what to try first, the two views of the chart, reasons, commands."""

import pytest

from polywell.worth.try_first import COUNT
from tests.reports.conftest import undrawn
from tests.reports.made import changed, in_order
from tests.reports.written import write_run

ESTIMATE = {
    "best_doping": "0.16 holes per Cu: 8 % Na on Sr",
    "nearest_known": ("yba2cu3o6.91",),
    "nearest_similarity": (0.814,),
    "nearest_tc_k": (92.0,),
}
NAME = "it's $(here)"


@pytest.fixture(scope="module")
def folder(known_candidates, tmp_path_factory):
    _, structures, run = known_candidates
    rows = [
        changed(
            one,
            **ESTIMATE,
            tc_expected_k=60.0 - n,
            tc_low_k=40.0,
            tc_high_k=88.0,
            tc_best_k=60.0 - n,
            tc_best_low_k=40.0,
            tc_best_high_k=88.0,
            formula=f"Sr{n + 3}CuO2I2",
            formula_written=None,
            compound=f"c{n}",
            support_word="close to measured compounds" if n % 2 else "far from measured compounds",
        )
        for n, one in enumerate(run.ranked)
    ]
    rows[-1] = changed(
        rows[-1],
        id=NAME,
        tc_expected_k=None,
        tc_low_k=None,
        tc_high_k=None,
        tc_best_k=None,
        tc_best_low_k=None,
    )
    folder = tmp_path_factory.mktemp("run")
    arguments = run.arguments() | {"ranked": in_order(rows)}
    write_run(folder, **arguments, structures=structures, dossiers=2)
    return undrawn(folder)


@pytest.fixture
def opened(folder, open_page):
    opened = open_page(folder / "index.html")
    opened.page.wait_for_selector("#chart .scatterlayer .point", state="attached")
    return opened


def shown(opened, word: str) -> list[dict]:
    """Traces of the chart whose name ends in a word."""
    return opened.page.evaluate(
        "word => document.getElementById('chart').data.filter(one => (one.name || '').endsWith(word))"
        ".map(one => ({x: [...one.x], y: [...one.y], ends: one.meta ? [one.meta.low, one.meta.high] : null, "
        "range: one.error_y ? [[...one.error_y.arrayminus], [...one.error_y.array]] : null}))",
        word,
    )


def test_what_to_try_first_leads_to_a_dossier(opened) -> None:
    first = opened.page.locator("#first .picks li").first
    assert "60 K 40–⁠88 K" in first.inner_text().replace("\n", " ")
    assert "8 % Na on Sr" in first.inner_text().replace("\n", " ")
    assert "YBa2Cu3O6.91, 92 K, is most like it (0.81 of 1)" in first.inner_text()
    first.locator("a").click()
    opened.page.wait_for_selector("#view[data-ready=true]")
    assert opened.page.locator("h1").text_content() == "Sr3CuO2I2"
    opened.assert_quiet()


def test_a_pick_without_dossier_opens_its_details(opened) -> None:
    pick = opened.page.locator("#first .picks li a[data-row]").first
    formula = pick.text_content()
    pick.click()
    assert opened.page.locator("#details[open] #details-title").text_content() == formula
    opened.assert_quiet()


def test_the_chart_shows_ceilings_or_expectations_with_their_range(opened) -> None:
    assert opened.page.locator("input[name=shows]:checked").get_attribute("value") == "expected"
    assert shown(opened, "ceiling") == [] != shown(opened, "expected")
    opened.page.locator("input[name=shows][value=ceiling]").check()
    ceilings = sorted(y for trace in shown(opened, "ceiling") for y in trace["y"])
    count = opened.page.locator("[data-table=ranked] .status").text_content().split()[0]
    assert len(ceilings) == int(count)
    opened.page.locator("input[name=shows][value=expected]").check()
    expected = shown(opened, "expected")
    values = sorted(y for trace in expected for y in trace["y"])
    assert values == [60.0 - n for n in reversed(range(len(ceilings) - 1))]
    for trace in expected:
        assert set(zip(*trace["ends"], strict=True)) == {(40.0, 88.0)}
    opened.page.evaluate(
        """() => {
            const chart = document.getElementById("chart"), data = chart.data.find((one) => one.meta);
            chart.emit("plotly_hover", { points: [{ data, pointNumber: 0, x: data.x[0], y: data.y[0] }] });
        }"""
    )
    opened.page.wait_for_timeout(200)
    ((drawn,),) = [shown(opened, "range")]
    assert (len(drawn["y"]), drawn["range"][0][0] + drawn["range"][1][0]) == (1, 48.0)
    bars = opened.page.evaluate(
        "document.getElementById('chart').data.filter(one => one.type === 'bar')"
        ".flatMap(one => [...one.y]).reduce((sum, one) => sum + one, 0)"
    )
    assert bars == int(count)
    opened.assert_quiet()


def test_a_click_in_the_chart_leads_to_the_dossier(opened) -> None:
    opened.page.evaluate("document.getElementById('chart').emit('plotly_click', {points: [{customdata: 1}]})")
    opened.page.wait_for_selector("#view[data-ready=true]")
    assert opened.page.locator("h1").text_content() == "Sr4CuO2I2"


def test_a_filter_by_support(opened) -> None:
    total = int(opened.page.locator("[data-table=ranked] .status").text_content().split()[0])
    opened.page.locator("[data-filter=support]").select_option("close to measured compounds")
    assert opened.page.locator("[data-table=ranked] .status").text_content().startswith(f"{total // 2} of")
    opened.assert_quiet()


def test_a_row_without_dossier_tells_how_to_get_one(opened) -> None:
    opened.page.locator("[data-table=ranked] input[type=search]").fill(NAME)
    opened.page.locator("[data-table=ranked] tbody tr[data-place]", has_text=NAME).click()
    command = opened.page.locator("#details code").first.text_content()
    assert command == "polywell explain 'it'\\''s $(here)' --page FOLDER"
    opened.assert_quiet()


def test_a_list_that_moves_a_little_under_a_click_keeps_its_row(opened) -> None:
    opened.page.locator("[data-table=ranked] tbody tr[data-place]").last.hover()
    opened.page.mouse.down()
    opened.page.evaluate(
        "document.querySelector('[data-table=ranked] .scroll').dispatchEvent(new Event('scroll'))"
    )
    opened.page.mouse.up()
    opened.page.wait_for_selector("#details[open]", timeout=5_000)
    opened.assert_quiet()


def test_a_reason_leads_to_the_entries_that_have_it(small_run, tmp_path, open_page) -> None:
    opened = open_page(write_run(tmp_path, **small_run.arguments()))
    opened.page.locator("a[data-list=rejected]", has_text="not_layered").click()
    assert [row[0] for row in opened.rows("rejected")] == ["out-net"]
    opened.page.locator("a[data-list=failed]", has_text="CellError").click()
    assert {row[0] for row in opened.rows("failed")} == {"bad-0", "bad-1"}
    opened.assert_quiet()


def test_hostile_names_lead_to_their_dossiers_and_do_nothing(
    make, row, known_candidates, tmp_path, open_page
) -> None:
    ranked, structures, _ = known_candidates
    hostile = (
        "<img src=x onerror=alert(1)>",
        '"><script>alert(2)</script>',
        "'; alert(3); '",
        "../../../etc/passwd",
        "javascript:alert(4)",
        "=cmd()",
        "n" * 10_000,
    )
    rows = [
        changed(
            ranked[0],
            **ESTIMATE
            | {"id": text, "formula": text, "compound": text, "support_word": text, "nearest_known": (text,)}
            | {"formula_written": text, "series": None, "tc_best_k": 60.0, "tc_best_low_k": 40.0},
        )
        for text in hostile
    ]
    run = make(ranked=rows)
    page = write_run(
        tmp_path,
        **run.arguments(),
        structures={
            one.screening.key: changed(structures[ranked[0].screening.key], id=one.screening.id)
            for one in rows
        },
        dossiers=len(rows),
    )
    assert len(list((undrawn(tmp_path) / "dossiers").glob("*.html"))) == len(hostile)
    opened = open_page(page, viewport={"width": 1000, "height": 800})
    opened.page.wait_for_selector("#first .picks li")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 1000
    links = opened.page.locator("#first .picks a").evaluate_all("all => all.map(one => one.href)")
    assert len(links) == COUNT
    assert all(link.startswith((tmp_path / "dossiers").as_uri() + "/") for link in links)
    opened.page.locator("#first .picks a").nth(1).click()
    opened.page.wait_for_selector("#view[data-ready=true]")
    assert opened.page.locator("h1").text_content() in hostile
    assert opened.page.locator("main img, main script").count() == 0
    opened.assert_quiet()
