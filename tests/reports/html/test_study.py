"""What the pages of all studies share: their JSON, and links that lead somewhere."""

import json

from markupsafe import Markup, escape

from reports.html.study import PAGES, links
from reports.html.writing import environment
from tests.reports.written import write_study


def test_links_lead_to_the_pages_that_are_there(tmp_path):
    places = [tmp_path / place for _, place in PAGES]
    assert links(places[1]) == ()
    for place in places[1:]:
        place.parent.mkdir(parents=True)
        place.write_text("page", "utf-8")
    found = links(places[1])
    assert [title for title, _ in found] == [title for title, _ in PAGES[2:]]
    assert all((places[1].parent / address).is_file() for _, address in found)


def test_each_template_keeps_its_own_way_of_setting_words():
    def loud(words: str) -> Markup:
        return escape(words.upper())

    assert environment(loud).from_string("{{ 'T_c'|typeset }}").render() == "T_C"
    assert environment().from_string("{{ 'T_c'|typeset }}").render() == "T<sub>c</sub>"


def test_values_stand_in_the_json_and_other_pages_in_the_head(tmp_path, open_page):
    other = tmp_path / PAGES[0][1]
    other.parent.mkdir()
    other.write_text("page", "utf-8")
    folder = tmp_path / "proposal"
    shown = dict.fromkeys(("values", "total"), 0) | {
        "sections": (), "verdicts": (), "counts": (), "lambdas": (), "cells": {},
        "hg1223": {
            "row": "", "tc_k": 0.0, "printed_xi": {"alpha": 0.0},
            "structure_xi": {"alpha": 0.0}, "structure_lambda": {"alpha": 0.0},
        },
        "own": {}, "structures": {},
        "payload": {"structures": 0, "algorithm_version": 1, "reference_digest": "", "families_digest": ""},
    }  # fmt: skip
    tally = dict.fromkeys(("all", "exact", "close", "differs", "unread"), 0)
    page = write_study(
        folder / "reproduction.html",
        folder / "reproduction.json",
        {"schema": 1, "why": "\ud800 ξ"},
        "reproduction",
        shown | {"own": tally, "structures": tally},
    )
    assert json.loads((folder / "reproduction.json").read_text("utf-8"))["schema"] == 1
    opened = open_page(page)
    [link] = opened.page.locator("nav.pages a").all()
    assert link.get_attribute("href") == "../latest/index.html"
    link.click()
    assert opened.page.locator("body").inner_text() == "page"
