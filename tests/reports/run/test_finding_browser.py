"""How a reader finds, sends and takes candidates on the run page: with a pointer, a keyboard, three sizes."""

import csv
from dataclasses import replace

import pytest

from reports.run.page import run_page
from reports.run.payload import run_payload
from tests.reports.made import Run, candidate, dropped, in_order
from tests.reports.written import write_run

SIZES = [(1440, 900), (900, 800), (390, 844)]
STATUS = "[data-table=ranked] .status"
SEARCH = "[data-table=ranked] input[type=search]"
ESTIMATED = {"tc_low_k": 40.0, "tc_high_k": 188.0}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    compounds = {
        "ybco": ("YBa2Cu3O7", "Y-123", "chains", 92.0),
        "hg": ("HgBa2CaCu2O6", "Hg-1212", "Hg-O", 150.0),
        "tl": ("Ba4Tl4Ca6(Cu4O12)2", "Tl-2234", "Tl-O", 110.0),
        "la": ("La3Ni2O7", "RP n=2", "rock salt", 40.0),
    }
    rows = []
    for n, (id, (formula, series, spacer, expected)) in enumerate(compounds.items()):
        symbols = [
            s
            for s in ("Ba", "Ca", "Cu", "Hg", "La", "Ni", "O", "Tl", "Y")
            if s in formula.replace("Ca", "Ca ")
        ]
        family = "nickelate" if id == "la" else "cuprate"
        given = {"formula": formula, "formula_written": formula, "elements": tuple(symbols), "series": series}
        rows.append(
            candidate(
                id,
                3.2 + n / 10,
                family,
                spacer=spacer,
                tc_expected_k=expected,
                compound=id,
                **given,
                **ESTIMATED,
            )
        )
    rows += [
        candidate(f"more{n}", 3.6 + n / 1000, compound=f"m{n}", formula="Sr2CuO3", elements=("Cu", "O", "Sr"))
        for n in range(60)
    ]
    rejected = [dropped(f"x{n}", reason="no_net_metal") for n in range(2100)]
    rejected += [dropped(f"y{n}", reason="no_cage") for n in range(344)]
    run = Run(ranked=in_order(rows), rejected=rejected)
    return write_run(tmp_path_factory.mktemp("run"), **run.arguments())


@pytest.fixture
def opened(path, open_page):
    opened = open_page(path)
    opened.page.wait_for_selector("#chart .scatterlayer .point", state="attached")
    return opened


def wait_until(opened, expression: str) -> None:
    """Waits in steps from here, as the page allows no evaluation of its own."""
    for _ in range(100):
        if opened.page.evaluate(expression):
            return
        opened.page.wait_for_timeout(50)
    raise AssertionError(f"never true: {expression}; address {opened.page.url}")


def ids(opened) -> list[str]:
    return [row[1] for row in opened.rows()]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("YBCO", ["ybco"]),
        ("Hg-1212", ["hg"]),
        ("La-327", ["la"]),
        ("Tl2Ba2Ca3Cu4O12", ["tl"]),
        ("Cu₄O₁₂Ba₂Tl₂Ca₃", ["tl"]),
        ("mercury", ["hg"]),
        ("thallium cuprate", ["tl"]),
        ("Tl2Ba2Ca3Cu4O11", []),
    ],
)
def test_the_search_knows_names_formulas_and_elements(opened, words, found) -> None:
    opened.page.locator(SEARCH).fill(words)
    assert ids(opened) == found
    opened.assert_quiet()


def test_elements_are_chosen_on_the_periodic_table_by_pointer_and_keyboard(opened) -> None:
    opened.page.locator(".chooser summary", has_text="Elements").click()
    mercury = opened.page.locator("[data-element=Hg]")
    mercury.click()
    assert mercury.get_attribute("aria-label") == "mercury: must hold"
    assert ids(opened) == ["hg"]
    opened.page.keyboard.press("Enter")
    assert "hg" not in ids(opened) and "ybco" in ids(opened)
    assert opened.page.locator("[data-filter=avoid]").input_value() == "Hg"
    assert opened.page.locator(".periodic-said").text_content() == "without Hg"
    opened.page.keyboard.press("Space")
    assert opened.page.locator(STATUS).text_content() == "64 rows"
    opened.page.keyboard.press("ArrowRight")
    assert opened.page.evaluate("document.activeElement.dataset.element") == "Tl"
    opened.page.locator("[data-filter=avoid]").fill("mercury")
    assert "ybco" in ids(opened) and "hg" not in ids(opened)
    opened.page.locator("[data-filter=avoid]").fill("Tl, mercurial")
    assert "mercurial" in opened.page.locator(".unknown").text_content()
    assert "tl" not in ids(opened) and "hg" in ids(opened)
    opened.assert_quiet()


