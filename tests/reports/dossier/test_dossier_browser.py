"""Dossiers and the run page's filters in a real browser."""

import csv
import json
import re
import shutil
import warnings
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure

from tests.reports.conftest import Opened, opening, undrawn
from tests.reports.made import changed
from tests.reports.written import write_dossiers, write_run

ROW = "[data-table=ranked] tbody tr[data-place]"


@pytest.fixture(scope="module")
def folder(known_candidates, tmp_path_factory) -> Path:
    _, structures, run = known_candidates
    folder = tmp_path_factory.mktemp("run")
    write_run(folder, **run.arguments(), structures=structures, dossiers=4)
    return folder


@pytest.fixture(scope="module")
def plain(folder, tmp_path_factory) -> Path:
    """The same folder, its structures not drawn."""
    return undrawn(Path(shutil.copytree(folder, tmp_path_factory.mktemp("undrawn") / "run")))


@pytest.fixture(scope="module")
def once(folder, browser) -> Iterator[Opened]:
    """One dossier, opened on a phone."""
    with opening(browser) as open_file:
        path = next((folder / "dossiers").glob("hgba2ca2cu3o8-16*.html"))
        opened = open_file(path, viewport={"width": 390, "height": 800})
        opened.page.wait_for_selector("#view[data-ready=true]")
        yield opened


@pytest.fixture
def dossier(once) -> Opened:
    """The same dossier at a desk, in its first view."""
    once.page.set_viewport_size({"width": 1400, "height": 900})
    once.page.emulate_media(color_scheme="light")
    once.page.locator("[data-view=along]").click()
    return once


@pytest.fixture
def first(folder, open_page):
    """The dossier of the first candidate, opened from the table of the run."""
    opened = open_page(folder / "index.html")
    opened.page.locator(f"{ROW} a").first.click()
    opened.page.wait_for_selector("#view[data-ready=true]")
    return opened


def picture(opened) -> bytes:
    return opened.page.locator("#view").screenshot()


def colours(opened) -> int:
    """Different colours among the points of the drawn structure."""
    return opened.page.evaluate(
        """() => {
            const from = document.querySelector("#view canvas");
            const to = Object.assign(document.createElement("canvas"), { width: 200, height: 200 });
            to.getContext("2d").drawImage(from, 0, 0, 200, 200);
            const seen = new Set(), { data } = to.getContext("2d").getImageData(0, 0, 200, 200);
            for (let at = 0; at < data.length; at += 4) seen.add(data.slice(at, at + 3).join());
            return seen.size;
        }"""
    )


def test_the_table_opens_a_dossier_whose_structure_is_drawn(first) -> None:
    assert "dossiers/" in first.page.url
    assert colours(first) > 50
    first.assert_quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 900, 1400])
def test_no_width_scrolls_a_dossier_sideways(once, width, scheme) -> None:
    once.page.set_viewport_size({"width": width, "height": 800})
    once.page.emulate_media(color_scheme=scheme)
    once.page.wait_for_function(
        "width => document.querySelector('#view canvas').clientWidth <= width", arg=width
    )
    assert once.page.evaluate("document.documentElement.scrollWidth") <= width
    once.assert_quiet()


def test_the_structure_turns_by_keys_by_dragging_and_by_views(dossier) -> None:
    seen = [picture(dossier)]
    dossier.page.locator("#view").focus()
    for _ in range(3):
        dossier.page.keyboard.press("ArrowRight")
    seen.append(picture(dossier))
    box = dossier.page.locator("#view").bounding_box()
    dossier.page.mouse.move(box["x"] + 100, box["y"] + 100)
    dossier.page.mouse.down()
    dossier.page.mouse.move(box["x"] + 220, box["y"] + 160, steps=5)
    dossier.page.mouse.up()
    dossier.page.wait_for_timeout(200)
    seen.append(picture(dossier))
    for view in ("down", "askew"):
        dossier.page.locator(f"[data-view={view}]").click()
        seen.append(picture(dossier))
    dossier.page.locator("[data-cage='0']").uncheck()
    seen.append(picture(dossier))
    dossier.page.locator("[data-cage='0']").check()
    assert len(set(seen)) == len(seen)
    assert dossier.page.locator("[data-view=askew]").get_attribute("aria-pressed") == "true"
    dossier.assert_quiet()


