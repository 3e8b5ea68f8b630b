"""What readers ask of the pages, at three sizes, by keyboard and with a pointer; axe, and a walk by Tab."""

import re
import shutil
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.reports.conftest import undrawn
from tests.reports.made import changed, dropped, in_order
from tests.reports.written import write_run

SIZES = {"desk": (1440, 900), "tablet": (834, 1112), "phone": (390, 844)}
MOST_TABS = 400
ESTIMATED = {
    "tc_expected_k": 60.0,
    "tc_low_k": 40.0,
    "tc_high_k": 88.0,
    "tc_best_k": 70.0,
    "tc_best_low_k": 50.0,
    "tc_best_high_k": 99.0,
    "best_doping": "0.16 holes per Cu: 8 % Na on Sr",
    "support": 0.1,
    "support_word": "far from measured compounds",
    "nearest_known": ("yba2cu3o6.91",),
    "nearest_similarity": (0.814,),
    "nearest_tc_k": (92.0,),
}


@pytest.fixture(scope="module")
def folder(known_candidates, tmp_path_factory):
    _, structures, run = known_candidates
    rows = [
        changed(one, **ESTIMATED, compound=f"c{n}", formula=f"Sr{n + 3}CuO2I2", formula_written=None)
        if n < 2
        else changed(one, **ESTIMATED)
        for n, one in enumerate(run.ranked)
    ]
    failed = [dropped("bad", error_type="CellError")]
    run = changed_run(run, in_order(rows), failed)
    arguments = run.arguments()
    new = [one for one in run.ranked if one.screening.formula.endswith("CuO2I2")]
    arguments["manifest"]["changes"] = {
        "since": "2026-11-21",
        "new": len(new),
        "changed": 0,
        "withdrawn": 1,
        "new_candidates": [_change(one.screening, "new in the source") for one in new],
        "changed_candidates": [],
        "withdrawn_candidates": [_change(run.ranked[-1].screening, "no longer in the source")],
    }
    folder = tmp_path_factory.mktemp("run")
    write_run(folder, **arguments, structures=structures, dossiers=4)
    return folder


@pytest.fixture(scope="module")
def plain(folder, tmp_path_factory):
    """The same folder, its structures not drawn."""
    return undrawn(Path(shutil.copytree(folder, tmp_path_factory.mktemp("undrawn") / "run")))


def changed_run(run, ranked, failed):
    return type(run)(ranked=ranked, failed=failed, measured=run.measured, source=run.source)


def _change(one, why):
    return {"source": one.source, "id": one.id, "formula": one.formula, "tc_ceiling_k": 90.0, "why": why}


class Hand:
    """Does what a reader does with what a selector names: with a pointer, or with Tab and Enter alone."""

    def __init__(self, page, keyboard: bool) -> None:
        self.page, self.keyboard = page, keyboard

    def press(self, selector: str) -> None:
        if not self.keyboard:
            self.page.locator(selector).first.click()
            return
        for _ in range(MOST_TABS):
            if self.page.evaluate("one => document.activeElement.matches(one)", selector):
                break
            self.page.keyboard.press("Tab")
        else:
            raise AssertionError(f"{MOST_TABS} Tabs do not lead to {selector}")
        self.page.keyboard.press("Enter")


def in_sight(page, selector: str) -> bool:
    box = page.locator(selector).first.bounding_box()
    return box is not None and box["y"] + box["height"] <= page.viewport_size["height"]