def test_a_view_can_be_sent_as_an_address(opened, open_page, path) -> None:
    opened.page.locator("[data-filter=family]").select_option("cuprate")
    opened.page.locator("[data-filter=avoid]").fill("Hg Sr")
    opened.page.locator("[data-table=ranked] thead button[data-key=temperatures]").click()
    opened.page.locator("[data-table=ranked] thead button[data-key=temperatures]").click()
    assert ids(opened) == ["ybco", "tl"]
    wait_until(opened, "location.hash.includes('sort=temperatures') && location.hash.includes('not=Hg.Sr')")
    address = opened.page.url
    again = open_page(path)
    again.page.goto(address)
    again.page.reload()
    again.page.wait_for_selector("[data-table=ranked] tbody tr[data-place]")
    assert ids(again) == ["ybco", "tl"]
    assert again.page.locator("[data-filter=family]").input_value() == "cuprate"
    again.page.locator("[data-clear]").click()
    assert again.page.locator(STATUS).text_content() == "64 rows"
    again.page.evaluate("location.hash = '#ranked?family=bismuthate&must=Xx&search=YBCO'")
    wait_until(again, "document.querySelector('.unknown').textContent.includes('bismuthate')")
    assert ids(again) == ["ybco"] and "element Xx" in again.page.locator(".unknown").text_content()
    again.assert_quiet()


def test_what_is_filtered_is_downloaded_and_copied(opened, tmp_path) -> None:
    opened.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened.page.locator(SEARCH).fill("barium")
    with opened.page.expect_download() as waiting:
        opened.page.locator("[data-table=ranked] [data-take=csv]").click()
    waiting.value.save_as(tmp_path / "taken.csv")
    rows = list(csv.DictReader((tmp_path / "taken.csv").read_text("utf-8-sig").splitlines()))
    assert [row["id"] for row in rows] == ["ybco", "hg", "tl"]
    assert [(row["tc_low_k"], row["tc_high_k"], row["spacer"]) for row in rows][1] == ("40", "188", "Hg-O")
    opened.page.locator("[data-table=ranked] [data-take=copy]").click()
    wait_until(opened, "document.querySelector('.taken').textContent === 'copied 3 rows'")
    lines = opened.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert len(lines) == 4 and "HgBa2CaCu2O6" in lines[2].split("\t")
    opened.assert_quiet()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_formula_stays_in_sight_and_the_page_does_not_scroll_sideways(
    path, open_page, width, height
) -> None:
    opened = open_page(path, viewport={"width": width, "height": height})
    opened.page.wait_for_selector("[data-table=ranked] tbody tr[data-place]")
    for cell in ("tbody td.formula", "thead th.formula"):
        before, left, inside, hit = opened.page.evaluate(
            """selector => {
                const box = document.querySelector("[data-table=ranked] .scroll");
                box.scrollIntoView({ behavior: "instant", block: "center" });
                const cell = box.querySelector(selector);
                const left = () => cell.getBoundingClientRect().left - box.getBoundingClientRect().left;
                box.scrollLeft = 0;
                const before = left();
                box.scrollLeft = 600;
                const { x, y } = cell.getBoundingClientRect();
                const hit = cell.contains(document.elementFromPoint(x + 8, y + 8));
                return [before, left(), box.scrollLeft, hit];
            }""",
            cell,
        )
        assert inside > 0 and hit
        assert left == pytest.approx(max(0, before - inside), abs=2)
    opened.page.locator(".chooser summary", has_text="Elements").click()
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    opened.assert_quiet()


def test_a_reason_shows_all_its_rows_or_says_where_the_rest_is(opened) -> None:
    opened.page.locator("a[data-list=rejected]", has_text="no_cage").click()
    assert opened.page.locator("[data-table=rejected] .status").text_content() == "344 of 2,000 rows"
    rest = opened.page.locator("[data-table=rejected] .rest")
    assert (rest.text_content() or "").startswith("All 344 of no_cage stand here")
    opened.page.locator("a[data-list=rejected]", has_text="no_net_metal").click()
    assert rest.text_content() == (
        "2,100 entries have no_net_metal: 1,656 stand here, the other 444 in rejected.parquet of this run, "
        "where reason is no_net_metal."
    )
    opened.assert_quiet()