def test_two_atoms_are_measured_and_heights_are_named(dossier) -> None:
    page = dossier.page
    box = page.locator("#view").bounding_box()
    seen = set()
    for across in range(12, 90, 3):
        for down in (35, 41, 47, 53, 59, 65):
            page.mouse.click(box["x"] + box["width"] * across / 100, box["y"] + box["height"] * down / 100)
            seen.add(page.locator("#distance").inner_text())
        if any("Å" in one for one in seen):
            break
    measured = [one for one in seen if "Å" in one]
    assert measured and all(re.fullmatch(r".+ to .+: \d+\.\d{3} Å", one) for one in measured)
    assert page.locator("#distance").get_attribute("role") == "status"
    dossier.assert_quiet()


def test_elements_of_a_picture_differ_in_lightness(dossier) -> None:
    colours = dossier.page.locator(".ball").evaluate_all("all => all.map(one => one.style.background)")
    lights = sorted(luminance([int(n) for n in re.findall(r"\d+", colour)]) for colour in colours)
    assert len(lights) == 5
    for darker, lighter in pairwise(lights):
        assert (lighter + 0.05) / (darker + 0.05) > 1.2


def luminance(rgb: list[int]) -> float:
    """The relative luminance of WCAG 2."""
    parts = [one / 255 for one in rgb]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_cif_that_is_downloaded_is_the_structure(dossier, known_candidates, tmp_path) -> None:
    _, structures, _ = known_candidates
    screened = structures["reference", "hgba2ca2cu3o8.16"].structure
    for button, group in (("cif", "P 1"), ("cif_conventional", "P4/mmm")):
        with dossier.page.expect_download() as waiting:
            dossier.page.locator(f"[data-cif={button}]").click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        assert path.suffix == ".cif" and f"_space_group_name_H-M_alt '{group}'" in path.read_text("ascii")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = Structure.from_file(path)
        assert StructureMatcher(scale=False).fit(read, screened)
    dossier.assert_quiet()


def test_keys_choose_the_radiation_of_the_pattern_and_its_profile_is_saved(dossier, tmp_path) -> None:
    page = dossier.page

    def shown() -> tuple[str, str, list[str]]:
        page.locator(".peaks").evaluate("table => { table.closest('details').open = true; }")
        return (
            page.locator("#pattern-said").inner_text(),
            page.locator("#pattern .sticks").get_attribute("d"),
            page.locator(".peaks tbody tr").first.locator("td").all_inner_texts(),
        )

    seen = [shown()]
    page.locator("[name=radiation]:checked").focus()
    for label in ("Mo Kα", "Ag Kα", "Co Kα"):
        page.keyboard.press("ArrowRight")
        seen.append(shown())
        assert seen[-1][0].startswith(label)
    assert len({path for _, path, _ in seen}) == 4
    assert len({row[0] for _, _, row in seen}) == 4 and len({row[1] for _, _, row in seen}) == 1
    page.keyboard.press("Tab")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    name = waiting.value.suggested_filename
    assert name.startswith("hgba2ca2cu3o8-16") and name.endswith("-CoKa.xy")
    waiting.value.save_as(tmp_path / "profile.xy")
    points = [tuple(map(float, line.split())) for line in (tmp_path / "profile.xy").read_text().splitlines()]
    top = max(points, key=lambda point: point[1])
    said = re.search(r"2θ = ([0-9.]+)°", seen[-1][0])
    assert len(points) > 1000 and said is not None
    assert top[0] == pytest.approx(float(said[1]), abs=0.05)
    dossier.assert_quiet()