@pytest.mark.parametrize("by", ["pointer", "keyboard"])
@pytest.mark.parametrize("size", SIZES)
def test_readers_find_what_they_ask_for(plain, open_page, size, by) -> None:
    width, height = SIZES[size]
    opened = open_page(plain / "index.html", viewport={"width": width, "height": height})
    page, hand = opened.page, Hand(opened.page, by == "keyboard")
    page.wait_for_selector("[data-table=ranked] tbody tr[data-place]")

    # What should I make, why, and what is new this morning? Nothing is to be pressed for it.
    assert in_sight(page, "#first .picks .how") and in_sight(page, ".chips")
    assert "Since the last run" in page.locator(".morning").inner_text()

    # What is new, what failed, what do the words mean?
    hand.press(".chips a[href='#ranked?since=new']")
    page.wait_for_timeout(300)
    formulas = page.locator("[data-table=ranked] tbody tr[data-place] td.formula").all_inner_texts()
    assert len(formulas) == 2 and all("Sr" in one for one in formulas)
    hand.press(".words [popovertarget=word-list-support]")
    said = page.locator("#word-list-support")
    assert said.is_visible() and "measured compounds" in said.inner_text()
    page.keyboard.press("Escape")
    assert not said.is_visible()

    # On a phone: the id, and two numbers.
    row = page.locator("[data-table=ranked] tbody tr[data-place]").first
    shown = row.inner_text()
    assert re.search(r"60 K", shown)
    if size == "phone":
        assert re.search(r"ceiling \d+ K", shown)
        box = row.locator(".id-below").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] > 10

    # How would I make it, what is dangerous, how do I know that I have it?
    page.evaluate("scrollTo(0, 0)")
    hand.press("#first .picks a")
    page.wait_for_selector("#view[data-ready=true]")
    assert page.locator("h1").inner_text().startswith("Sr")
    for section, words in {
        "weigh": r"\d\.\d{4} g",
        "hazards": r"toxic|air-sensitive|harmless",
        "powder": r"strongest line at 2θ = \d",
        "competes": r"CuO|NiO|Fe",
        "brief": r"Expected T",
    }.items():
        assert re.search(words, page.locator(f"section[aria-labelledby={section}]").inner_text()), section
    with page.expect_download() as waiting:
        hand.press("[data-cif=cif_conventional]")
    assert waiting.value.suggested_filename.endswith("-conventional.cif")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    opened.assert_quiet()


PAGES = ("index.html", "columns.html", "dossiers/*.html", "shortlist/mail.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(folder, open_page, name, scheme) -> None:
    opened = open_page(next(iter(sorted(folder.glob(name)))), color_scheme=scheme)
    page = opened.page
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.wait_for_timeout(500)
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    assert not [f"{one['id']}: {node['html'][:150]}" for one in found for node in one["nodes"][:3]]


@pytest.mark.parametrize("name", [name for name in PAGES if name != "columns.html"])
def test_tab_walks_through_a_page_and_out_of_it_and_shows_where_it_is(folder, open_page, name) -> None:
    page = open_page(next(iter(sorted(folder.glob(name))))).page
    page.wait_for_timeout(500)
    seen = 0
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        tag, lit = page.evaluate(
            """() => {
                const one = document.activeElement, style = getComputedStyle(one);
                const { width, height } = one.getBoundingClientRect();
                return [one.tagName, width > 0 && height > 0 && style.outlineStyle !== "none"];
            }"""
        )
        if tag == "BODY":
            break
        assert lit, page.evaluate("document.activeElement.outerHTML.slice(0, 300)")
        seen += 1
    else:
        raise AssertionError(f"{MOST_TABS} Tabs do not leave the page")
    assert seen > 10


def test_every_link_of_the_folder_leads_somewhere_in_it(folder) -> None:
    pages = list(folder.rglob("*.html"))
    assert len(pages) > 5
    for page in pages:
        text = page.read_text(encoding="utf-8").split("<script type=")[0]
        ids = set(re.findall(r'\bid="([^"]+)"', text))
        for link in re.findall(r'\bhref="([^"]*)"', text):
            if link.startswith(("data:", "https://")):
                continue
            found = urlsplit(link)
            if found.path:
                assert (page.parent / unquote(found.path)).is_file(), f"{page.name}: {link}"
            else:
                assert found.fragment.split("?")[0] in ids, f"{page.name}: {link}"


def test_the_page_to_mail_is_whole_without_scripts_and_other_files(folder, open_page) -> None:
    text = (folder / "shortlist" / "mail.html").read_text(encoding="utf-8")
    assert "<script" not in text and "javascript:" not in text and " src=" not in text
    opened = open_page(folder / "shortlist" / "mail.html", java_script_enabled=False)
    page = opened.page
    assert page.locator(".mailed").count() == page.locator(".contents tbody tr").count() == 3
    assert page.locator(".mailed .flat").count() == 3 and page.locator(".mailed .pattern").count() == 3
    page.locator("[popovertarget=word-support]").click()
    assert page.locator("#word-support").is_visible()
    page.keyboard.press("Escape")
    page.locator(".contents a").nth(1).click()
    assert page.url.endswith("#c2")
    assert len([url for url in opened.requests if not url.startswith("data:")]) == 1