def test_no_control_of_the_page_could_send_data(opened, small_run) -> None:
    opened.page.hover("#chart")
    config = "document.getElementById('chart')._context"
    assert opened.page.evaluate(f"[{config}.plotlyServerURL, {config}.showSendToCloud]") == ["", False]
    titles = opened.page.evaluate(
        "[...document.querySelectorAll('.modebar-btn')].map(one => one.dataset.title)"
    )
    assert titles and not [
        t for t in titles if any(word in t.lower() for word in ("share", "cloud", "studio", "edit"))
    ]
    assert opened.page.locator("form:not([method=dialog]), [formaction], a[ping], a[href^=http]").count() == 0
    assert "form-action 'none'" in run_page(run_payload(**small_run.arguments()))


def test_the_hover_names_the_source_of_a_candidate(opened) -> None:
    texts = opened.page.evaluate(
        "document.getElementById('chart').data.filter(one => one.hovertext && one.mode === 'markers')"
        ".flatMap(one => one.hovertext)"
    )
    assert texts and all("<br>made-up<br>" in text for text in texts)


def test_a_keyboard_leaves_the_table_and_focus_returns_from_the_details(opened) -> None:
    assert (
        opened.page.locator(
            "a[tabindex='-1'], button[tabindex='-1'], input[tabindex='-1'], select[tabindex='-1']"
        ).count()
        == 0
    )
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.textContent") == "Skip to the ranked candidates"
    box = "[data-table=ranked] .scroll"
    opened.page.locator(box).focus()
    opened.page.keyboard.press("ArrowDown")
    assert (
        opened.page.locator("[data-table=ranked] .tools > .spoken").text_content().startswith("Row 1 of 64: ")
    )
    opened.page.keyboard.press("Enter")
    assert opened.page.locator("#details").is_visible()
    opened.page.keyboard.press("Escape")
    assert opened.page.evaluate(f"document.activeElement === document.querySelector('{box}')")
    heads = opened.page.locator("[data-table=ranked] thead button").count()
    for _ in range(heads + 1):
        opened.page.keyboard.press("Tab")
    assert not opened.page.evaluate(f"document.querySelector('{box}').contains(document.activeElement)")
    assert opened.page.evaluate("document.activeElement.closest('#others') !== null")
    opened.page.keyboard.press("Shift+Tab")
    assert opened.page.evaluate("document.activeElement.closest('thead') !== null")
    opened.assert_quiet()


def test_the_overview_leads_to_the_candidates_of_a_cell(opened) -> None:
    cell = opened.page.locator("#overview td a", has_text="150")
    assert cell.get_attribute("aria-label") == "Hg-O, 2 sheets: 150 K, the best of 1 candidate"
    assert cell.text_content() == "150 of 1"
    cell.click()
    wait_until(opened, f"document.querySelector('{STATUS}').textContent === '1 of 64 rows'")
    assert ids(opened) == ["hg"]
    opened.page.locator("#overview td a", has_text="of 60").click()
    wait_until(opened, f"document.querySelector('{STATUS}').textContent === '60 of 64 rows'")
    opened.assert_quiet()


def test_what_is_expected_above_its_ceiling_is_said_and_filtered(opened) -> None:
    # 1300/3.3² = 119 K, 150 K are expected
    link = opened.page.locator("a[href='#ranked?above=yes']")
    assert "1 candidate of 4 is expected above its ceiling" in (link.locator("..").text_content() or "")
    link.click()
    wait_until(opened, f"document.querySelector('{STATUS}').textContent === '1 of 64 rows'")
    assert ids(opened) == ["hg"]
    opened.assert_quiet()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_wide_overview_scrolls_in_its_own_box(make, row, tmp_path, open_page, width, height) -> None:
    rows = []
    for n in range(1, 10):
        one = row(f"s{n}", 3.2 + n / 100, spacer="chains")
        phases = tuple(replace(phase, sheets_per_block=str(n)) for phase in one.screening.phases)
        rows.append(replace(one, screening=replace(one.screening, phases=phases)))
    wide = open_page(
        write_run(tmp_path, **make(ranked=rows).arguments()), viewport={"width": width, "height": height}
    )
    wide.page.wait_for_selector("#chart .scatterlayer .point", state="attached")
    assert wide.page.locator("#overview td a").count() == 9
    assert wide.page.evaluate("document.documentElement.scrollWidth") <= width
    wide.assert_quiet()