def test_a_dossier_prints_on_two_pages(dossier, plain, open_page) -> None:
    other = open_page(next((plain / "dossiers").glob("la3ni2o7*.html")))
    for opened in (dossier, other):
        opened.page.emulate_media(color_scheme="dark")
        paper = opened.page.pdf(prefer_css_page_size=True)
        assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") == 2


def test_a_dossier_without_the_library_beside_it_says_so_and_still_gives_its_cif(
    folder, open_page, tmp_path
) -> None:
    page = next((folder / "dossiers").glob("la3ni2o7*.html"))
    (tmp_path / page.name).write_bytes(page.read_bytes())
    opened = open_page(tmp_path / page.name)
    assert "3Dmol-min.js" in opened.page.locator("#no-view").inner_text()
    assert not opened.page.locator("#view").is_visible()
    with opened.page.expect_download() as waiting:
        opened.page.locator("#download").click()
    assert waiting.value.suggested_filename.endswith(".cif")


def test_the_files_that_the_run_page_names_lie_beside_it(folder, open_page, known_candidates) -> None:
    ranked, _, _ = known_candidates
    opened = open_page(folder / "index.html")
    links = opened.page.locator(".files a").evaluate_all("all => all.map(one => one.href)")
    files = {link.rsplit("/", 1)[-1]: folder / "shortlist" / link.rsplit("/", 1)[-1] for link in links}
    names = {"shortlist.xlsx", "shortlist.csv", "cifs.zip", "catalog.schema.json", "mail.html"}
    assert set(files) == names and all(path.is_file() for path in files.values())
    rows = list(csv.DictReader(files["shortlist.csv"].read_text(encoding="utf-8-sig").splitlines()))
    assert [row["id"] for row in rows] == [one.screening.id for one in ranked[:4]]
    with zipfile.ZipFile(files["cifs.zip"]) as archive:
        assert set(archive.namelist()) == {row["cif"] for row in rows}


def test_filters_and_columns_of_the_run_page(folder, open_page, known_candidates) -> None:
    ranked, _, _ = known_candidates
    found = [one.screening for one in ranked]
    opened = open_page(folder / "index.html")
    status = opened.page.locator("[data-table=ranked] .status")
    opened.page.locator("[data-group]").uncheck()
    opened.page.locator("[data-filter=avoid]").fill("hg As")
    left = [one.id for one in found if not {"Hg", "As"} & set(one.elements)]
    assert [row[1] for row in opened.rows()] == left
    opened.page.locator("[data-filter=family]").select_option("nickelate")
    assert {row[1] for row in opened.rows()} == {one.id for one in found if one.family == "nickelate"}
    opened.page.locator("[data-filter=avoid]").fill("")
    opened.page.locator("[data-filter=family]").select_option("")
    assert status.text_content() == f"{len(ranked)} rows"
    opened.page.locator("[data-filter=known]").select_option("no")
    assert all(row[4] == "" for row in opened.rows())
    opened.page.locator("[data-filter=known]").select_option("")
    opened.page.locator(".chooser summary", has_text="Columns").click()
    opened.page.locator(".choices label", has_text="Metal").first.locator("input").check()
    assert opened.page.locator("[data-table=ranked] thead button[data-key=metal]").count() == 1
    opened.page.locator(".choices label", has_text="Family").locator("input").uncheck()
    assert opened.page.locator("[data-table=ranked] thead button[data-key=family]").count() == 0
    opened.assert_quiet()


def test_the_hull_filter_keeps_what_is_known_to_be_near(make, row, tmp_path, open_page) -> None:
    rows = [row(f"e{n}", 3.1 + n / 10, e_above_hull_ev=hull) for n, hull in enumerate((0.0, 0.04, 0.3, None))]
    opened = open_page(write_run(tmp_path, **make(ranked=rows).arguments()))
    opened.page.locator("[data-filter=hull]").fill("0.05")
    assert [shown[1] for shown in opened.rows()] == ["e0", "e1"]
    opened.assert_quiet()


