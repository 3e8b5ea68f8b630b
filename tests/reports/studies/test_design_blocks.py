"""The page of the blocks: every kind drawn, every block in the table, no network and no script."""

import csv
import json

import pyarrow.parquet as pq
import pytest

from flows.studies import blocks as study
from polywell.data.reference import reference_entries
from polywell.design.blocks.layers import Cut
from polywell.design.inventory.blocks import inventory
from polywell.design.library import cut_references
from reports.studies.block_picture import EDGE, SCALE, picture

IDS = ("hgba2ca2cu3o8.16", "cakfe4as4")


@pytest.fixture(scope="module")
def found():
    return inventory([entry for entry in reference_entries() if entry.id in IDS])


def test_page_and_tables_hold_every_block(monkeypatch, tmp_path, found, open_page):
    from catalog.home import Home

    monkeypatch.setattr(study, "inventory", lambda others: found)
    made = study.blocks(Home.at(tmp_path))
    opened = open_page(made.page)
    cards = opened.page.locator("article.card")
    assert cards.count() == len(found.kinds)
    hg = cards.filter(has_text="HgBa2O2")
    assert "Ba on both sides" in hg.inner_text()
    assert hg.locator("circle.apex").count() >= 2 and hg.locator("circle.other").count() >= 1
    table = pq.read_table(made.table).to_pylist()
    assert [(row["id"], row["number"]) for row in table] == [(row.id, row.number) for row in found.rows]
    with made.page.with_name("blocks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["thickness_ang"]) for row in rows] == [row["thickness_ang"] for row in table]
    kinds = json.loads(made.page.with_name("blocks.json").read_text("utf-8"))["kinds"]
    assert {name for one in kinds for name in one["parents"]} == set(IDS)


def test_heights_are_drawn_to_scale():
    cut = next(one for one in cut_references() if isinstance(one, Cut) and one.id == "hgba2ca2cu3o8.16")
    block = next(one for one in cut.blocks if one.role == "spacer")
    made = picture(block)
    at = [ball.y for ball in made.balls if ball.kind == "apex"]
    low, high = max(at), min(at)
    barium = [atom.z for atom in block.atoms if atom.element == "Ba"]
    assert low - high == pytest.approx(SCALE * (max(barium) - min(barium)), abs=0.2)
    assert all(EDGE / 2 < ball.x < made.width - EDGE / 2 and 0 < ball.y < made.height for ball in made.balls)
    corners = [ball for ball in made.balls if ball.symbol == "Hg"]
    assert len(corners) == 4  # one Hg, at the four corners of the square