def test_entries_of_a_compound_stand_under_one_line_that_unfolds(make, row, tmp_path, open_page) -> None:
    rows = [row(f"a{n}", 3.1 + n / 10, compound="A") for n in range(3)] + [row("b", 3.15, compound="B")]
    opened = open_page(write_run(tmp_path, **make(ranked=rows).arguments()))
    assert opened.page.locator("[data-table=ranked] .status").text_content() == "4 rows of 2 compounds"
    assert [shown[1] for shown in opened.rows()] == ["a0", "b"]
    assert "3: 119–135 K" in opened.page.locator(".fold").text_content()
    opened.page.locator(".fold").click()
    assert [shown[1] for shown in opened.rows()] == ["a0", "a1", "a2", "b"]
    opened.page.locator("[data-table=ranked] .scroll").focus()
    for key in ("Home", "ArrowLeft"):
        opened.page.keyboard.press(key)
    assert [shown[1] for shown in opened.rows()] == ["a0", "b"]
    opened.page.keyboard.press("ArrowRight")
    assert len(opened.rows()) == 4
    opened.page.locator("[data-group]").uncheck()
    assert [shown[1] for shown in opened.rows()] == ["a0", "b", "a1", "a2"]
    opened.assert_quiet()


def test_keys_alone_lead_from_the_table_to_a_dossier_and_back(plain, open_page) -> None:
    opened = open_page(plain / "index.html")
    opened.page.locator("[data-table=ranked] .scroll").focus()
    for key in ("ArrowDown", "Enter"):
        opened.page.keyboard.press(key)
    opened.page.locator("#details .open a").focus()
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_selector("#view[data-ready=true]")
    opened.page.locator(".back a").focus()
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_selector(ROW)
    opened.assert_quiet()


def test_hostile_text_in_a_dossier_is_shown_and_does_nothing(
    make, row, known_candidates, tmp_path, open_page
) -> None:
    ranked, structures, _ = known_candidates
    nasty = [
        "<script>alert(1)</script>",
        "</script><img src=x onerror=alert(2)>",
        "\" autofocus onfocus=alert(3) '",
        "=cmd()",
        "n" * 10_000,
    ]
    rows = [
        changed(ranked[0], id=f"{n}{text}", formula=text, note=text, citation=text)
        for n, text in enumerate(nasty)
    ]
    shapes = {
        one.screening.key: changed(
            structures[ranked[0].screening.key],
            id=one.screening.id,
            citation=one.screening.provenance.note,
        )
        for one in rows
    }
    run = make(ranked=rows)
    write_dossiers(tmp_path, run.ranked, shapes, run.manifest(), len(nasty))
    for path in (undrawn(tmp_path) / "dossiers").glob("*.html"):
        opened = open_page(path, viewport={"width": 900, "height": 800})
        opened.page.wait_for_selector("#view[data-ready=true]")
        data = json.loads(path.with_suffix(".json").read_text())
        assert data["formula"][:50] in opened.page.locator("h1").text_content()
        assert opened.page.locator("main img, main iframe, main script").count() == 0
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 900
        opened.assert_quiet()


def test_five_thousand_candidates_are_painted_within_two_seconds(make, row, tmp_path, open_page) -> None:
    run = make(ranked=[row(f"mp-{n}", 2.9 + n / 5000, compound=f"c{n % 2500}") for n in range(5000)])
    opened = open_page(write_run(tmp_path, **run.arguments()))
    painted = opened.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    print(f"first contentful paint of 5,000 candidates: {painted:.0f} ms")
    assert (
        opened.page.locator("[data-table=ranked] .status").text_content() == "5,000 rows of 2,500 compounds"
    )
    assert len(opened.rows()) < 100
    opened.assert_quiet()
